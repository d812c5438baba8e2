from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.run.config import Config, read_config, write_config
from tests import cheap


def config(**values: Any) -> Config:
    given: dict[str, Any] = {
        "space": dict(cheap.space().document.data),
        "evaluator": {"function": "a:b"},
        "executor": {"name": "serial"},
    }
    return Config(**{**given, **values})


def test_it_comes_back_from_the_file(tmp_path: Path) -> None:
    words = {
        "a": "1e-3",
        "b": "no",
        "c": "null",
        "d": 'é \U0001f600 "quoted" #: \n end',
        "e": 1e-7,
        "f": 1e16,
        "g": -0.5,
        "h": None,
        "i": True,
    }
    asked = config(limits={"parameters": "3.5M"}, final_set=words, epochs=3, final_epochs=0, seed=-5)
    write_config(tmp_path / "run.yaml", asked)
    assert read_config(tmp_path / "run.yaml") == asked
    assert asked.limits == {"parameters": 3.5e6}
    assert read_config(tmp_path / "run.yaml").document().document == cheap.space().document


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trials": 0}, "trials is 0; give a whole number of at least 1"),
        ({"trials": None}, "trials is None"),
        ({"trials": True}, "trials is True"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"final_epochs": -1}, "final_epochs is -1"),
        ({"seed": "x"}, "seed is 'x'"),
        ({"searcher": 3}, "searcher is 3"),
        ({"searcher_options": [1]}, "searcher_options is"),
        ({"limits": {"params": 1}}, "unknown quantity 'params'"),
        ({"executor": {}}, "unknown executor 'None'"),
        ({"executor": {"name": "ray", "workers": 0}}, "workers is 0"),
        ({"executor": {"name": "ray", "address": 5}}, "address is 5"),
    ],
)
def test_values_out_of_range(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        config(**values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is empty"),
        ("[1, 2]", "not of format 1"),
        ("format: 2", "not of format 1"),
        ("format: 1", "incomplete: it has no .*space"),
        ("format: 1\nspcae: {}", r"unknown key 'spcae'; did you mean 'space'\?"),
        ("format: 1\nformat: 1", "stands twice"),
        ("format: 1\nspace: !!python/object/apply:os.system ['true']", "tag .* is not allowed"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nformat: {c", "not readable as YAML"),
        ("\x00", "not readable"),
    ],
)
def test_a_file_from_anyone(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_config(tmp_path / "run.yaml")


def test_a_value_out_of_range_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    write_config(path, config())
    path.write_text(path.read_text().replace("\ntrials: ", "\ntrials: x"))
    with pytest.raises(UserError) as error:
        read_config(path)
    assert str(error.value).startswith(f"{path}: trials is 'x")


def test_a_file_of_aliases_is_bounded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (tmp_path / "run.yaml").write_text("\n".join(lines))
    with pytest.raises(UserError, match="more than"):
        read_config(tmp_path / "run.yaml")


def test_bytes_that_are_no_text_and_files_too_large(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(UserError, match="not text"):
        read_config(tmp_path / "run.yaml")
    (tmp_path / "run.yaml").write_bytes(b"#" * 8_000_001)
    with pytest.raises(UserError, match="larger than"):
        read_config(tmp_path / "run.yaml")


def test_a_changed_space_is_seen(tmp_path: Path) -> None:
    asked = config()
    write_config(tmp_path / "run.yaml", replace(asked, space={"network": ["no_such_operation"]}))
    with pytest.raises(UserError, match="unknown operation"):
        read_config(tmp_path / "run.yaml").document().graph()
