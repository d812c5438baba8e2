"""What a shell is offered, asked as argcomplete's own script asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("argcomplete", reason="needs the extra `completion`")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("nas re", {"resume", "report", "results"}),
        ("nas list --s", {"--spaces", "--sort"}),
        ("nas show resnet5", {"resnet50", "resnet50_v1", "resnet56"}),
        ("nas search tin", {"tiny.yaml"}),
        ("nas search --executor r", {"ray"}),
    ],
)
def test_completions(folder: Path, line: str, offered: set[str]) -> None:
    root, answer = Path(__file__).parents[2], folder / "answer"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    env = {**os.environ, **asked, "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "PYTHONPATH": str(root)}
    code = "from nas.cli import main; main()"
    subprocess.run([sys.executable, "-c", code], env=env, cwd=folder, check=True, timeout=60)
    assert {word.strip() for word in answer.read_text().split("\v")} == offered
