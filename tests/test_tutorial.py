"""The tutorial, as a reader does it: its files are written, its commands run in order and say what it shows."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:^`(?P<file>[\w.]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>(?:(?!```).*\n)*)```$", re.MULTILINE)


def commands(console: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block with the lines that it is said to print; `...` stands for any."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield command, [line for line in lines if line.strip() not in ("", "...")]


def test_each_block_is_a_file_or_commands() -> None:
    blocks = list(BLOCK.finditer(TEXT))
    assert len(blocks) == TEXT.count("\n```") // 2
    assert [block["file"] for block in blocks if block["file"]] == ["photos.py", "shapes.yaml", "predict.py"]
    assert all(block["file"] or block["kind"] == "console" for block in blocks)
    program = next(block["text"] for block in blocks if block["file"] == "predict.py")
    assert len(program.split("\n\n")[1].splitlines()) + 3 <= 20 and "nas" not in program and "torch" not in program


@pytest.mark.slow
def test_its_commands_do_what_it_says(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the tutorial needs pip install '.[onnx]'")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    for block in BLOCK.finditer(TEXT):
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["text"], encoding="utf-8")
            continue
        for command, lines in commands(block["text"]):
            ended = subprocess.run(command, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True)
            assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
            begin = {line.split()[0] for line in (ended.stdout + ended.stderr).splitlines() if line.strip()}
            # numbers are another machine's, and which trials are best follows from them
            missing = [line for line in lines if line.split()[0] not in begin and not re.match(r" *\d", line)]
            assert not missing, f"{command}\n{ended.stdout}{ended.stderr}"
    pictures = sorted((tmp_path / "new").iterdir())
    python = [sys.executable, "predict.py", *(f"new/{picture.name}" for picture in pictures)]
    alone = subprocess.run(
        python, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    ours = subprocess.run(["nas", "predict", "trained", "new", "--json"], cwd=tmp_path, env=env, capture_output=True)
    for line, said in zip(alone, json.loads(ours.stdout), strict=True):
        name, word, probability = re.fullmatch(r"(.*): (\w+), ([\d.]+)%", line).groups()  # type: ignore[union-attr]
        assert (name, word) == (said["image"], said["class"])
        assert abs(float(probability) / 100 - said["probability"]) < 0.002
