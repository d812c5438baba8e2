"""The pages in docs/: they lead to each other, and what they say to type exists and runs."""

import random
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli.command import COMMANDS
from nas.cli.command import main as run
from nas.graph.operations import OPERATIONS
from nas.space.language import CELL_KEYS, EDGE_SETS, FORMS, MERGES, NODE_KEYS, SHORTCUTS, TOP_KEYS

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "README.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"^```\w*\n.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^ *(?:\$ )?nas ([a-z]+)((?: .*\\\n)*.*)$", re.MULTILINE)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links(page: Path) -> list[tuple[Path, str]]:
    """(the file, the heading or "") of each link to another file."""
    targets = [target for target in LINK.findall(CODE.sub("", text(page))) if "://" not in target]
    parts = [target.partition("#") for target in targets]
    return [((page.parent / file).resolve() if file else page, heading) for file, _, heading in parts]


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text(page), flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, heading in links(page):
        assert target.exists(), target
        assert not heading or heading in headings(target), heading


def test_the_index_lists_every_page_and_each_leads_back() -> None:
    listed = {target for target, _ in links(INDEX)}
    assert listed == {*PAGES} - {INDEX}
    for page in listed:
        assert INDEX in {target for target, _ in links(page)}, page


def test_the_commands_and_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    helps: dict[str, str] = {}
    for page in PAGES:
        for name, rest in COMMAND.findall(text(page)):
            assert name in COMMANDS, f"{page}: {name}"
            if name not in helps:
                assert run([name, "--help"]) == 0
                helps[name] = capsys.readouterr().out
            arguments = re.sub(r"(?<=\S)   .*", "", rest)  # what the line does stands behind three spaces
            for option in re.findall(r"(?<= )--[a-z-]+", arguments):
                assert option in helps[name], f"{page}: nas {name} {option}"


def blocks(page: Path, language: str) -> list[str]:
    """Those in a language, but for one after the comment `<!-- not run: REASON -->`."""
    found = re.findall(rf"(.*)\n^```{language}\n((?:(?!```).*\n)*)```$", text(page), re.MULTILINE)
    return [block for before, block in found if not re.fullmatch("<!-- not run: .+ -->", before)]


def test_a_block_of_code_says_what_it_is() -> None:
    """A block of another kind would be run by none of the tests."""
    for page in PAGES:
        kinds = set(re.findall(r"^```(.*)$", text(page), re.MULTILINE))
        assert kinds <= {"", "console", "csv", "python", "text", "yaml"}, page


DOCUMENTS = [page for page in PAGES if page.name not in ("README.md", "CONTRIBUTING.md")]  # have tests of their own
REST = "input: [3, 32, 32]\nclasses: 10\nnetwork: [global_avg_pool, {linear: =classes}]\n"  # of a part of a document


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_the_documents_of_a_page_are_networks(page: Path, tmp_path: Path) -> None:
    for number, document in enumerate(blocks(page, "yaml")):
        file = tmp_path / f"{number}.yaml"
        whole = re.search("^(network|extends):", document, re.MULTILINE)
        file.write_text(document if whole else document + REST, encoding="utf-8")
        space = nas.load(file)
        assert space.graph(space.sample(random.Random(0))).shape == (space.classes,), document


def quick(*asked: Any, trials: int = 30, evaluator: Any = None, **settings: Any) -> nas.Run:
    """`nas.search` of a few networks, none of which is trained."""
    score = "proxy" if "train" in settings else lambda genome: nas.Space(genome.document).graph(genome).depth / 100
    score = evaluator or score
    return search(*asked, trials=min(trials, 5), evaluator=score, progress=False, **settings)


search = nas.run.search
PROGRAMS = [page for page in DOCUMENTS if blocks(page, "python") and page.name != "tutorial.md"]


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks one after the other, as a reader tries them; only searches and studies are shorter."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nas, "search", quick, raising=False)
    names: dict[str, Any] = {}
    for block in blocks(page, "python"):
        exec(block.replace("n_trials=100", "n_trials=5"), names)


def test_the_drawings_are_of_the_documents_that_pages_show() -> None:
    drawings = runpy.run_path(str(ROOT / "docs" / "drawings.py"))["drawings"]()
    make = "run `python docs/drawings.py`"
    folders = {ROOT / "docs" / Path(path).parent for path in drawings}
    assert drawings.keys() == {f"{folder.name}/{path.name}" for folder in folders for path in folder.iterdir()}, make
    for path, drawing in drawings.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == drawing, f"{path}: {make}"


def test_the_language_page_names_every_word_of_the_language() -> None:
    page = text(ROOT / "docs" / "language.md")
    words = {
        *TOP_KEYS,
        *(word for keys in FORMS.values() for word in keys),
        *MERGES,
        *SHORTCUTS,
        *CELL_KEYS,
        *NODE_KEYS,
    }
    words |= {word for keys in EDGE_SETS.values() for word in keys} | {*OPERATIONS}
    assert not [word for word in sorted(words) if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", page)]
