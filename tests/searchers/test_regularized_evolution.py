"""Against a population traced by hand: a space whose samples and mutations are written down here."""

import random
from collections import Counter
from typing import Any

import pytest

from nas.searchers.regularized_evolution import RegularizedEvolution
from tests import cheap
from tests.searchers.traced import Letters, Script, retold, told


def evolution(space: Any, **options: Any) -> RegularizedEvolution:
    return RegularizedEvolution(space, **options)


def test_a_run_traced_by_hand() -> None:
    searcher = evolution(Letters(), population=3, sample=2, identity=0.05)
    for number, (name, accuracy) in enumerate(zip("ABC", (0.9, 0.5, 0.7), strict=True)):  # the first P are random
        assert (searcher.ask(Script(), ()), searcher.parents) == (name, ())
        told(searcher, name, accuracy, number=number)
    # Tournament of B (0.5) and C (0.7): C wins; no identity (0.5 > 0.05); second kind: input.
    assert (searcher.ask(Script([1, 2, 1], [0.5]), ()), searcher.parents) == ("Ci", (2,))
    told(searcher, "Ci", 0.6, number=3)  # A, the oldest, dies although it is the best
    assert [genome for genome, _ in searcher.population] == ["B", "C", "Ci"]
    # With replacement: the same one twice. Identity at 0.04 < 0.05.
    assert (searcher.ask(Script([0, 0], [0.04]), ()), searcher.parents) == ("B", (1,))
    # Of equals the first drawn wins (Python's max), here Ci over itself; kind 0: operation.
    assert (searcher.ask(Script([2, 0, 0], [0.05]), ()), searcher.parents) == ("Cio", (3,))
    told(searcher, "Cio", 0.65)
    assert [genome for genome, _ in searcher.population] == ["C", "Ci", "Cio"]


def test_failures_neither_join_nor_age_the_population() -> None:
    searcher = evolution(Letters(), population=2, sample=1)
    told(searcher, "A", 0.1)
    told(searcher, "B")
    assert searcher.ask(Script(), ()) == "A"  # still filling: a random one
    told(searcher, "C", 0.2)
    told(searcher, "D")
    assert [genome for genome, _ in searcher.population] == ["A", "C"]


def test_more_epochs_replace_a_score_and_change_no_age() -> None:
    searcher = evolution(Letters(), population=3, sample=2)
    for number, (name, accuracy) in enumerate(zip("ABC", (0.1, 0.2, 0.3), strict=True)):
        told(searcher, name, accuracy, number=number)
    retold(searcher, "B", 0.9, number=1)
    assert list(searcher.population) == [("A", 0.1), ("B", 0.9), ("C", 0.3)]
    told(searcher, "Bi", 0.4, number=3)
    retold(searcher, "A", 1.0, number=0)  # it has died
    assert list(searcher.population) == [("B", 0.9), ("C", 0.3), ("Bi", 0.4)]
    retold(searcher, "C", number=2)  # it failed
    assert list(searcher.population) == [("B", 0.9), ("Bi", 0.4)]
    told(searcher, "Bo", 0.5, number=4)
    told(searcher, "D", 0.5, number=5)
    assert [genome for genome, _ in searcher.population] == ["Bi", "Bo", "D"]  # B was the oldest still
    retold(searcher, "Bo", 0.8, number=4)
    assert searcher.population[1] == ("Bo", 0.8)


def test_a_genome_without_choices_is_its_own_child() -> None:
    searcher = evolution(Letters(), population=1, sample=1)
    told(searcher, "A", 0.1)
    assert searcher.ask(Script([0], [0.9]), ()) == "A"


def test_defaults_are_the_papers() -> None:
    searcher = RegularizedEvolution(cheap.space())
    assert (searcher.population_size, searcher.sample_size, searcher.identity) == (100, 25, 0.05)


def test_a_mutation_changes_one_answer_and_identity_comes_at_its_rate() -> None:
    space, rng = cheap.space(), random.Random(0)
    searcher, parent = RegularizedEvolution(space), space.sample(rng)
    changes: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for _ in range(2000):
        child = searcher.mutate(parent, rng)
        changed = [path for path, answer in child.answers.items() if parent.answers[path] != answer]
        changes[len(changed)] += 1
        kinds.update("number" if isinstance(child.answers[path], int) else "operation" for path in changed)
    assert set(changes) == {0, 1}
    assert 60 < changes[0] < 140  # 100 expected
    assert 850 < kinds["number"] < 1050  # half of 1900: uniform among the kinds


@pytest.mark.slow
def test_it_beats_random_search() -> None:
    """On a score that rewards each answer by itself: 200 trials, 20 repeats."""

    def value(genome: Any) -> float:
        return sum(
            answer if isinstance(answer, int) else cheap.ACTIVATIONS.index(answer) * 5
            for answer in genome.answers.values()
        )

    def best(seed: int, population: int) -> float:
        space, rng = cheap.space(4), random.Random(seed)
        searcher, found = RegularizedEvolution(space, population, 10), []
        for _ in range(200):
            genome = searcher.ask(rng, ())
            found.append(value(genome))
            told(searcher, genome, found[-1])
        return max(found)

    evolved, drawn = ([best(seed, population) for seed in range(20)] for population in (20, 1000))
    assert sum(evolved) / 20 > sum(drawn) / 20 + 10
