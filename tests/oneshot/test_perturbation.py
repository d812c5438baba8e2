"""DARTS-PT on supernets whose accuracy is known by hand, and on one that was trained."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.derive import strongest
from nas.oneshot.perturbation import LEFT_OUT, removed
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from nas.space.supernet import every, walk


def training(epochs: int = 1, **options: object) -> tuple[Training, Darts]:
    method = create_method("darts", {"derivation": "perturbation", "tune_epochs": 1, **options})
    assert isinstance(method, Darts)
    recipe = RECIPE.replace(epochs=epochs, batch_size=256)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1, device="cpu"), method


def test_the_answers_are_taken_whose_removal_hurts_most() -> None:
    """Accuracy is by hand the sum of weights times values: what is lost is share times value, not renormalised."""
    run, method = training()
    values, seen = torch.tensor([0.01, 0.12, 0.06]), list[dict[str, Tensor]]()

    def accuracy(weights: Mapping[str, Tensor]) -> float:
        seen.append({path: weight.clone() for path, weight in weights.items()})
        return float(sum(weight @ values for weight in weights.values()))

    run.accuracy = accuracy  # type: ignore[method-assign, assignment]
    shares = {path: torch.tensor([0.5, 0.2, 0.3]) for path in method.alphas.paths}  # times values: .005, .024, .018
    strengths = removed(run, shares, 0)
    genome = strongest(run.space, run.net.choices, {path: s.tolist() for path, s in strengths.items()})
    assert set(genome.answers.values()) == {"skip_connect"}
    assert len(seen) == 18
    first = next(path for path in shares if not torch.equal(seen[0][path], shares[path]))
    removals = torch.tensor([[0.0, 0.2, 0.3], [0.5, 0.0, 0.3], [0.5, 0.2, 0.0]])
    assert torch.equal(torch.stack([weights[first] for weights in seen[:3]]), removals)
    assert all(torch.equal(weights[first], torch.tensor([0.0, 1.0, 0.0])) for weights in seen[3:])


def test_the_edges_are_kept_whose_removal_hurts_most() -> None:
    """DARTS' space: an edge is worth its source's number more one; `none` is no candidate."""
    space = load("darts")
    choices = walk(space.document, every, relaxed=True).choices
    shares = {path: torch.full((8,), 1 / 8) for path, choice in choices.items() if choice.is_open and not choice.sets}

    def accuracy(weights: Mapping[str, Tensor]) -> float:
        edges = sum(float(w @ torch.arange(1.0, len(w) + 1)) for path, w in weights.items() if choices[path].sets)
        operations = sum(float(w[3] + 9 * w[7]) for path, w in weights.items() if not choices[path].sets)
        return 0.001 * (edges + operations)

    net = torch.nn.Linear(1, 1)
    net.choices = choices  # type: ignore[assignment]
    run = SimpleNamespace(seed=0, net=net, accuracy=accuracy, parameters=[*net.parameters()], recipe=RECIPE)
    run.device, run.optimizer = torch.device("cpu"), None
    strengths = removed(run, shares, 0)  # type: ignore[arg-type]
    assert strengths["cells.normal.nodes.2.inputs"].tolist() == pytest.approx([LEFT_OUT, LEFT_OUT, 1.0, 1.0])
    answers = strongest(space, choices, {path: s.tolist() for path, s in strengths.items()}).answers
    for cell in ("normal", "reduction"):
        for node in range(4):
            assert answers[f"cells.{cell}.nodes.{node}.inputs"] == (node, node + 1)
            assert (
                answers[f"cells.{cell}.nodes.{node}.{node}.operation"]
                == choices[f"cells.{cell}.nodes.{node}.{node}.operation"].answers[3]
            )


def test_it_is_made_at_the_end_and_leaves_the_weights_as_they_were(tmp_path: Path) -> None:
    """Another process that goes on from the last checkpoint finds the same."""
    (run, _), (again, _) = training(), training()
    before, optimizer = dict[str, Tensor](), run.optimizer

    def told(_: object) -> bool:
        before.update({name: tensor.clone() for name, tensor in run.net.state_dict().items()})
        return not run.ended

    genome = run.run(told, tmp_path / "state")
    assert run.ended and run.optimizer is optimizer and before
    assert all(torch.equal(tensor, before[name]) for name, tensor in run.net.state_dict().items())
    assert again.run(checkpoint=tmp_path / "state") == genome


def test_the_weights_go_on_at_a_tenth_of_the_rate_between_decisions() -> None:
    run, method = training()
    rates, start = list[float](), run.parameters[0].detach().clone()
    descend = run.descend

    def watched(*losses: Tensor) -> None:
        rates.append(run.optimizer.param_groups[0]["lr"])
        descend(*losses)
        assert not torch.equal(run.parameters[0], start)

    run.descend = watched  # type: ignore[method-assign]
    removed(run, method.shares(), 2)
    assert rates == pytest.approx([RECIPE.learning_rate / 10] * (5 * 2 * run.plan.per_epoch))
