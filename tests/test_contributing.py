"""CONTRIBUTING.md's examples: all are made in a copy of the checkout, where their tests pass and they are in style."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^(?P<kind>New file|In|Test, in) `(?P<file>[^`]+)`(?:, (?P<how>after|before|in place of) `(?P<line>[^`]+)`)?:\n\n"
    r"```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def sections() -> dict[str, str]:
    """The text of each thing to add, by its heading."""
    _, *parts = re.split(r"^## (.+)$", TEXT[TEXT.index("\n# How to add") :], flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def changed(text: str, step: re.Match[str]) -> str:
    """The file's text with the step's lines after the line that it names, in its place, or as a function before it."""
    lines, new = text.splitlines(), step["text"].splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.strip() == step["line"]]
    if step["how"] == "before":
        lines[at:at] = [*new, "", ""]
    else:
        lines[at + (step["how"] == "after") : at + 1] = new
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout with every example in it, and no tests but theirs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("nas", "search_spaces"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/space/documents.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for step in STEP.finditer(TEXT):
        path = folder / step["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        assert path.exists() == (step["kind"] == "In"), step["file"]
        path.write_text(changed(path.read_text(), step) if step["how"] else step["text"])
    return folder


def run(copy: Path, *command: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(copy)}
    ended = subprocess.run([sys.executable, "-m", *command], cwd=copy, env=env, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_example_has_changes_and_a_test() -> None:
    for title, text in sections().items():
        kinds = {step["kind"] for step in STEP.finditer(text)}
        assert "Test, in" in kinds and kinds & {"New file", "In"}, title
    assert len(STEP.findall(TEXT)) == TEXT.count("```") // 2 - 1  # all blocks but the first, of the setup


def test_the_examples_pass_their_tests(copy: Path) -> None:
    run(copy, "pytest", "-q", "--tb=short", "tests")


def test_the_examples_are_in_style(copy: Path) -> None:
    run(copy, "ruff", "check", ".")
    run(copy, "ruff", "format", "--check", ".")
