"""What a space does with its genomes: sample, change, cross, list."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.errors import UserError
from nas.space import KINDS, Genome, Space, load
from tests.space.documents import space_of

MIXED = """
input: [4, 8, 8]
parameters: {depth: {choice: [1, 2]}}
cells:
  cell:
    inputs: {before: [identity], last: [identity]}
    nodes:
      - repeat: 2
        add: {choose: 2, of: =earlier, operation: {choice: [relu, tanh, {conv: {kernel: {choice: [1, 3]}}}]}}
network:
  - {repeat: =depth, body: [{choice: [cell, relu]}]}
  - {branches: [relu, tanh], merge: {choice: [add, mean]}}
"""
SHIPPED = {name: load(name, input=[3, 16, 16]) for name in ("nasbench201", "nasnet", "plain")} | {
    "mixed": space_of(MIXED)
}
names = st.sampled_from(sorted(SHIPPED))
seeds = st.integers(0, 2**32)


def valid(space: Space, genome: Genome) -> None:
    """The genome answers what is asked, and no more, and has a graph."""
    assert space.genome(genome.answers) == genome
    assert space.graph(genome).nodes


@settings(max_examples=25, deadline=None)
@given(names, seeds)
def test_samples_changes_and_crossings_are_valid(name: str, seed: int):
    space, rng = SHIPPED[name], random.Random(seed)
    first, second = space.sample(rng), space.sample(rng)
    for genome in (first, space.mutate(first, rng), space.crossover(first, second, rng)):
        valid(space, genome)
    for kind in KINDS:
        changed = space.mutate(first, rng, kind)
        valid(space, changed)
        assert (changed != first) == (kind in space.kinds(first))


@settings(max_examples=40, deadline=None)
@given(names, seeds, st.sampled_from([None, *KINDS]))
def test_a_mutation_changes_one_answer_of_the_kind_asked_for(name: str, seed: int, kind: str | None):
    space, rng = SHIPPED[name], random.Random(seed)
    genome = space.sample(rng)
    changed = space.mutate(genome, rng, kind)
    kinds = {choice.path: choice.kind for choice in (*space.choices(genome), *space.choices(changed))}
    different = [
        path for path in genome.answers if changed.answers.get(path, genome.answers[path]) != genome.answers[path]
    ]
    assert len(different) == (0 if kind and kind not in space.kinds(genome) else 1)
    assert all(kind in (None, kinds[path]) for path in different)
    for path in different:
        if isinstance(genome.answers[path], tuple):  # a set of sources changes in one of them
            assert len(set(genome.answers[path]) - set(changed.answers[path])) == 1


@settings(max_examples=40, deadline=None)
@given(names, seeds)
def test_a_crossing_answers_as_one_of_its_parents_where_both_do(name: str, seed: int):
    space, rng = SHIPPED[name], random.Random(seed)
    first, second = space.sample(rng), space.sample(rng)
    child = space.crossover(first, second, rng)
    for path, answer in child.answers.items():
        known = {parent.answers[path] for parent in (first, second) if path in parent.answers}
        assert not known or answer in known
    assert space.crossover(first, first, rng) == first


def test_neighbours_are_all_genomes_with_one_answer_changed():
    space = space_of(MIXED.replace("{conv: {kernel: {choice: [1, 3]}}}", "elu"))
    everything = list(space.enumerate())
    assert len(set(everything)) == len(everything) == space.size()
    for genome in random.Random(0).sample(everything, 8):
        found = list(space.neighbours(genome))
        expected = set()
        for other in everything:
            shared = genome.answers.keys() & other.answers.keys()
            changed = [path for path in shared if genome.answers[path] != other.answers[path]]
            one_source = all(
                not isinstance(genome.answers[path], tuple)
                or len(set(genome.answers[path]) - set(other.answers[path])) == 1
                for path in changed
            )
            if len(changed) == 1 and one_source:
                expected.add(other)
        assert set(found) == expected
        assert len(found) == len(set(found))


def test_samples_are_uniform_per_choice():
    space = space_of("network: [{choice: [relu, [{choice: [tanh, elu]}]]}]")
    rng = random.Random(0)
    first = [space.sample(rng).answers["network.0"] for _ in range(2000)]
    assert 900 < first.count("relu") < 1100


def test_the_same_seed_gives_the_same_genomes_in_another_process():
    code = """
