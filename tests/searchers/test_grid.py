import random
from typing import Any

from nas.searchers.grid import Grid
from nas.types import Result, Trial
from tests import cheap


def proposals(searcher: Grid, most: int = 100) -> list[Any]:
    found = []
    while len(found) < most and (genome := searcher.ask(random.Random(0), ())) is not None:
        found.append(genome)
        searcher.tell(Result(Trial(len(found), genome, 0), {"valid_accuracy": 0.5}))
    return found


def test_every_genome_once_in_their_order() -> None:
    space = cheap.space(1)
    assert proposals(Grid(space)) == list(space.enumerate())


def test_resumed_it_goes_on_after_what_was_told_and_leaves_out_what_is_under_way() -> None:
    space = cheap.space(1)
    genomes = list(space.enumerate())
    searcher = Grid(space)
    for number in (0, 1, 3):  # results came out of order: 2 is under way still
        searcher.tell(Result(Trial(number, genomes[number], 0), None, "failed"))
    assert searcher.ask(random.Random(0), [Trial(2, genomes[2], 0)]) == genomes[4]


def test_nothing_is_left_at_the_end() -> None:
    searcher = Grid(cheap.space(1))
    proposals(searcher)
    assert searcher.ask(random.Random(0), ()) is None
