"""Two processes train one supernet: they end alike, and their step is the mean of the steps of both parts."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, multiprocessing, nn

from nas.data import load as load_data
from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.method import Batch
from nas.oneshot.ranks import own_part
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from nas.training.ranks import averaged, check_alike

WORLD = 2
METHODS: list[tuple[str, dict[str, Any]]] = [
    ("drnas", {}),
    ("darts", {"order": 2}),
    ("darts", {"perturb": "adv", "derivation": "perturbation", "tune_epochs": 1}),
    ("proxyless", {"alpha_every": 1, "cost": "latency"}),
    ("gdas", {}),
    ("fairnas", {"candidates": 5}),
    ("ofa", {"candidates": 5}),
    ("enas", {"candidates": 5, "controller_steps": 1, "controller_batch": 2}),
]


def training(name: str, options: dict[str, Any]) -> Training:
    method, recipe = create_method(name, options), RECIPE.replace(epochs=1, batch_size=256)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1)


def work(rank: int, folder: Path) -> None:
    """Of one process: trains by each method, and leaves what it derived, and the weights of the first."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=WORLD)
    derived = []
    for name, options in METHODS:
        run = training(name, options)
        checkpoint = folder / f"{len(derived)}.safetensors"
        derived.append(dict(run.run(checkpoint=checkpoint).answers))
        check_alike(run._models().values(), run.device)
        distributed.barrier()
        again = training(name, options)
        again.load(checkpoint)  # that of the first process
        assert all(torch.equal(a, b) for a, b in zip(again.parameters, run.parameters, strict=True))
    (folder / f"{rank}.json").write_text(json.dumps(derived))
    step = training("darts", {"alpha_learning_rate": 0.01, "frozen_share": 0.0})
    step._step(torch.arange(255))
    torch.save([step.net.state_dict(), step.method.modules["alphas"].state_dict()], folder / f"{rank}.pt")
    other = nn.Linear(1, 1)
    nn.init.constant_(other.weight, float(rank))
    with pytest.raises(RuntimeError, match="different weights"):
        check_alike([other], torch.device("cpu"))
    distributed.barrier()  # gloo aborts where the other is gone
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.oneshot.test_ranks import work as by_its_name  # pytest has it by another, under which none finds it

    path = tmp_path_factory.mktemp("ranks")
    multiprocessing.spawn(by_its_name, (path,), WORLD)  # type: ignore[no-untyped-call]
    return path


def test_all_derive_the_same(folder: Path) -> None:
    """That their weights and alphas are the same at the end was asked in the processes."""
    first, second = (json.loads((folder / f"{rank}.json").read_text()) for rank in range(WORLD))
    assert first == second and len(first) == len(METHODS)


def test_a_step_is_along_the_mean_of_the_parts_gradients(folder: Path) -> None:
    """By hand, in one process; the image that is left over is left out."""
    run = training("darts", {"alpha_learning_rate": 0.01, "frozen_share": 0.0})
    draws, taken = [run.images.batch, run.method.step], list[tuple[Batch, Batch]]()
    run.method.step = lambda train, valid: taken.append((train, valid))  # type: ignore[method-assign]
    run._step(torch.arange(255))
    run.method.step = draws[1]  # type: ignore[method-assign, assignment]
    ((train, valid),) = taken
    assert len(train.images) == 255
    alphas = list(run.method.modules["alphas"].parameters())
    run.net.train()
    sums = [torch.zeros_like(alpha) for alpha in alphas]
    for part in range(2):
        half = slice(part * len(valid.images) // 2, (part + 1) * len(valid.images) // 2)
        loss = run.loss(Batch(valid.images[half], valid.labels[half]), run.method.weights())
        sums = [s + g / 2 for s, g in zip(sums, torch.autograd.grad(loss, alphas), strict=True)]
    for alpha, gradient in zip(alphas, sums, strict=True):
        alpha.grad = gradient
    run.method.optimizers["alphas_adam"].step()
    run.optimizer.zero_grad()
    for part in range(2):
        half = slice(part * 127, (part + 1) * 127)
        loss = run.loss(Batch(train.images[half], train.labels[half]), run.method.weights())
        (loss / 2).backward()
    nn.utils.clip_grad_norm_(run.parameters, run.recipe.gradient_clip)
    run.optimizer.step()
    for rank in range(WORLD):
        weights, own = torch.load(folder / f"{rank}.pt")
        for key, value in run.method.modules["alphas"].state_dict().items():
            torch.testing.assert_close(own[key], value, atol=1e-5, rtol=1e-4)
        for key, value in run.net.state_dict().items():
            torch.testing.assert_close(weights[key], value, atol=1e-5, rtol=1e-4)


def test_alone_nothing_is_done() -> None:
    batch = Batch(torch.zeros(3, 1, 2, 2), torch.zeros(3, dtype=torch.long))
    tensor = torch.ones(2)
    assert own_part(batch) is batch and averaged([tensor])[0] is tensor
    check_alike([nn.Linear(1, 1)], torch.device("cpu"))


def test_a_batch_without_an_image_for_each_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.oneshot.ranks.count", lambda: 4)
    with pytest.raises(UserError, match="3 images for 4 processes"):
        own_part(Batch(torch.zeros(3, 1, 2, 2), torch.zeros(3, dtype=torch.long)))
