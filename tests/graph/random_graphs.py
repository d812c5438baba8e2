"""Random small graphs, rich in twins, zeros, identities and nodes read twice; and the judge of their equality."""

import networkx
from hypothesis import strategies as st

from nas.graph.graph import Graph
from tests.graph.building import Builder

PLAIN = ("relu", "relu", "relu", "tanh", "identity", "none", "conv", "dropout", "adaptive_avg_pool")
MERGES = ("add", "add", "multiply", "concat")


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> Graph:
    b = Builder((2, 4, 4))
    for _ in range(draw(st.integers(1, most))):
        position = st.integers(0, len(b.nodes) - 1)
        if draw(st.booleans()):
            name, inputs = draw(st.sampled_from(PLAIN)), [draw(position)]
        else:
            name, inputs = draw(st.sampled_from(MERGES)), draw(st.lists(position, min_size=1, max_size=3))
        spatial = {b.nodes[i].shape[1:] for i in inputs}
        channels = {b.nodes[i].shape[0] for i in inputs}
        if name == "concat" and (len(spatial) > 1 or sum(b.nodes[i].shape[0] for i in inputs) > 8):
            continue
        if name in ("add", "multiply") and len(channels) > 1:
            continue
        arguments = {
            "conv": {"channels": 2, "kernel": 1},
            "dropout": {"rate": draw(st.sampled_from((0.25, 0.25, 0.5)))},
            "adaptive_avg_pool": {"size": 1},
        }.get(name, {})
        b(name, *inputs, **arguments)
    end = st.integers(0, len(b.nodes) - 1)
    return b.graph(draw(end), draw(st.lists(end, max_size=1)))


def isomorphic(one: Graph, two: Graph) -> bool:
    """networkx's answer: nodes match by operation, arguments, shape and mark; edges by positions, or by how many.

    Of training: arguments that matter to it alone are among these.
    """

    def view(graph: Graph) -> networkx.DiGraph:
        result = networkx.DiGraph()
        for here, node in enumerate(graph.nodes):
            shapes = [graph.nodes[i].shape for i in node.inputs]
            label = node.op.canonical(*shapes).arguments
            marks = (here == graph.output, graph.auxiliary.count(here))
            result.add_node(here, label=(node.operation, label, node.shape, marks))
            for source in set(node.inputs):
                positions = [i for i, read in enumerate(node.inputs) if read == source]
                result.add_edge(source, here, join=len(positions) if node.op.commutative else positions)
        return result

    return networkx.is_isomorphic(
        view(one), view(two), lambda a, b: a["label"] == b["label"], lambda a, b: a["join"] == b["join"]
    )
