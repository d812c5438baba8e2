"""The frame of a report: one self-contained page that runs two scripts of ours, and shows all but charts without them.

A run directory may come from anyone. Whatever is of it enters as escaped text or as a block of JSON; the page's policy
lets no other script run than these two, told by their hashes, and fetches nothing. Plotly is the file of npm's
plotly.js-basic-dist-min (MIT), as it is there; its version is in its first lines.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

SCRIPTS = ("vendor/plotly-basic.min.js", "report.js")


def page(name: str, sections: Sequence[str], facts: Mapping[str, str] = {}, notes: Sequence[str] = ()) -> str:
    """The page as text.

    Args:
        name: of the run.
        sections: HTML, made here and not read from the run.
        facts: what came out of it, shown large: a title and a value each.
        notes: on what came out of it, a line each.
    """
    scripts = {name: _read(name) for name in SCRIPTS}
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in scripts.values())
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src {hashes}"
    title = escape(name)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{title}</title><style>{_read('style.css')}</style></head><body><main>",
            f"<h1>{title}</h1>",
            "<noscript><style>.figures, .plot { display: none }</style>",
            "<p>Without JavaScript there are no charts; the tables are all here.</p></noscript>",
            _facts(facts) if facts else "",
            *(f"<p>{escape(note)}</p>" for note in notes),
            *(section for section in sections if section),
            "</main>",
            *(f"<script>{text}</script>" for text in scripts.values()),
            "</body></html>\n",
        ]
    )


def _facts(facts: Mapping[str, str]) -> str:
    tiles = (f"<div><dt>{escape(key)}</dt><dd>{escape(str(value))}</dd></div>" for key, value in facts.items())
    return f'<dl class="facts">{"".join(tiles)}</dl>'


@cache
def _read(name: str) -> str:
    """A file beside this one. Its line ends are as in the page, whose hash the browser makes."""
    return files("nas.report").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
