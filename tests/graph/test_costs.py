from nas.graph.costs import COSTS, by_module
from tests.graph.building import Builder, nasbench201
from tests.space.documents import graph_of


def test_depth_counts_convolutions_and_linear_layers_on_the_longest_path_to_the_output():
    b = Builder()
    x = b("relu", b("conv", 0, channels=3, kernel=3))
    y = b("conv", b("conv", x, channels=3, kernel=3), channels=3, kernel=3)
    head = b("linear", b("linear", b("flatten", y), features=4), features=4)
    b("add", x, b("batch_norm", y))
    graph = b.graph(auxiliary=[head])
    assert graph.depth == 3
    assert b.graph(output=head).depth == 5


def test_depth_of_nasbench201():
    assert nasbench201([3] * 6).depth == 1 + 15 * 3 + 2 * 2 + 1
    assert nasbench201([0] * 6).prune().depth == 1


def test_activation_memory_is_four_bytes_a_number_and_views_are_free():
    b = Builder((3, 8, 8))
    x = b("conv", 0, channels=5, kernel=3, stride=2)  # 5 x 4 x 4
    x = b("identity", b("relu", x))
    b("linear", b("flatten", b("slice", x, stop=2)), features=7)
    assert b.graph().activation_memory == 4 * (80 + 80 + 7)


def test_receptive_field_of_a_chain():
    b = Builder((3, 64, 48))
    x = b("conv", 0, channels=8, kernel=7, stride=2)  # sees 7, step 2
    x = b("max_pool", x, kernel=3, stride=2, padding=1)  # 7 + 2 * 2 = 11, step 4
    x = b("conv", x, channels=8, kernel=3, dilation=2)  # 11 + 4 * 4 = 27
    assert b.graph().receptive_field == (27, 27)
    b("linear", b("global_avg_pool", x), features=2)
    assert b.graph().receptive_field == (27, 27)


def test_receptive_field_takes_the_widest_path_and_ends_at_the_image():
    b = Builder((3, 16, 64))
    wide = b("conv", 0, channels=3, kernel=[1, 9])
    b("add", 0, b("conv", wide, channels=3, kernel=[31, 3]))
    assert b.graph().receptive_field == (16, 11)


def test_a_gate_over_the_whole_image_does_not_widen_it():
    b = Builder()
    x = b("conv", 0, channels=3, kernel=3)
    b("multiply", x, b("sigmoid", b("adaptive_avg_pool", x, size=1)))
    assert b.graph().receptive_field == (3, 3)


MODULES = """
input: [3, 8, 8]
network:
  stem: {conv: {channels: 4, kernel: 3, stride: 2}}
  stages:
    repeat: 2
    body: [{conv: {channels: 4, kernel: 1}}, relu, auxiliary: [global_avg_pool, {linear: 5}]]
  head: [global_avg_pool, {linear: 10}]
"""


def test_costs_by_module_are_in_order_and_keep_auxiliary_heads_apart():
    graph = graph_of(MODULES)
    assert by_module(graph) == {
        "stem": (3 * 9 * 4 + 4, 3 * 9 * 4 * 16, (4, 4, 4)),
        "stages": (2 * 20, 2 * 16 * 16, (4, 4, 4)),
        "stages.0.2.auxiliary": (25, 20, (5,)),
        "stages.1.2.auxiliary": (25, 20, (5,)),
        "head": (50, 40, (10,)),
    }
    deeper = by_module(graph, depth=2)
    assert list(deeper) == [
        *("stem", "stages.0", "stages.0.2.auxiliary", "stages.1", "stages.1.2.auxiliary", "head.0", "head.1")
    ]
    assert deeper["stages.1"] == (20, 16 * 16, (4, 4, 4))
    assert sum(cost.parameters for cost in deeper.values()) == graph.parameters + graph.auxiliary_parameters


def test_costs_are_attributes_too():
    graph = graph_of(MODULES)
    assert graph.costs == {name: getattr(graph, name) for name in COSTS}
    assert (graph.costs["parameters"], graph.costs["auxiliary_parameters"]) == (112 + 40 + 50, 50)
    assert graph.costs["mult_adds"] == 1728 + 512 + 40
