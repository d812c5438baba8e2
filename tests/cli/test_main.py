"""The command line as its users and scripts meet it: what it prints where, and its exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nas.cli import main

ROOT = Path(__file__).parents[2]


def output(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    return capsys.readouterr().out


def values(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    return json.loads(output(capsys, *argv, "--json"))


def complaint(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line that bad input earns."""
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def test_show_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    facts = values(capsys, "show", "resnet50")
    wanted = {
        "name": "resnet50",
        "input": [3, 224, 224],
        "classes": 1000,
        "parameters": 25_557_032,
        "auxiliary_parameters": 0,
    }
    assert facts.items() >= {**wanted, "mult_adds": 4_089_184_256, "choices": [], "size": 1}.items()
    assert facts["depth"] == 50
    assert "25,557,032" in output(capsys, "show", "resnet50")


def test_layers_add_up(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    facts = values(capsys, "show", "fixed.yaml", "--layers")
    assert sum(layer["parameters"] for layer in facts["layers"]) == facts["parameters"]
    assert sum(layer["mult_adds"] for layer in facts["layers"]) == facts["mult_adds"]
    assert facts["layers"][-1]["shape"] == [10]
    assert "network.3" in output(capsys, "show", "fixed.yaml", "--layers")


def test_modules_add_up(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    facts = values(capsys, "show", "resnet18", "--modules", "2")
    assert [module["path"] for module in facts["modules"]][1:4] == ["stem.1", "stages.0", "stages.1"]
    assert sum(module["parameters"] for module in facts["modules"]) == facts["parameters"]
    assert sum(module["mult_adds"] for module in facts["modules"]) == facts["mult_adds"]
    assert facts["modules"][2]["shape"] == [64, 56, 56]
    shown = output(capsys, "show", "resnet18", "--modules").splitlines()
    assert [line.split()[0] for line in shown[-3:]] == ["stem", "stages", "head"]


def test_show_says_what_the_document_says(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = (folder / "fixed.yaml").read_text()
    (folder / "old.yaml").write_text(f"year: 1998\nnotes: a note\ndeviation: a filter less\n{text}")
    facts = values(capsys, "show", "old.yaml")
    assert (facts["year"], facts["notes"], facts["deviation"]) == (1998, "a note", "a filter less")
    assert "a filter less" in output(capsys, "show", "old.yaml")
    assert values(capsys, "show", "fixed.yaml")["deviation"] is None


def test_show_an_open_space(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    facts = values(capsys, "show", "tiny.yaml")
    assert [facts[key] for key in ("parameters", "auxiliary_parameters", "mult_adds", "depth")] == [None] * 4
    assert facts["size"] == 6
    kernel, operation = facts["choices"]
    assert (kernel["kind"], kernel["alternatives"]) == ("number", [1, 3])
    assert operation == {
        "path": "network.1",
        "kind": "operation",
        "alternatives": ["max_pool_3x3", "skip_connect", {"conv": {"channels": "=width", "kernel": 5}}],
    }
    assert "{conv: {channels: =width, kernel: 5}}" in output(capsys, "show", "tiny.yaml")


def test_a_size_that_json_readers_would_round_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert int(values(capsys, "show", "nasnet")["size"]) > 2**53
    assert isinstance(values(capsys, "show", "nasnet")["size"], str)


@pytest.mark.parametrize(
    ("setting", "width"), [("width=8", 8), ("width==4 * 2", 8), ("width=12.0", None), ("width={choice: [4, 8]}", None)]
)
def test_set_reads_values_as_documents_do(
    capsys: pytest.CaptureFixture[str], folder: Path, setting: str, width: int | None
) -> None:
    if width is not None:
        layers = values(capsys, "show", "fixed.yaml", "--set", setting, "--layers")["layers"]
        assert layers[0]["shape"] == [width, 8, 8]
    elif "choice" in setting:
        assert values(capsys, "show", "fixed.yaml", "--set", setting)["size"] == 2
    else:
        assert "12.0" in complaint(capsys, "show", "fixed.yaml", "--set", setting)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["serch"], "nas: unknown command 'serch'; did you mean 'search'?"),
        (["show", "resnt50"], "resnt50: no packaged document or variant of this name; did you mean 'resnet50'?"),
        (["show", "none.yaml"], "none.yaml: no such file; give a packaged name (`nas list`) or a path to a document"),
        (["show", "tiny.yaml", "--set", "widht=3"], "tiny.yaml: override: no parameter 'widht'; did you mean 'width'?"),
        (
            ["show", "tiny.yaml", "--set", "width"],
            "--set: 'width' is not of the form name=value; write --set name=value",
        ),
        (
            ["show", "tiny.yaml", "--layers"],
            "tiny.yaml: an open search space has no layers yet; show one of its genomes, or set its choices",
        ),
        (
            ["draw", "tiny.yaml", "--to", "tiny.gif"],
            "tiny.gif: the file's ending says no format of a drawing; known: svg, png, pdf",
        ),
        (
            ["show", "fixed.yaml", "--modules", "0"],
            "nas show: --modules: '0' does not fit; give a whole number of at least 1 and at most 1000",
        ),
        (["list", "resnt"], "resnt: no packaged document or variant with this in its name; did you mean 'resnet'?"),
        (["show"], "nas show: the following arguments are required: ARCH; see nas show --help"),
        (["search", "--executor", "rai"], "nas search: --executor: unknown value 'rai'; did you mean 'ray'?"),
        (["search", "--searcher", "randm"], "searcher: unknown searcher 'randm'; did you mean 'random'?"),
        (["search", "--evaluator", "tran"], "evaluator: unknown evaluator 'tran'; did you mean 'train'?"),
        (["search", "--limit", "parameter=3M"], "limit: unknown quantity 'parameter'; did you mean 'parameters'?"),
        (["search", "--trials", "0"], "nas search: --trials: '0' does not fit; give a whole number of at least 1"),
        (
            ["results", "runs/none"],
            "runs/none: not a run: it has no run.yaml; give the folder that nas search made, such as runs/NAME",
        ),
        (["export", "fixed.yaml"], "nas export: the following arguments are required: --to; see nas export --help"),
        (
            ["export", "fixed.yaml", "--to", "o", "--format", "onx"],
            "nas export: --format: unknown value 'onx'; did you mean 'onnx'?",
        ),
        (
            ["export", "tiny.yaml", "--to", "o"],
            "tiny.yaml: an open search space is not one network; export one of its genomes",
        ),
        (
            ["train", "tiny.yaml"],
            "tiny.yaml: an open search space is not one network; train one of its genomes, or search it first",
        ),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], folder: Path, argv: list[str], line: str
) -> None:
    before = sorted(folder.iterdir())
    assert complaint(capsys, *argv) == line
    assert sorted(folder.iterdir()) == before


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert "search" in output(capsys, "--help")
    assert output(capsys) == output(capsys, "--help")
    assert "--final-epochs" in output(capsys, "search", "--help")
    assert output(capsys, "--version").count(".") == 2


def process(*argv: str, **settings: Any) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-m", "nas", *argv], text=True, env=environment, **settings)


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    with process("show", "resnet152", "--layers", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.readline()
        shown.stdout.close()
        assert shown.stderr.read() == ""
        assert shown.wait(60) == 0


def test_nothing_heavy_is_imported_for_the_help() -> None:
    code = (
        "import sys; from nas.cli import main; main(['--help']); main(['search', '--help']);"
        "sys.exit(bool({'torch', 'ray', 'yaml', 'numpy', 'networkx', 'optuna'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["draw", "resnet20", "--to", "none/x.svg"], "none/x.svg: No such file or directory; make the folder that it"),
        (["draw", "resnet20", "--to", "folder.svg"], "folder.svg: Is a directory; it is a folder: give the name of"),
        (["draw", "resnet20", "--to", "file/x.svg"], "file/x.svg: Not a directory; a file is where a folder is to be"),
        (["export", "resnet20", "--untrained", "--to", "file"], "file: File exists; a file is where a folder is to be"),
        (["search", "--trials", "1", "--runs", "file"], "file: File exists; a file is where a folder is to be: name"),
    ],
)
def test_what_a_system_says_of_a_file_has_a_way_out(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder.svg").mkdir()
    assert main(argv) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: {said}")


def test_an_import_takes_no_allowance_of_code(capsys: pytest.CaptureFixture[str]) -> None:
    for command, listed in (("import", False), ("show", True)):
        assert ("--allow-code" in output(capsys, command, "--help")) is listed
