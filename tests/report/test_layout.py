import random
from itertools import pairwise

from nas.report.layout import layer, place


def test_layers_are_longest_paths_and_inputs_stand_by_their_readers() -> None:
    edges = [("in", "a"), ("a", "b"), ("b", "out"), ("in", "out"), ("late", "out")]
    assert layer(["in", "late", "a", "b", "out"], edges) == {"in": 0, "a": 1, "b": 2, "out": 3, "late": 2}


def test_an_edge_passes_each_layer_between() -> None:
    places, ways = place(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c"), ("a", "c")])
    assert [places[box][0] for box in "abc"] == [0, 1, 2]
    assert [at for at, _ in ways["a", "c"]] == [1]
    assert ways["a", "b"] == []
    assert len(ways) == 3  # a doubled edge is drawn once


def test_nothing_lies_on_something_else() -> None:
    rng = random.Random(0)
    for _ in range(50):
        order = list(range(rng.randint(2, 12)))
        edges = [(rng.randrange(box), box) for box in order[1:] for _ in range(rng.randint(1, 2))]
        places, ways = place(order, edges)
        points = [*places.values(), *(point for way in ways.values() for point in way)]
        assert len(set(points)) == len(points)
        for (source, target), way in ways.items():
            assert all(b[0] == a[0] + 1 for a, b in pairwise([places[source], *way, places[target]]))
