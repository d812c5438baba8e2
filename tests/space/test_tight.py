"""Spaces of which hardly any answers are valid: sampling, changing and crossing find those that are, and never fail."""

import random
import re
from collections import Counter

import pytest

from nas.errors import UserError
from nas.searchers import SEARCHERS, create_searcher, for_budget
from nas.space import Genome, Space
from nas.space.tilted import tilted
from tests.searchers.contract import Drive
from tests.space.documents import space_of

FIRST = {"bananas": {"first": 3}, "reinforce": {"hidden": 4}, "ppo": {"hidden": 4}}


def cell(nodes: int, where: str, name: str = "c") -> str:
    """A cell of so many nodes, each of which reads any of the earlier ones: nodes * (nodes + 1) / 2 possible edges."""
    node = "{add: {subset: =earlier, operation: {choice: [relu, tanh]}, else: 0}}"
    return f"  {name}:\n    nodes: [{', '.join([node] * nodes)}]\n    where: {where}\n    output: last\n"


def space(*cells: str) -> Space:
    names = ", ".join("cd"[: len(cells)])
    return space_of("input: [2, 4, 4]\nclasses: 2\ncells:\n" + "".join(cells) + f"network: [{names}]\n")


def edges(genome: Genome, cell: str = "c") -> int:
    return sum(answer for path, answer in genome.answers.items() if re.match(rf"cells\.{cell}\..*present", path))


@pytest.mark.parametrize("number", [0, 3, 15])
def test_a_where_that_hardly_any_genome_keeps(number: int) -> None:
    tight, rng = space(cell(5, f"edges == {number}")), random.Random(number)
    first, second = tight.sample(rng), tight.sample(rng)
    for genome in (first, second, tight.crossover(first, second, rng), tight.mutate(first, rng)):
        assert edges(genome) == number
        assert tight.genome(genome.answers) == genome
    assert first != second or number == 0
    kinds = [tight.mutate(first, rng, kind) for kind in ("operation", "input")]
    assert all(edges(genome) == number for genome in kinds)
    if number == 3:
        assert kinds[1] != first


def test_each_cell_keeps_its_own() -> None:
    tight = space(cell(6, "edges == 1"), cell(6, "edges == 20", "d"))
    for seed in range(3):
        genome = tight.sample(random.Random(seed))
        assert (edges(genome), edges(genome, "d")) == (1, 20)


def test_genomes_of_equally_many_edges_are_drawn_alike() -> None:
    small, rng = space(cell(3, "edges == 2")), random.Random(0)
    paths = [path for path in small.sample(rng).answers if path.endswith("present")]
    found = Counter(
        tuple(answers[path] for path in paths) for answers in (tilted(small.document, rng) for _ in range(600))
    )
    assert len(found) == 15
    assert all(18 < count < 65 for count in found.values())  # 40 expected


def test_a_change_reaches_every_genome_where_none_has_a_neighbour() -> None:
    isolated = space(cell(3, "edges == 3").replace("{choice: [relu, tanh]}", "relu"))
    everything = set(isolated.enumerate())
    assert len(everything) == 20
    assert not any(list(isolated.neighbours(genome)) for genome in everything)
    rng = random.Random(0)
    seen = {here := isolated.sample(rng)}
    for _ in range(200):
        after = isolated.mutate(here, rng)
        assert after != here
        different = [path for path in here.answers if here.answers[path] != after.answers[path]]
        assert len(different) == 2  # an edge less, another more
        seen.add(here := after)
    assert seen == everything


QUICK = ("regularized_evolution", "bananas", "local_search")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in SEARCHERS]
)
def test_every_searcher_tries_the_whole_of_such_a_space(name: str) -> None:
    text = cell(3, "edges == 3").replace("{choice: [relu, tanh]}", "relu")
    small = space(text)
    networks = {small.graph(genome).prune().fingerprint() for genome in small.enumerate()}
    drive = Drive(name, small, len(networks))
    drive.searcher = create_searcher(name, small, {**for_budget(name, 12), **FIRST.get(name, {})})
    drive.run()
    assert drive.seen == networks


def test_shapes_that_hardly_ever_fit() -> None:
    """One genome in 32 leaves a map at all, and where none does, it is said."""
    pool = "{max_pool: {kernel: {choice: [1, 2, 3, 4]}, stride: 1}}"
    narrow = space_of(f"input: [2, 2, 2]\nclasses: 2\nnetwork: [{', '.join([pool] * 3)}, {{choice: [relu, tanh]}}]")
    for seed in range(5):
        genome = narrow.sample(random.Random(seed))
        assert narrow.can_be_built(narrow.mutate(genome, random.Random(seed)))
    pools = ", ".join([pool] * 9)
    with pytest.raises(UserError, match="max_pool"):
        space_of(f"input: [2, 1, 1]\nclasses: 2\nnetwork: [{pools}]").sample(random.Random(0))


def test_a_rare_valid_genome_is_found_for_every_seed() -> None:
    """One of a thousand fits: three hundred samples often hold none, and a search goes on all the same."""
    pool = "{max_pool: {kernel: {choice: [1, 2, 3, 4]}, stride: 1}}"
    rare = space_of(f"input: [2, 1, 1]\nclasses: 2\nnetwork: [{', '.join([pool] * 5)}, {{choice: [relu, tanh, elu]}}]")
    for seed in range(6):
        assert rare.can_be_built(rare.sample(random.Random(seed)))
