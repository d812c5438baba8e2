"""The changes that the journal's parents lead to, replayed from the first ancestor, give each genome exactly."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.run import Run
from nas.run.journal import seal
from nas.run.lineage import Change, applied, changes, lineage, origin
from nas.space import Genome
from tests import cheap
from tests.integrations.conditional import conditional, score

POPULATION = {"population": 8, "sample": 3}
SEARCHERS: dict[str, dict[str, Any]] = {
    "regularized_evolution": POPULATION,
    "evolution": POPULATION,
    "nsga2": {"population": 8},
    "local_search": {},
    "bananas": {"mutations": 20},
}


def searched(tmp_path: Path, searcher: str, **settings: Any) -> Run:
    options = {"searcher_options": SEARCHERS.get(searcher, {}), "trials": 40, "seed": 3, "progress": False}
    return nas.search(conditional(), evaluator=score, runs=tmp_path, searcher=searcher, **{**options, **settings})


@pytest.mark.parametrize("searcher", SEARCHERS)
def test_replayed_it_is_the_genome(tmp_path: Path, searcher: str) -> None:
    run = Run.open(searched(tmp_path, searcher).path)
    longest = 0
    for entry in run.trials:
        root, *steps = lineage(run.trials, entry.trial.number)
        answers, before = dict(root.entry.trial.genome.answers), root.entry.trial.number
        assert root.parent is None and not root.changes and origin(run, root.entry) == "drawn anew"
        for step in steps:
            assert step.parent == before and step.changes
            before, answers = step.entry.trial.number, applied(answers, step.changes)
            assert Genome(run.space.document, answers) == step.entry.trial.genome
        assert Genome(run.space.document, answers) == entry.trial.genome
        longest = max(longest, len(steps))
    assert longest > 1


def test_one_change_a_mutation_where_no_choice_depends_on_another(tmp_path: Path) -> None:
    options = {"searcher_options": {"population": 5, "sample": 2}, "trials": 30, "runs": tmp_path}
    run = nas.search(cheap.space(), evaluator=cheap.score, progress=False, **options)
    made = [lineage(run.trials, entry.trial.number)[-1] for entry in run.trials if entry.parents]
    assert len(made) == 25 and [len(step.changes) for step in made] == [1] * 25
    assert all(step.parent in range(step.entry.trial.number - 5, step.entry.trial.number) for step in made)


def test_of_two_parents_the_nearer_one_is_gone_back_to(tmp_path: Path) -> None:
    run = searched(tmp_path, "nsga2", objectives=["valid_accuracy", "parameters:min"])
    two = [entry for entry in run.trials if len(entry.parents or ()) == 2]
    assert two
    for entry in two:
        step = lineage(run.trials, entry.trial.number)[-1]
        assert {step.parent, *step.others} == set(entry.parents or ())
        other = run.trials[step.others[0]].trial.genome.answers
        assert len(step.changes) <= len(changes(other, entry.trial.genome.answers))


def test_changes_are_of_answers_that_differ_appear_and_go() -> None:
    before, after = {"a": 1, "b": "x", "c": (0, 1)}, {"a": True, "b": "x", "d": 0.5}
    found = changes(before, after)
    assert found == (Change("a", 1, True), Change("d", None, 0.5), Change("c", (0, 1), None))
    assert applied(before, found) == after and changes(before, before) == ()
    rng = random.Random(0)
    genomes = [dict(conditional().sample(rng).answers) for _ in range(30)]
    assert all(applied(one, changes(one, other)) == other for one in genomes for other in genomes)


def test_where_those_without_parents_are_from(tmp_path: Path) -> None:
    given = conditional().sample(random.Random(9))
    run = searched(tmp_path, "regularized_evolution", start_from=[given])
    assert [origin(run, entry) for entry in run.trials[:2]] == ["given to start from", "drawn anew"]
    silent = searched(tmp_path, "random", trials=3)
    assert {origin(silent, entry) for entry in silent.trials} == {"proposed by random"}
    assert [len(lineage(silent.trials, number)) for number in range(3)] == [1, 1, 1]


def test_journals_from_before_do_not_say_and_parents_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = searched(tmp_path, "regularized_evolution").path
    lines = [json.loads(line) for line in (path / "journal.jsonl").read_text().splitlines()]

    def rewritten(**parents: Any) -> Run:
        kept = [{k: v for k, v in line.items() if k not in ("crc", "parents")} for line in lines]
        changed = [
            {**line, **parents} if line.get("number") == 20 and line["kind"] == "issued" else line for line in kept
        ]
        text, crc = b"", 0
        for line in changed:
            sealed, crc = seal(line, crc)
            text += sealed
        (path / "journal.jsonl").write_bytes(text)
        return Run.open(path)

    old = rewritten()
    assert {entry.parents for entry in old.trials} == {None} and old.best is not None
    assert len(lineage(old.trials, old.best.trial.number)) == 1
    assert rewritten(parents=[3]).trials[20].parents == (3,)
    for wrong in ([20], [-1], ["3"], [True], "3"):
        with pytest.raises(nas.errors.UserError, match="not a record of a run"):
            rewritten(parents=wrong)
