"""A block that runs several times with one set of weights."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.graph.graph import Graph
from nas.network import compile, transfer_weights
from tests.space.documents import graph_of, space_of

BODY = "{residual: [{conv: {channels: 8, kernel: 3, bias: false}}, batch_norm, relu]}"


def document(repeat: str, before: str = "{conv: {channels: 8, kernel: 1}}") -> str:
    return f"{{input: [3, 6, 6], classes: 2, network: [{before}, {repeat}, global_avg_pool, {{linear: 2}}]}}"


def shared(turns: int = 3, body: str = BODY) -> str:
    return document(f"{{repeat: {turns}, shared: true, body: [{body}]}}")


STEM, HEAD, CONV, NORM = 3 * 8 + 8, 8 * 2 + 2, 8 * 8 * 9, 2 * 8


def test_weights_are_counted_once_and_mult_adds_as_often_as_it_runs() -> None:
    graph = graph_of(shared())
    assert graph.parameters == graph.prune().parameters == STEM + CONV + 3 * NORM + HEAD
    assert graph.mult_adds == 36 * 3 * 8 + 3 * 36 * 8 * 8 * 9 + 8 * 2
    apart = graph_of(document(f"{{repeat: 3, body: [{BODY}]}}"))
    assert apart.parameters == STEM + 3 * (CONV + NORM) + HEAD and apart.mult_adds == graph.mult_adds
    assert graph.depth == apart.depth == 5


def test_the_module_runs_each_turn() -> None:
    model = nas.build(space_of(shared(3, "{conv: {kernel: 3}}, tanh")))
    assert sum(weight.numel() for weight in model.parameters()) == model.graph.parameters
    convs = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert len(convs) == 2 and len(model.state_dict()) == 6
    x = torch.randn(2, 3, 6, 6)
    y = convs[0](x)
    for _ in range(3):
        y = convs[1](y).tanh()
    last = next(module for module in model.modules() if isinstance(module, nn.Linear))
    torch.testing.assert_close(model(x), last(y.mean((2, 3))))
    again = copy.deepcopy(model)
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again(x), model(x))
    again(x).sum().backward()
    assert again.get_submodule(model.names[2]).weight.grad is not None


def test_batch_norms_are_of_their_turns() -> None:
    model = nas.build(space_of(shared(3)))
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 3 and model.graph.parameters == sum(weight.numel() for weight in model.parameters())


def test_fingerprints_tell_shared_weights_from_others() -> None:
    documents = [shared(3), shared(2), document(f"{{repeat: 3, body: [{BODY}]}}")]
    inner = f"{{repeat: 2, shared: true, body: [{BODY}]}}, {BODY}"  # two of the three turns share
    outer = f"{BODY}, {{repeat: 2, shared: true, body: [{BODY}]}}"
    found = [graph_of(text).fingerprint() for text in (*documents, document(inner), document(outer))]
    assert len(set(found)) == 5
    assert graph_of(shared(1)).fingerprint() == graph_of(document(BODY)).fingerprint()
    nested = f"{{repeat: 2, shared: true, body: [{{repeat: 2, shared: true, body: [{BODY}]}}]}}"
    assert graph_of(document(nested)).fingerprint() == graph_of(shared(4)).fingerprint()


def test_a_block_in_its_body_is_shared_too_and_not_beyond_it() -> None:
    block = f"blocks: {{b: [{BODY}]}}"
    network = "[{conv: {channels: 8, kernel: 1}}, b, {repeat: 2, shared: true, body: [b]}, b]"
    graph = graph_of(f"{{input: [3, 6, 6], {block}, network: {network}}}")
    assert graph.parameters == STEM + 3 * CONV + 4 * NORM
    counts = [node.parameters for node in graph.nodes if node.operation == "conv"]
    assert counts == [STEM, 576, 576, 0, 576]


def siamese(share: str) -> Graph:
    paths = f"{{repeat: 2{share}, body: [{{split: {{parts: 2, part: =index}}}}, {{conv: {{channels: 4, kernel: 3}}}}]}}"
    return graph_of(f"{{input: [6, 6, 6], network: [{{branches: {paths}, merge: concat}}]}}")


def test_siamese_branches_share() -> None:
    graph = siamese(", shared: true")
    assert graph.parameters == 3 * 4 * 9 + 4 and graph.shape == (8, 6, 6)
    assert graph.fingerprint() != siamese("").fingerprint()
    model = compile(graph)
    x = torch.randn(2, 3, 6, 6)
    first, second = model(torch.cat([x, x], 1)).chunk(2, 1)
    torch.testing.assert_close(first, second)


def test_it_is_trained_saved_and_exported(tmp_path: Path) -> None:
    path = tmp_path / "recurrent.yaml"
    path.write_text(shared())
    model = nas.build(path).eval()
    nas.export(model, tmp_path / "out", ["safetensors", "torch"])
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(torch.export.load(tmp_path / "out" / "model.pt2").module()(x), model(x))
    with pytest.raises(UserError, match="layers that share their weights are not written as source code"):
        nas.export(model, tmp_path / "code", ["python"])


def test_weights_come_from_another_implementation_that_runs_a_layer_again() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.conv, self.head = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.stem(x)
            for _ in range(3):
                x = self.conv(x).tanh()
            return self.head(x.mean((2, 3)))

    model, reference = nas.build(space_of(shared(3, "{conv: {kernel: 3}}, tanh"))), Recurrent()
    transfer_weights(reference, model)
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(model(x), reference(x))


def test_mistakes() -> None:
    with pytest.raises(UserError, match=r"network.1.1.0: it is to share the weights of network.1.0.0, and differs"):
        graph_of(document("{repeat: 2, shared: true, body: [{conv: {channels: 5, kernel: 1}}]}"))
    with pytest.raises(UserError, match="cannot be chosen anew each turn"):
        space_of(shared(2, "{choice: [relu, tanh]}")).size()
    open_block = "blocks: {b: [{conv: {channels: 8, kernel: {choice: [1, 3]}}}]}"
    with pytest.raises(UserError, match="cannot be chosen anew each turn"):
        space_of(f"{{{open_block}, network: [{{repeat: 2, shared: true, body: [b]}}]}}").size()
    with pytest.raises(UserError, match="shared is true or false, not 'yes'"):
        graph_of(document(f"{{repeat: 2, shared: 'yes', body: [{BODY}]}}"))
    with pytest.raises(UserError, match="a supernet cannot hold a shared repeat"):
        nas.supernet(space_of(shared()))


def test_the_number_of_turns_and_a_parameter_are_searched() -> None:
    text = "{input: [8, 6, 6], classes: 2, parameters: {k: {choice: [1, 3]}}, network: [{repeat: {choice: [1, 2, 3]}, "
    space = space_of(text + "shared: true, body: [{conv: {channels: 8, kernel: =k}}]}, flatten, {linear: 2}]}")
    assert space.size() == 6
    graphs = [space.graph(genome) for genome in space.enumerate()]
    assert len({graph.fingerprint() for graph in graphs}) == 6
    assert len({graph.parameters for graph in graphs}) == 2
