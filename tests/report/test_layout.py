import random

from nas.report.layout import GAP, arrange, layer


def test_layers_are_longest_paths_and_inputs_stand_by_their_readers() -> None:
    edges = [("in", "a"), ("a", "b"), ("b", "out"), ("in", "out"), ("late", "out")]
    assert layer(["in", "late", "a", "b", "out"], edges) == {"in": 0, "a": 1, "b": 2, "out": 3, "late": 2}


def test_an_edge_passes_each_layer_between() -> None:
    sizes = dict.fromkeys("abc", (40.0, 20.0))
    layout = arrange("abc", [("a", "b"), ("b", "c"), ("a", "c"), ("a", "c")], sizes)
    assert [layout.boxes[box][1] for box in "abc"] == sorted(layout.boxes[box][1] for box in "abc")
    ((_, top, bottom),) = layout.ways["a", "c"]
    assert (top, bottom) == (layout.boxes["b"][1], layout.boxes["b"][1] + 20)
    assert layout.ways["a", "b"] == []
    assert len(layout.ways) == 3  # a doubled edge is drawn once


def test_nothing_lies_on_something_else_and_all_is_inside() -> None:
    rng = random.Random(0)
    for _ in range(50):
        order = list(range(rng.randint(2, 12)))
        edges = [(rng.randrange(box), box) for box in order[1:] for _ in range(rng.randint(1, 2))]
        sizes = {box: (rng.uniform(20, 120), rng.uniform(20, 50)) for box in order}
        layout = arrange(order, edges, sizes)
        spans = [(x - sizes[box][0] / 2, x + sizes[box][0] / 2, box) for box, (x, _) in layout.boxes.items()]
        assert min(span[0] for span in spans) > -1e-6
        assert max(span[1] for span in spans) < layout.width + 1e-6
        for left, right, box in spans:
            y, height = layout.boxes[box][1], sizes[box][1]
            for other_left, other_right, other in spans:
                below, tall = layout.boxes[other][1], sizes[other][1]
                if other != box and y < below + tall and below < y + height:
                    assert left >= other_right + GAP - 1e-6 or other_left >= right + GAP - 1e-6
        for source, target in edges:
            assert layout.boxes[source][1] + sizes[source][1] <= layout.boxes[target][1]
