import pytest
import torch
from torch import nn

from nas.training.average import Average
from tests.training.small import small_network


def moved(model: nn.Module, by: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += by


def test_it_is_the_average_written_out() -> None:
    model = small_network()
    average, expected = Average(model, 0.5), model[0].weight.detach().clone()
    for step in range(1, 20):
        moved(model, 0.1 * step)
        average.update(model, step)
        keep = min(0.5, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * model[0].weight.detach()
    torch.testing.assert_close(average.module[0].weight, expected)
    assert (1 + 19) / (10 + 19) > 0.5  # both halves of the rule were in it


def test_a_short_training_forgets_its_start() -> None:
    model = small_network()
    average, start = Average(model, 0.9999), model[0].weight.detach().clone()
    moved(model, 1.0)
    for step in range(1, 31):
        average.update(model, step)
    assert float((average.module[0].weight - start).mean()) == pytest.approx(1, abs=1e-3)


def test_buffers_are_the_models_and_the_model_is_left_alone() -> None:
    model = small_network()
    average = Average(model, 0.9)
    weight = model[0].weight.detach().clone()
    model(torch.rand(8, 1, 6, 6))
    average.update(model, 1)
    assert torch.equal(average.module[1].running_mean, model[1].running_mean)
    assert int(average.module[1].num_batches_tracked) == 1
    assert torch.equal(model[0].weight, weight)
    assert model[0].weight.requires_grad


def test_the_memory_format_stays() -> None:
    model = nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last)
    average = Average(model, 0.9)
    average.update(model, 1)
    assert average.module.weight.stride() == model.weight.stride()
