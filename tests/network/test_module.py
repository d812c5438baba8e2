import copy
import gc
import pickle
import weakref

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from nas.graph.graph import Graph
from nas.network import compile, set_drop_path
from tests.graph.building import Builder, nasbench201
from tests.graph.random_graphs import graphs


def small():
    return nasbench201([3, 1, 2, 4, 0, 3], channels=4, cells=1)


def with_head():
    b = Builder()
    x = b("relu", b("batch_norm", b("conv", 0, channels=4, kernel=3, path="network.stem.conv")))
    head = b("linear", b("global_avg_pool", x), features=5, path="network.side.linear")
    b("linear", b("global_avg_pool", b("tanh", x)), features=5, path="network.head.linear")
    return b.graph(auxiliary=[head])


def test_modules_are_named_by_paths():
    b = Builder()
    x = b("conv", 0, channels=4, kernel=3, bias=False, path="network.stages.0.1.residual.0.convolution")
    x = b("batch_norm", x, path="stem.train.0")
    b("relu", x, path="network.graph")
    model = compile(b.graph())
    assert list(model.state_dict()) == [
        "stages.0.1.residual.0.convolution.weight",
        *(f"stem.train_.0.{key}" for key in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
    ]
    assert isinstance(model.get_submodule("graph_"), nn.ReLU)
    assert isinstance(model.graph, Graph)


def test_a_name_that_python_has_gets_an_underscore():
    """Programs that torch.export writes could not say it."""
    b = Builder()
    b("conv", 0, channels=3, kernel=1, path="network.block.else.0")
    assert list(compile(b.graph()).state_dict()) == ["block.else_.0.weight", "block.else_.0.bias"]


def test_a_path_that_begins_another_takes_the_name_of_its_operation():
    b = Builder()
    x = b("conv", 0, channels=3, kernel=1, path="network.block")
    y = b("conv", x, channels=3, kernel=1, path="network.block.conv")
    z = b("conv", y, channels=3, kernel=1, path="network.block.conv.0")
    b("add", x, z, path="network.block.body")
    model = compile(b.graph())
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    assert names == ["block.conv_", "block.conv.conv", "block.conv.0"]
    assert len(list(model.parameters())) == 6


@settings(max_examples=100, deadline=None)
@given(graphs(12))
def test_computes_what_the_graph_says(graph):
    graph = Graph(graph.nodes, graph.output)
    model = compile(graph).eval()
    pruned, x = graph.prune(), torch.randn(3, *graph.input, requires_grad=True)
    values = [x]
    for node in pruned.nodes[1:]:
        module = copy.deepcopy(model.get_submodule(node.path.removeprefix("network.")))
        values.append(module(*[values[i].clone() for i in node.inputs]))
    expected = values[pruned.output]
    assert expected.shape[1:] == graph.shape
    found = model(x)
    torch.testing.assert_close(found, expected)
    if expected.requires_grad:
        weights = torch.randn_like(expected)
        wanted = torch.autograd.grad((expected * weights).sum(), x, allow_unused=True, materialize_grads=True)
        got = torch.autograd.grad((found * weights).sum(), x, allow_unused=True, materialize_grads=True)
        torch.testing.assert_close(got, wanted)


def test_values_are_freed_after_their_last_reader():
    b = Builder()
    first = x = b("tanh", 0)
    for _ in range(20):
        x = b("tanh", x)
    b("add", x, first)
    model, alive, most = compile(b.graph()).eval(), [], 0

    def watch(module, inputs, output):
        nonlocal most
        alive.append(weakref.ref(output))
        most = max(most, sum(ref() is not None for ref in alive))

    for module in model.children():
        module.register_forward_hook(watch)
    gc.disable()
    with torch.no_grad():
        model(torch.randn(1, 3, 8, 8))
    gc.enable()
    assert most <= 3  # the first, the one read and the one written


def test_heads_run_in_training_only():
    model, x = compile(with_head()), torch.randn(2, 3, 8, 8)
    assert "side.linear.weight" in model.state_dict()
    ran = []
    model.side.linear.register_forward_hook(lambda *_: ran.append(1))
    output, heads = model.train()(x)
    assert output.shape == (2, 5)
    assert [head.shape for head in heads] == [(2, 5)]
    assert len(ran) == 1
    assert model.eval()(x).shape == (2, 5)
    assert len(ran) == 1


def test_dead_nodes_have_no_modules():
    b = Builder()
    b("conv", 0, channels=100, kernel=3)
    b("identity", b("relu", 0))
    model = compile(b.graph())
    assert [type(module).__name__ for module in model.children()] == ["ReLU"]


def test_copies_and_pickles_are_separate_networks():
    model, x = compile(small()).eval(), torch.randn(2, 3, 32, 32)
    expected = model(x)
    state = pickle.loads(pickle.dumps(model.state_dict()))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(twin(x), expected)
        assert twin.graph == model.graph
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.zero_()
        assert not torch.equal(twin(x), expected)
        assert torch.equal(model(x), expected)
        twin.load_state_dict(state)
        assert torch.equal(twin(x), expected)


def test_a_replaced_submodule_is_used():
    model = compile(with_head()).eval()
    model.head.linear = nn.Linear(4, 9)
    assert model(torch.randn(1, 3, 8, 8)).shape == (1, 9)
    assert any(isinstance(m, nn.SyncBatchNorm) for m in nn.SyncBatchNorm.convert_sync_batchnorm(model).modules())


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
def test_torch_compile_in_one_graph(backend):
    model, x = compile(with_head()).eval(), torch.randn(2, 3, 8, 8)
    compiled = torch.compile(model, fullgraph=True, backend=backend)
    torch.testing.assert_close(compiled(x), model(x), atol=1e-5, rtol=1e-5)
    compiled.train()
    output, heads = compiled(x)
    (output.sum() + heads[0].sum()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("strict", [False, True])
def test_export_with_any_batch(strict):
    model, x = compile(small()).eval(), torch.randn(4, 3, 32, 32)
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(model, (x,), dynamic_shapes=({0: batch},), strict=strict)
    assert set(program.state_dict) == set(model.state_dict())
    torch.testing.assert_close(program.module()(x[:3]), model(x[:3]))


def test_channels_last_and_bf16():
    model = compile(small()).to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 32, 32).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(x)
    assert output.dtype == torch.bfloat16
    output.float().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_distributed_data_parallel(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        for graph in (small(), nasbench201([0] * 6, channels=4, cells=1)):
            model = nn.parallel.DistributedDataParallel(compile(graph))
            for _ in range(2):  # the second step fails if a weight got no gradient in the first
                model(torch.randn(2, 3, 32, 32)).sum().backward()
    finally:
        torch.distributed.destroy_process_group()


def test_set_drop_path_leaves_rates_of_the_document():
    b = Builder()
    b("drop_path", b("drop_path", 0, path="network.free"), rate=0.5, path="network.fixed")
    model = compile(b.graph())
    set_drop_path(model, 0.2)
    assert (model.free.p, model.fixed.p) == (0.2, 0.5)


def test_the_package_does_not_import_torch():
    import subprocess
    import sys

    code = "import sys, nas.network, nas.graph.graph; sys.exit('torch' in sys.modules or 'networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_with_dots_are_modules_too():
    b = Builder()
    b("relu", b("conv", 0, channels=4, kernel=1, path="network.../x.0"), path="network...1")
    model = compile(b.graph())
    assert model(torch.zeros(2, *model.graph.input)).shape[:2] == (2, 4)
