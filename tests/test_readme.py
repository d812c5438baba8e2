"""The README's promises that a machine can hold it to."""

import re
from pathlib import Path

import nas

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def test_the_first_screen_is_the_two_commands() -> None:
    assert BLOCKS[0] == ("", 'pip install . && nas search\npip install ".[test]" && pytest\n')
    assert README.index(BLOCKS[0][1]) < 1000


def test_the_document_is_one_network_and_with_choices_a_space(tmp_path: Path) -> None:
    document, opened = blocks("yaml")
    path = tmp_path / "small.yaml"
    path.write_text(document)
    assert nas.load(str(path)).fixed

    for line in opened.splitlines():
        if "choice" in line:  # each line stands for the one that begins alike
            start = line[: re.search(r"parameters:|- residual: \[", line).end()]  # type: ignore[union-attr]
            document = re.sub(
                rf"(?m)^{re.escape(start)}.*?(, \{{conv_bn: .*)?$", lambda match, line=line: line, document
            )
    path.write_text(document)
    assert nas.load(str(path)).size() == 3 * (3**2 + 3**3 + 3**4)  # a width, and an operation at each repetition


def test_it_is_short_and_shows_the_main_commands() -> None:
    assert len(README.splitlines()) <= 120
    used = set(re.findall(r"\bnas ([a-z]+) ", "\n".join(blocks(""))))
    assert {"search", "resume", "results", "report", "train", "export"} <= used


def test_the_python_runs() -> None:
    (block,) = blocks("python")
    names: dict[str, object] = {}
    exec(block.partition("run = ")[0], names)
    assert names["model"].training  # type: ignore[attr-defined]
