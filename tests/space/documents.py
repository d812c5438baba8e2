"""Documents for tests, from text."""

import textwrap

from nas.space.document import Document, check_top
from nas.space.files import _with_library
from nas.space.reader import read_yaml
from nas.space.space import Space


def space_of(text: str, file: str = "test.yaml") -> Space:
    """The space of a document's text, without `extends`."""
    data = read_yaml(textwrap.dedent(text), file)
    check_top(data, file)
    return Space(Document(_with_library(data)))
