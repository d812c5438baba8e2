"""Text of a document as text of XML, in which some characters cannot be."""

import html
import re

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Markup as text; characters that XML does not have become a mark that stands for such."""
    return html.escape(NOT_XML.sub("\ufffd", text))
