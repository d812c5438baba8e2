"""Parts of networks that are placed again: a document that has built many genomes gives what a fresh one gives."""

import random

import pytest

from nas.errors import UserError
from nas.space import load, parts
from nas.space.build import build
from nas.space.document import Document
from nas.space.oracles import Oracle, replayed
from tests.space.documents import SMALL, space_of


def spaces() -> list[str]:
    """Edges with one operation each; sets of edges, cells that read `before`; stages whose numbers are chosen."""
    return ["nasbench201", "nasbench101", "darts", "nasnet", "mobilenet_v2"]


@pytest.mark.parametrize("name", spaces())
@pytest.mark.parametrize("relaxed", [False, True])
def test_a_document_gives_the_same_graphs_however_many_it_gave_before(name: str, relaxed: bool) -> None:
    space, rng = load(name), random.Random(0)
    genomes = [] if space.fixed else [space.sample(rng) for _ in range(4)]
    for answers in [genome.answers for genome in genomes] or [{}, {}]:
        first = build(Document(space.document.data), replayed(answers), relaxed)
        again = build(space.document, replayed(answers), relaxed)
        assert again == first
        assert [node.scopes for node in again.graph.nodes] == [node.scopes for node in first.graph.nodes]


def test_a_way_that_is_known_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    space = load("nasbench201")
    genome = space.sample(random.Random(0))
    built = build(space.document, replayed(genome.answers))
    monkeypatch.setattr("nas.space.interpreter.Interpreter.chain", None)
    assert build(space.document, replayed(genome.answers)) == built


@pytest.mark.parametrize("name", ["nasbench201", "darts"])
def test_the_cells_of_a_new_genome_are_placed_from_the_parts_of_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, rng = load(name, **SMALL[name]), random.Random(0)
    known = {space.sample(rng) for _ in range(500 if name == "darts" else 60)}
    new = next(genome for genome in iter(lambda: space.sample(rng), None) if genome not in known)
    fresh = build(Document(space.document.data), replayed(new.answers))
    monkeypatch.setattr("nas.space.interpreter.walk_cell", None)
    assert build(space.document, replayed(new.answers)) == fresh


@pytest.mark.parametrize("operation", ["maybe", "{choice: [[], relu, none]}"])
@pytest.mark.parametrize("do", ["", ", do: {choice: [identity, relu]}"])
def test_what_stands_after_an_edge_hangs_on_its_operation(operation: str, do: str) -> None:
    """`maybe` asks by itself: it is no choice of the edge's."""
    space = space_of(
        f"""
        input: [3, 8, 8]
        blocks: {{maybe: [{{choice: [identity, relu, none]}}]}}
        cells:
          cell:
            nodes: [{{repeat: 2, add: {{all: =earlier, operation: {operation}}}{do}}}]
            after_edge: [drop_path]
        network: [cell, cell, maybe, cell]
        """
    )
    for genome in (*space.enumerate(), *space.enumerate()):
        fresh = build(Document(space.document.data), replayed(genome.answers))
        assert build(space.document, replayed(genome.answers)) == fresh


@pytest.mark.parametrize("bound", ["MAX_NODES", "MAX_WAYS"])
def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(parts, bound, 0)
    space = load("nasbench201")
    graphs = [space.graph(space.sample(random.Random(seed))) for seed in range(3)]
    kept = space.document.parts
    assert not kept.nodes and not any(part.ways for part in kept.kept.values())
    assert [graph.shape for graph in graphs] == [(10,)] * 3


def test_answers_that_are_none_are_refused_where_the_way_is_known() -> None:
    space = load("nasbench201")
    genome = space.sample(random.Random(0))
    oracle: Oracle = replayed({**genome.answers, next(iter(genome.answers)): "conv_9x9"})
    with pytest.raises(UserError, match="conv_9x9"):
        build(space.document, oracle)
