import json
from pathlib import Path

import pytest

from nas.cli import main


def test_a_table_a_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "compare.html"
    assert main(["compare", "lenet5", "resnet20", "lenet5", "--to", str(page)]) == 0
    out = capsys.readouterr().out
    assert out.count("lenet5") == 1 and "269,722" in out and out.endswith(f"{page}\n")
    assert "resnet20" in page.read_text(encoding="utf-8")
    assert main(["compare", "lenet5", "--json", "--to", str(page)]) == 0
    captured = capsys.readouterr()
    (row,) = json.loads(captured.out)
    assert row["name"] == "lenet5" and row["accuracy"] is None and str(page) in captured.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nasbench201"], "error: nasbench201: an open search space is not one network; compare its genomes, or runs"),
        (["lenet5", "--to", "x.svg"], "error: --to: not the name of a page: 'x.svg'; give FILE.html"),
        (["lenet6"], "error: "),
    ],
)
def test_mistakes(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(line) and captured.err.count("\n") == 1 and not captured.out
