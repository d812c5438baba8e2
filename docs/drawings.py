"""The drawings of the documents that pages show; `python docs/drawings.py` writes them anew.

A picture that follows a document in YAML is the drawing of it.
"""

import re
import tempfile
from pathlib import Path

from nas.report.drawing import draw_space
from nas.space import load

DOCS = Path(__file__).parent
SHOWN = re.compile(r"^```yaml\n((?:(?!```).*\n)*)```\n\n!\[[^]]*\]\((\w+)/(\w+)\.svg\)$", re.MULTILINE)


def drawings() -> dict[str, str]:
    """The text of each drawing by its path in docs/. Raises UserError for a document that is wrong."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for page in sorted(DOCS.glob("*.md")):
            for document, kind, name in SHOWN.findall(page.read_text(encoding="utf-8")):
                file = Path(folder, f"{name}.yaml")
                file.write_text(document, encoding="utf-8")
                made[f"{kind}/{name}.svg"] = draw_space(load(str(file)))
    return made


if __name__ == "__main__":
    made = drawings()
    for folder in {DOCS / Path(path).parent for path in made}:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.svg"):
            old.unlink()
    for path, text in made.items():
        (DOCS / path).write_text(text, encoding="utf-8")
