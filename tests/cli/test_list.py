"""`nas list`: families and their variants. What a family holds is tested in tests/report/test_catalogue.py."""

import json

import pytest

from nas.cli import main


def test_names_match_by_family_or_by_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "RESNET18", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert "resnet34" not in rows
    assert rows["resnet18"] | {"source": ""} == {
        "name": "resnet18",
        "family": "resnet",
        "kind": "network",
        "year": 2015,
        "parameters": 11_689_512,
        "mult_adds": 1_814_073_344,
        "size": 1,
        "source": "",
        "deviation": None,
    }
    assert "1512.03385" in rows["resnet18"]["source"]


def test_a_family_stands_above_its_variants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "resnet_cifar"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("resnet_cifar (2015): He et al. 2015")
    assert "  resnet20                             269,722 parameters   40.6M mult-adds" in lines


def test_a_space_has_no_parameters_but_a_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "nasbench201", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["parameters"], row["mult_adds"], row["size"]) == ("space", None, None, 15_625)
    assert main(["list", "nasbench201"]) == 0
    assert "a space of 15,625 genomes" in capsys.readouterr().out


def test_only_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "nas", "--spaces", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} == {"space"}
    assert "nasbench201" in {row["name"] for row in rows}


def test_only_small_networks_the_smallest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "resnet", "--max-params", "0.5M", "--sort", "--json"]) == 0
    sizes = [row["parameters"] for row in json.loads(capsys.readouterr().out)]
    assert sizes == sorted(sizes) and sizes[0] > 0 and sizes[-1] <= 500_000
    assert main(["list", "resnet", "--max-params", "0.5M", "--sort", "name"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert len(names) == len(sizes) and names == sorted(names)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--max-params", "x"], "'x' does not fit; give a positive number, such as 3.5M or 600000"),
        (["--sort", "size_"], "unknown value 'size_'; did you mean 'size'?"),
        (["resnet", "--spaces", "--max-params", "3"], "nothing packaged is so; leave out --spaces, or raise"),
    ],
)
def test_mistakes(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *words]) == 2
    assert line in capsys.readouterr().err