import random
from nas.space import load
space, rng = load("nasnet"), random.Random("7/3")
first, second = space.sample(rng), space.sample(rng)
for genome in (first, space.mutate(first, rng), space.crossover(first, second, rng)):
    print(space.graph(genome).fingerprint())
"""
    space, rng = load("nasnet"), random.Random("7/3")
    first, second = space.sample(rng), space.sample(rng)
    here = [
        space.graph(genome).fingerprint()
        for genome in (first, space.mutate(first, rng), space.crossover(first, second, rng))
    ]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert found.stdout.split() == here


def test_genomes_whose_shapes_do_not_fit_are_drawn_again():
    space = space_of("input: [3, 4, 4]\nnetwork: [{repeat: {choice: [1, 2, 3, 4]}, body: [{max_pool: 2}]}]")
    assert {space.sample(random.Random(seed)).answers["network.0.repeat"] for seed in range(30)} == {1, 2}
    with pytest.raises(UserError, match="max_pool: kernel 2 does not fit in 1x1"):
        space_of("input: [3, 1, 1]\nnetwork: [{repeat: {choice: [1, 2]}, body: [{max_pool: 2}]}]").sample(
            random.Random(0)
        )


def test_a_fixed_network_that_does_not_fit_fails_at_once():
    space = load("resnet152", input=[3, 2, 2])
    start = time.perf_counter()
    try:
        space.sample(random.Random(0))
    except UserError as error:
        assert "does not fit" in str(error)
    assert time.perf_counter() - start < 2


def test_a_document_without_choices():
    space = load("resnet18")
    assert space.fixed and space.size() == 1 and space.kinds(space.sample(random.Random(0))) == ()
    genome = space.sample(random.Random(0))
    assert space.mutate(genome, random.Random(0)) == genome
    assert list(space.neighbours(genome)) == []
    assert list(space.enumerate()) == [genome]
    assert space.graph() == space.graph(genome)


def test_an_open_document_has_no_graph_of_its_own():
    space = space_of("network: [{choice: [relu, tanh]}]")
    assert not space.fixed
    with pytest.raises(UserError, match=r"^network.0: this choice is open"):
        space.graph()
    constrained = space_of("cells: {c: {nodes: [{add: {subset: =earlier}}], where: edges > 0}}\nnetwork: [c]")
    assert not constrained.fixed and constrained.size() == 1


def test_other_parameters_and_the_final_ones_take_the_same_answers():
    space = load("nasnet", input=[3, 16, 16])
    genome = space.sample(random.Random(0))
    small = space.with_parameters(channels=4, cells=1, classes=3, input=(1, 8, 8))
    graph = small.graph(small.genome(genome.answers))
    assert (graph.input, graph.shape) == ((1, 8, 8), (3,))
    final = space.final({"cells": 1})
    assert final.graph(final.genome(genome.answers)).parameters != space.graph(genome).parameters
    assert final.document.data["parameters"]["channels"] == 36
    with pytest.raises(UserError, match="no parameter 'chanels'; did you mean 'channels'"):
        space.with_parameters(chanels=3)


def test_sizes_of_the_shipped_spaces_at_once():
    start = time.perf_counter()
    assert load("nasbench201").size() == 5**6 == 15_625
    pairs = 1
    for node in range(5):
        pairs *= (8 * (2 + node)) ** 2
    assert load("nasnet").size() == pairs**2
    assert load("plain").size() > 10**18
    assert time.perf_counter() - start < 5  # measured well under a second
