import json
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.run import alike
from nas.run import config as configuration
from nas.space import Document, Genome, Space
from tests import cheap

RATES = [0.0, 0.2, 0.5, 0.9]


def space() -> Space:
    """8 genomes: two functions, each of which trains in four ways."""
    network: list[Any] = [{"conv": {"channels": {"choice": [4, 8]}, "kernel": 1}}, "relu", "global_avg_pool"]
    network += [{"dropout": {"rate": {"choice": RATES}}}, {"linear": "=classes"}]
    return Space(Document({"name": "rates", "input": [3, 4, 4], "classes": 2, "network": network}))


def unread() -> Space:
    """3 genomes of one network, which differ in what a user's function may read."""
    data = {"name": "rates", "input": [3, 4, 4], "classes": 2, "parameters": {"lr": {"choice": [0.1, 0.2, 0.3]}}}
    return Space(Document({**data, "network": ["global_avg_pool", {"linear": "=classes"}]}))


def issued(tmp_path: Path, of: Space, **settings: Any) -> tuple[list[Genome], str]:
    run = nas.search(of, evaluator=cheap.score, trials=20, runs=tmp_path, searcher="random", **settings)
    return [entry.trial.genome for entry in run.trials], run.reason


@pytest.mark.parametrize(
    ("of", "deduplicate", "trials"),
    [(space, None, 8), (space, "network", 8), (space, "function", 2), (unread, None, 3), (unread, "network", 1)],
)
def test_what_counts_as_one(tmp_path: Path, of: Any, deduplicate: str | None, trials: int) -> None:
    genomes, reason = issued(tmp_path, of(), deduplicate=deduplicate)
    assert len(genomes) == len(set(genomes)) == trials
    assert reason.endswith("genomes already tried" if deduplicate is None else "networks already tried")


@pytest.mark.parametrize("searcher", ["regularized_evolution", "evolution", "grid", "local_search", "bananas"])
def test_every_rate_is_tried(tmp_path: Path, searcher: str) -> None:
    run = nas.search(space(), searcher=searcher, evaluator=cheap.score, trials=8, runs=tmp_path)
    assert len({entry.trial.genome for entry in run.trials}) == 8
    assert len({entry.fingerprint for entry in run.trials}) == 2


def test_a_resumed_run_knows_what_it_tried(tmp_path: Path) -> None:
    run = nas.search(space(), evaluator=cheap.score, trials=8, runs=tmp_path, deduplicate="network")
    journal = run.path / "journal.jsonl"
    whole = journal.read_text().splitlines()
    journal.write_text("\n".join(whole[:9]) + "\n")
    again = nas.resume(run.path, evaluator=cheap.score)
    assert [entry.trial.genome for entry in again.trials] == [entry.trial.genome for entry in run.trials]


def test_a_run_of_before_goes_on_by_functions(tmp_path: Path) -> None:
    """Neither its run.yaml nor its journal says how it knew duplicates."""
    run = nas.search(space(), evaluator=cheap.score, trials=8, runs=tmp_path, deduplicate="function")
    path = run.path / "run.yaml"
    assert all("identity" not in line for line in (run.path / "journal.jsonl").read_text().splitlines())
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("deduplicate")))
    assert configuration.read_config(path).deduplicate == "function"
    assert len(nas.resume(run.path, evaluator=cheap.score).trials) == 2


def test_an_unknown_word(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="deduplicate: unknown word 'networks'; did you mean 'network'"):
        issued(tmp_path, space(), deduplicate="networks")


def test_the_journal_has_both(tmp_path: Path) -> None:
    run = nas.search(space(), evaluator=cheap.score, trials=3, runs=tmp_path)
    records = [json.loads(line) for line in (run.path / "journal.jsonl").read_text().splitlines()]
    found = [record.get("record", record) for record in records]
    for record in (one for one in found if one["kind"] == "issued"):
        genome = Genome(space().document, record["answers"])
        graph = space().graph(genome)
        assert record["fingerprint"] == graph.fingerprint()
        assert record["identity"] == alike.identity("genome", genome, graph)
