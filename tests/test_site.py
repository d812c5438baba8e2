"""The site of docs/: it is built with strict links, has every page, and nothing in it leads nowhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

pytest.importorskip("zensical", reason="the site needs pip install '.[docs]'")
pytest.importorskip("mkdocstrings_handlers.python", reason="the site needs pip install '.[docs]'")

ROOT = Path(__file__).parents[1]
SOURCES = ("zensical.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "search_spaces", "nas")


PARTS = {"ul", "ol", "li", "table", "tr", "td", "pre", "img", "strong", "em", *(f"h{level}" for level in range(1, 5))}


class Page(HTMLParser):
    """What a page leads to, the places in it, and how many parts of each kind its article has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.places: set[str] = {""}
        self.parts: Counter[str] = Counter()
        self.inside = False
        self.feed(text)

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "article"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "article"
        if self.inside and tag in PARTS:
            self.parts[tag] += 1
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.targets.add(value)
            elif name == "id" and value:
                self.places.add(value)


def build(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def site(checkout: Path) -> Path:
    ended = build(checkout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return checkout / "site"


def test_its_navigation_has_every_page() -> None:
    text = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    nav = re.findall(r"[\w/-]+\.md", str(tomllib.loads(text)["project"]["nav"]))
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}
    assert sorted(nav) == sorted({"README.md", "CONTRIBUTING.md", "CHANGELOG.md", *pages})


def test_every_link_of_its_pages_leads_somewhere(site: Path) -> None:
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in site.rglob("*.html") if file.name != "404.html"}
    assert len(pages) > 15
    lost = []
    for file, page in pages.items():
        for target in page.targets:
            address, place = urldefrag(target)
            if re.match(r"[a-z]+:", address):
                continue
            to = (file.parent / unquote(address)).resolve() if address else file
            to = to / "index.html" if to.is_dir() else to
            if not to.is_file() or (to in pages and unquote(place) not in pages[to].places):
                lost.append(f"{file.relative_to(site)}: {target}")
    assert not lost


def test_a_page_has_the_same_parts_on_the_site_as_on_a_host_of_repositories(checkout: Path, site: Path) -> None:
    """A list without an empty line before it, say, is one for CommonMark, which hosts render, but not for the site."""
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    for page in (*checkout.glob("*.md"), *checkout.glob("docs/*.md")):
        if page.name == "api.md":  # the site has its docstrings besides
            continue
        hosted = markdown.render(page.read_text(encoding="utf-8"))
        built = site / page.relative_to(checkout).with_suffix(".html")
        built = built.with_name("index.html") if page.name == "README.md" else built
        expected = Page(f"<article>{hosted}</article>").parts
        assert Page(built.read_text(encoding="utf-8")).parts == expected, page.name


def test_its_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        assert not re.search(r"<(script|img|iframe)[^>]* src=.?https?:", file.read_text(encoding="utf-8")), file
        assert not re.search(r"<link[^>]* href=.?https?:", file.read_text(encoding="utf-8")), file


def test_the_api_is_what_the_docstrings_say(site: Path) -> None:
    page = (site / "docs" / "api.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]*>", "", page)
    assert "a packaged name (resnet50, nasbench201)" in text  # of nas.load, in its source
    assert "begin no trial after so long" in text  # of nas.search, made when it is loaded
    assert "{settings}" not in text


def test_a_broken_link_is_an_error(checkout: Path, site: Path) -> None:
    page = checkout / "docs" / "data.md"
    before = page.read_text(encoding="utf-8")
    for broken in ("[a](missing.md)", "[a](searching.md#missing)"):
        page.write_text(f"{before}\n{broken}\n", encoding="utf-8")
        ended = build(checkout)
        assert ended.returncode != 0 and "missing" in re.sub(r"\x1b\[[\d;]*m", "", ended.stdout + ended.stderr)
    page.write_text(before, encoding="utf-8")
