"""Reading what a page holds for its script."""

import json
import re
from html import unescape
from typing import Any

BLOCK = re.compile(r'<script type="application/json"(?: id=\'(\w+)\')?>(.*?)</script>', re.DOTALL)


def charts(html: str) -> dict[str, dict[str, Any]]:
    """What each chart draws, by the title that it has for a reader of the page."""
    found = re.findall(
        r'role="img" aria-label="([^"]*)"><script type="application/json">(.*?)</script>', html, re.DOTALL
    )
    return {unescape(title): json.loads(text) for title, text in found}


def traces(html: str, title: str) -> dict[str, dict[str, Any]]:
    """Of a chart, by their names."""
    return {trace["name"]: trace for trace in charts(html)[title]["data"]}


def details(html: str) -> dict[str, Any]:
    """What opens where a trial is clicked on."""
    (text,) = [text for name, text in BLOCK.findall(html) if name == "details"]
    told: dict[str, Any] = json.loads(text)
    return told


def without_scripts(html: str) -> str:
    """What is read, and nothing that runs or is drawn."""
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
