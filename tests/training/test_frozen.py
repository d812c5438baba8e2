"""Parts that stay as they are, and parts that learn at rates of their own."""

import copy
import dataclasses

import pytest
import torch

import nas
from nas.errors import UserError
from nas.network import Network
from nas.training import Recipe, fit
from nas.training.frozen import scales
from nas.training.optimizer import make_optimizer, set_learning_rate
from tests.space.documents import space_of
from tests.training.small import FAST, small_data, small_network

DOCUMENT = """
{input: [1, 6, 6], classes: 2, network: {
  stem: {conv_bn_relu: {channels: 4, kernel: 3}}, trunk: {conv_bn_relu: {channels: 4, kernel: 3}},
  head: [{dropout: 0.5}, flatten, {linear: =classes}]}}
"""


def network() -> Network:
    return nas.build(space_of(DOCUMENT))


def moved(recipe: Recipe, model: Network) -> set[str]:
    """The parts of which anything, statistics included, is no longer what it was."""
    before = copy.deepcopy(model.state_dict())
    fit(model, small_data(), recipe, 0, threads=1)
    after = model.state_dict()
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_what_is_frozen_stays_bit_by_bit_with_its_statistics(ema: float) -> None:
    assert moved(FAST.replace(freeze="backbone", ema=ema), network()) == {"head.2.weight", "head.2.bias"}
    assert all(name.startswith(("trunk", "head")) for name in moved(FAST.replace(freeze="upto:stem"), network()))


def test_norms_alone_can_be_frozen_and_parts_add_up() -> None:
    weights = {"stem.convolution.weight", "trunk.convolution.weight", "head.2.weight", "head.2.bias"}
    assert moved(FAST.replace(freeze="norms"), network()) == weights
    assert moved(FAST.replace(freeze="norms, stem"), network()) == weights - {"stem.convolution.weight"}


def test_a_frozen_backbone_is_a_linear_model_of_its_features() -> None:
    """As training a linear layer by itself on what the trained network computes before it."""
    data, recipe = small_data(), FAST.replace(freeze="backbone", precision="fp32")
    model = nas.build(space_of(DOCUMENT.replace("{dropout: 0.5}", "relu")))
    alone = nas.build(space_of("{input: [4, 6, 6], classes: 2, network: {head: [relu, flatten, {linear: =classes}]}}"))
    alone.load_state_dict({name: t for name, t in model.state_dict().items() if name.startswith("head")})
    fit(model, data, recipe, 0, threads=1)
    model.eval()
    with torch.no_grad():
        images = {split: model.features("trunk")((x.float() - 100) / 60) for split, x in data.images.items()}
    plain = dataclasses.replace(data, images=images, mean=(0.0,) * 4, std=(1.0,) * 4)
    fit(alone, plain, recipe.replace(freeze="none"), 0, threads=1)
    torch.testing.assert_close(model.state_dict()["head.2.weight"], alone.state_dict()["head.2.weight"])


def test_a_network_is_as_it_was_after_its_training() -> None:
    model = network()
    fit(model, small_data(), FAST.replace(freeze="backbone"), 0, threads=1)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_rates_of_parts_follow_the_schedule() -> None:
    model, recipe = network(), FAST.replace(learning_rate=0.1, part_rates={"backbone": 0.01, "stem": 0.0, "head": 0.2})
    optimizer = make_optimizer(model.parameters(), recipe, torch.device("cpu"), scales(model, recipe))
    set_learning_rate(optimizer, 0.05)  # half way down
    rates = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    of = {name: rates[id(parameter)] for name, parameter in model.named_parameters()}
    assert of["stem.convolution.weight"] == 0
    assert of["trunk.norm.bias"] == pytest.approx(0.005)
    assert of["head.2.weight"] == pytest.approx(0.1)


def test_one_step_of_sgd_is_as_long_as_each_parts_rate_says() -> None:
    recipe = FAST.replace(steps=1, warmup_epochs=0, momentum=0, nesterov=False, weight_decay=0, schedule="constant")
    recipe = recipe.replace(precision="fp32", learning_rate=0.1)
    start = {name: t.clone() for name, t in network().state_dict().items()}
    steps = []
    for each in (recipe, recipe.replace(part_rates={"trunk": 0.01})):
        model = network()
        fit(model, small_data(), each, 0, threads=1)
        steps.append({name: model.state_dict()[name] - start[name] for name in start})
    torch.testing.assert_close(
        steps[1]["trunk.convolution.weight"], 0.1 * steps[0]["trunk.convolution.weight"], rtol=1e-3, atol=1e-7
    )
    torch.testing.assert_close(steps[1]["head.2.weight"], steps[0]["head.2.weight"])


def test_a_training_that_goes_on_ends_as_one_that_was_not_stopped(tmp_path) -> None:
    recipe = FAST.replace(freeze="upto:stem", part_rates={"head": 0.2})
    whole, cut = network(), network()
    fit(whole, small_data(), recipe, 0, threads=1)
    fit(cut, small_data(), recipe, 0, threads=1, checkpoint=tmp_path / "c", report=lambda epoch, _: epoch < 2)
    again = network()
    fit(again, small_data(), recipe, 0, threads=1, checkpoint=tmp_path / "c")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"freeze": "backbone,head"}, "leaves nothing to train"),
        ({"freeze": "stam"}, "did you mean 'stem'?"),
        ({"part_rates": {"tail": 0.1}}, "no place of this name"),
        ({"part_rates": {"head": -1}}, "recipe.part_rates.head: is -1"),
        ({"part_rates": {"head": "fast"}}, "recipe.part_rates.head: is 'fast'"),
        ({"part_rates": 3}, "give a mapping of numbers"),
    ],
)
def test_mistakes_are_told(settings: dict, said: str) -> None:
    with pytest.raises(UserError) as error:
        fit(network(), small_data(), FAST.replace(**settings), 0, threads=1)
    assert said in str(error.value)


def test_modules_of_ones_own_have_no_parts() -> None:
    with pytest.raises(UserError, match="parts of a Sequential have no names"):
        fit(small_network(), small_data(), FAST.replace(freeze="0"), 0, threads=1)
