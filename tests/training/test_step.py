import pytest
import torch

from nas.tasks.criterion import Criterion
from nas.training import Recipe, fit
from nas.training.step import Supervised
from tests.training.small import FAST, WithHead, small_data, small_network


def test_it_sums_loss_and_hits_until_reset() -> None:
    model = WithHead()
    step = Supervised(model, Recipe(precision="fp32", learning_rate=0.0, auxiliary=0.5), torch.device("cpu"))
    images, labels = torch.randn(8, 1, 6, 6), torch.arange(8) % 2
    out, side = model.out(images.flatten(1)), model.side(images.flatten(1))
    entropy = torch.nn.functional.cross_entropy
    loss = entropy(out, labels) + 0.5 * entropy(side, labels)
    hits = int((out.argmax(1) == labels).sum())
    step(images, labels)
    step(images, labels)
    assert float(step.loss) == pytest.approx(2 * float(loss.detach()), rel=1e-5)
    assert int(step.correct) == 2 * hits
    step.reset()
    assert (float(step.loss), int(step.correct)) == (0, 0)


def test_the_classes_weigh_what_they_are_given_in_every_head() -> None:
    weights = torch.tensor([0.5, 3.0])
    model, theirs = WithHead(), WithHead()
    theirs.load_state_dict(model.state_dict())
    recipe = Recipe(precision="fp32", learning_rate=0.1, momentum=0.0, nesterov=False, weight_decay=0.0)
    recipe = recipe.replace(auxiliary=0.5, label_smoothing=0.1)
    images, labels = torch.randn(8, 1, 6, 6), torch.tensor([0, 0, 0, 0, 0, 1, 0, 1])
    step = Supervised(model, recipe, torch.device("cpu"), Criterion(weights=weights))
    step(images, labels)
    entropy = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=0.1)
    out, (side,) = theirs(images)
    loss = entropy(out, labels) + 0.5 * entropy(side, labels)
    loss.backward()
    torch.optim.SGD(theirs.parameters(), recipe.learning_rate).step()
    assert float(step.loss) == pytest.approx(float(loss.detach()), rel=1e-5)
    torch.testing.assert_close(model.out.weight, theirs.out.weight)
    torch.testing.assert_close(model.side.weight, theirs.side.weight)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
def test_a_graph_trains_as_the_eager_step_does(optimizer: str) -> None:
    recipe = FAST.replace(epochs=8, optimizer=optimizer, learning_rate=0.01, precision="fp32")
    eager, graphed = small_network(), small_network()
    expected = fit(eager, small_data(), recipe, 0)
    found = fit(graphed, small_data(), recipe.replace(cuda_graphs=True), 0)
    assert found["train_loss"] == pytest.approx(expected["train_loss"], rel=1e-2)
    torch.testing.assert_close(graphed[0].weight, eager[0].weight, rtol=1e-2, atol=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_recipe_may_still_ask_for_graphs() -> None:
    one, two = (
        fit(small_network(), small_data(), FAST.replace(cuda_graphs=graphs), 0)["train_loss"]
        for graphs in (True, False)
    )
    assert one == two
