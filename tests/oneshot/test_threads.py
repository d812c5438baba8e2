"""The step by which threads are measured: it can be repeated, and leaves nothing behind."""

import pytest
import torch

from nas.data import load as load_data
from nas.oneshot import METHODS, create_method
from nas.oneshot.threads import step_size, trial_step
from nas.oneshot.training import RECIPE, Training
from nas.space import load


@pytest.mark.parametrize("name", METHODS)
def test_it_runs_again_and_again_and_leaves_no_gradient(name: str) -> None:
    method = create_method(name)
    run = Training(load("nasbench_digits"), load_data("digits"), method, RECIPE.replace(batch_size=16), threads=1)
    before = [parameter.clone() for model in run._models().values() for parameter in model.parameters()]
    module, step = trial_step(run)
    assert module is run.net and step_size(run) > 0
    for _ in range(3):
        step()
    after = [parameter for model in run._models().values() for parameter in model.parameters()]
    assert all(torch.equal(one, other) and other.grad is None for one, other in zip(before, after, strict=True))


def test_a_training_whose_threads_are_measured_ends() -> None:
    run = Training(load("nasbench201", input=[1, 8, 8], cells=1), load_data("digits"), create_method("drnas"))
    run.steps = 4
    run.run()
