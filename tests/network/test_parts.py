"""Parts of a network by name, and what leaves a place in it."""

import pytest
import torch

import nas
from nas.errors import UserError
from nas.network.parts import layers_in
from tests.space.documents import space_of

DOCUMENT = """
{input: [3, 8, 8], classes: 5, network: {
  stem: {conv_bn_relu: {channels: 4, kernel: 3}},
  stages: [
    {residual: [{conv_bn: {channels: 4, kernel: 3}}]},
    {branches: [[{conv: {channels: 2, kernel: 1}}], [{conv: {channels: 3, kernel: 3}}]], merge: concat}],
  head: [flatten, {linear: 7}, relu, {linear: =classes}]}}
"""


def layers(part: str, text: str = DOCUMENT) -> list[str]:
    return layers_in(nas.build(space_of(text)), part)


def test_a_place_has_the_layers_below_it_in_the_order_in_which_they_run() -> None:
    assert layers("stem") == ["stem.convolution", "stem.norm"]
    assert layers("network.stages.0") == layers("stages[0]")
    assert len(layers("stages")) == len(layers("stages.0")) + 2
    assert layers("head.3") == ["head.3"]


def test_the_head_is_what_gives_the_logits_and_the_backbone_all_else() -> None:
    assert layers("head") == ["head.3"]
    model = nas.build(space_of(DOCUMENT))
    every = [name for name, module in model.named_modules() if module.state_dict() and not list(module.children())]
    assert sorted([*layers("backbone"), "head.3"]) == sorted(every)


def test_heads_beside_the_way_count_too() -> None:
    model = nas.build("googlenet", input=[3, 224, 224])
    heads = layers_in(model, "head")
    assert len(heads) == 3
    assert all(model.get_submodule(name).out_features == 1000 for name in heads)


def test_norms_are_those_of_batches_and_up_to_a_place_is_all_that_it_depends_on() -> None:
    assert layers("norms") == ["stem.norm", *(name for name in layers("stages.0") if "norm" in name)]
    assert layers("upto:stages.0") == [*layers("stem"), *layers("stages.0")]
    first, second = layers("stages.1")
    assert layers(f"upto:{second}") == [*layers("upto:stages.0"), second]
    assert first not in layers(f"upto:{second}")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("stags.0", "did you mean 'stages.0'?"),
        ("upto:tail", "no place of this name"),
        ("backbon", "did you mean 'backbone'?"),
        ("head.2", "no weights there"),
        ("", "no place"),
    ],
)
def test_what_is_no_part_is_an_error(part: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        layers(part)
    assert said in str(error.value)


def test_features_are_what_the_network_computes_there() -> None:
    model = nas.build("resnet18", input=[3, 32, 32]).eval()
    images, seen = torch.randn(2, 3, 32, 32), list[torch.Tensor]()
    last = model.get_submodule(
        model.names[max(n for n, name in enumerate(model.names) if name.startswith("stages.1."))]
    )
    last.register_forward_hook(lambda module, given, out: seen.append(out.clone()))
    logits = model(images)
    features = model.features("stages.1")
    assert torch.equal(features(images), seen[0])
    assert features.shape == seen[0].shape[1:] == (128, 4, 4)
    assert torch.equal(model(images), logits)
    assert {id(p) for p in features.parameters()} == {id(p) for p in model.parameters()}


def test_features_of_branches_are_what_merges_them() -> None:
    features = nas.build(space_of(DOCUMENT)).features("stages.1")
    assert features(torch.zeros(1, 3, 8, 8)).shape == (1, 5, 8, 8)


def test_a_place_with_several_ways_out_names_them() -> None:
    model = nas.build("darts_v2", channels=4, layers=3)
    nodes = next(name for name in model.names if ".nodes." in name).partition(".nodes.")[0] + ".nodes"
    with pytest.raises(UserError, match=r"4 nodes of it are read elsewhere: .*; name one of them"):
        model.features(nodes)
    with pytest.raises(UserError, match="no place of this name"):
        model.features("tail")
