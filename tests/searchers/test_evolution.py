"""Against a population traced by hand, and the number of mutations by the paper's formula."""

from typing import Any

import pytest

from nas.errors import UserError
from nas.searchers.evolution import Evolution
from tests.searchers.traced import Letters, Script, retold, told


def evolution(space: Any, **options: Any) -> Evolution:
    return Evolution(space, **options)


def genomes(searcher: Evolution) -> set[Any]:
    return {genome for genome, _ in searcher.population.values()}


def test_a_run_traced_by_hand() -> None:
    searcher = evolution(Letters(), population=3, sample=2, mutations=2, rounds=1)
    for number, (name, accuracy) in enumerate(zip("ABC", (0.9, 0.5, 0.7), strict=True)):  # the first are random
        assert searcher.ask(Script(), ()) == name
        told(searcher, name, accuracy, number=number)
    assert (searcher.ask(Script([1, 2]), ()), searcher.parents) == (
        "C--",
        (2,),
    )  # B (0.5) against C (0.7); round 0: two mutations
    told(searcher, "C--", 0.6, number=3)
    assert genomes(searcher) == {"A", "C", "C--"}  # B was the least fit
    assert (searcher.ask(Script([0, 1]), ()), searcher.parents) == (
        "A-",
        (0,),
    )  # the best of all stays, however old; round 1: 2 - 1 mutations
    told(searcher, "A-", 0.1, number=4)
    assert genomes(searcher) == {"A", "C", "C--"}  # the child itself was the least fit
    assert searcher.ask(Script([2, 1]), ()) == "C-"  # never fewer than one mutation


def test_more_epochs_replace_a_score() -> None:
    searcher = evolution(Letters(), population=2, sample=2)
    told(searcher, "A", 0.1, number=0)
    told(searcher, "B", 0.2, number=1)
    retold(searcher, "A", 0.9, number=0)
    assert list(searcher.population.values()) == [("A", 0.9), ("B", 0.2)]
    told(searcher, "C", 0.3, number=2)
    retold(searcher, "B", 1.0, number=1)  # it was the least fit
    assert genomes(searcher) == {"A", "C"}
    retold(searcher, "C", number=2)
    assert genomes(searcher) == {"A"}
    assert searcher.i == 1  # rounds count trials


def test_mutations_by_the_formula() -> None:
    """max(ceil(d - i / r), 1) with d = 3 and r = 4."""
    searcher = evolution(Letters(), population=1, sample=1, mutations=3, rounds=4)
    told(searcher, "A", 1.0)
    counts = []
    for number in range(1, 12):
        counts.append(searcher.ask(Script([0]), ()).count("-"))  # type: ignore[attr-defined]
        told(searcher, "worse", 0.0, number=number)
    assert counts == [3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1]


def test_a_failure_changes_nothing() -> None:
    searcher = evolution(Letters(), population=1, sample=1, mutations=2, rounds=1)
    told(searcher, "A")
    assert searcher.ask(Script(), ()) == "A"  # still filling: a random one
    told(searcher, "B", 0.5, number=1)
    told(searcher, "C", number=2)
    assert (genomes(searcher), searcher.i) == ({"B"}, 0)


def test_a_sample_is_no_larger_than_the_population() -> None:
    searcher = evolution(Letters(), population=2, sample=25)
    told(searcher, "A", 0.5)
    told(searcher, "B", 0.7, number=1)
    assert searcher.ask(Script([0, 1]), ()) == "B-----"


@pytest.mark.parametrize("option", ["population", "sample", "mutations", "rounds"])
def test_options_out_of_range(option: str) -> None:
    with pytest.raises(UserError, match=f"searcher evolution: {option} is 0; give a whole number of at least 1"):
        evolution(Letters(), **{option: 0})
