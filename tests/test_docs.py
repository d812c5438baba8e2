"""The pages in docs/: they lead to each other, and what they say to type exists and runs."""

import re
from pathlib import Path

import pytest

import nas
from nas.cli.command import COMMANDS
from nas.cli.command import main as run

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "README.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"^```\w*\n.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^ *nas ([a-z]+)((?: .*\\\n)*.*)$", re.MULTILINE)


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


def test_the_python_of_its_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = text(ROOT / "docs" / "python.md")
    build, score, optuna = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    exec(build, names)
    assert names["model"].training  # type: ignore[attr-defined]
    exec(score.replace("trials=500", "trials=20"), names)
    (directory,) = (tmp_path / "runs").iterdir()
    assert nas.load_run(directory).best is not None
    exec(optuna.replace("n_trials=100", "n_trials=15"), names)
    assert len(names["study"].trials) == 15  # type: ignore[attr-defined]
