"""A table of one's own, made of trainings that only pretend."""

import csv
from pathlib import Path

import pytest

from nas.benchmark import tabulate
from nas.errors import UserError
from nas.evaluators.tables import read_table
from nas.space import Document, Genome, Space

SPACE = Space(
    Document(
        {
            "name": "small",
            "input": [3, 4, 4],
            "classes": 3,
            "network": [
                {"conv": {"channels": {"choice": [2, 3]}, "kernel": 1}},
                {"choice": ["identity", ["identity", "identity"], "relu"]},
                "global_avg_pool",
            ],
        }
    )
)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the trainings that were made."""
    seeds: list[int] = []

    def train(genome: Genome, dataset: str, data: str | None, epochs: int, seed: int) -> dict[str, float]:
        seeds.append(seed)
        metrics = {f"valid_accuracy@{epoch}": 0.1 * (epoch + seed) for epoch in (1, 2)}
        return {**metrics, "seconds@1": 1.0, "seconds@2": 2.0, "test_accuracy@2": 0.5}

    monkeypatch.setattr(tabulate, "train", train)
    return seeds


def test_networks_that_train_alike_share_their_trainings(trained: list[int], tmp_path: Path) -> None:
    assert len(tabulate.networks(SPACE)) == 4
    file = tmp_path / "t.csv"
    assert len(list(tabulate.tabulate(SPACE, "digits", None, 2, 2, file))) == len(trained) == 8
    table = read_table(str(file), "digits")
    assert len(table.rows) == 6
    assert all(table.metrics(genome, 1)["valid_accuracy"] == pytest.approx(0.15) for genome in SPACE.enumerate())


def test_rows_that_the_file_has_are_not_made_again(trained: list[int], tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    list(tabulate.tabulate(SPACE, "digits", None, 2, 1, file))
    trained.clear()
    list(tabulate.tabulate(SPACE, "digits", None, 2, 2, file))
    assert trained == [1] * 4
    with file.open(newline="") as rows:
        assert len(list(csv.DictReader(rows))) == 12


def test_a_file_of_other_columns_is_left_alone(trained: list[int], tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="its columns are those of another table"):
        list(tabulate.tabulate(SPACE, "digits", None, 2, 1, file))
    assert file.read_text() == "a,b\n1,2\n" and not trained
