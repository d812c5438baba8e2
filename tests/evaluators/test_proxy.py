import math
import pickle
import random
from pathlib import Path

import pytest
import torch

import nas
from nas.errors import UserError
from nas.evaluators import Proxy, Train
from nas.evaluators.proxies import PROXIES, score
from nas.network import compile
from nas.space import Genome, Space
from nas.training import Recipe
from nas.types import Trial
from tests.space.documents import space_of

SPACE = """
name: tiny
input: [1, 8, 8]
classes: 10
network:
  - {choice: [{conv_bn_relu: {channels: 4, kernel: 3}}, {conv_bn_relu: {channels: 4, kernel: 1}}]}
  - flatten
  - {linear: =classes}
"""


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


def trial(space: Space, seed: int = 3) -> Trial:
    return Trial(0, space.sample(random.Random(0)), seed)


def go_on(epoch: int, metrics: dict[str, float]) -> bool:
    return True


def test_all_of_them_on_training_images_that_are_normalised() -> None:
    space = space_of(SPACE)
    found = Proxy(PROXIES, images=16)(trial(space), go_on)
    assert tuple(found) == PROXIES
    assert all(map(math.isfinite, found.values()))
    data = nas.data.load("digits").with_train_images(16)
    images = (data.images["train"].float() - data.mean[0]) / data.std[0]
    model = compile(space.graph(trial(space).genome), 3)
    for name in PROXIES:
        expected = score(name, model, images, data.labels["train"], torch.Generator().manual_seed(3))
        assert found[name] == pytest.approx(expected, rel=1e-4)


def test_the_seed_decides() -> None:
    one, same, other = (Proxy(("snip", "zen"))(trial(space_of(SPACE), seed), go_on) for seed in (1, 1, 2))
    assert one == same
    assert all(one[name] != other[name] for name in one)


def test_ranks_among_the_networks_of_the_space() -> None:
    """The space has two: each proxy ranks one above the other."""
    space = space_of(SPACE)
    evaluator = Proxy(("parameters", "parameters+mult_adds+naswot"), images=16)
    small, large = sorted(space.enumerate(), key=lambda genome: space.graph(genome).parameters)
    found = [evaluator(Trial(0, genome, 3), go_on) for genome in (small, large)]
    assert found[0]["parameters"] < found[1]["parameters"]
    ranks = [metrics["parameters+mult_adds+naswot"] for metrics in found]
    naswot = [evaluator.score(genome, 3)[0]["naswot"] for genome in (small, large)]
    among = [evaluator.score(genome, seed)[0]["naswot"] for genome, seed in reference_of(space)]
    shares = [sum((other < value) + (other == value) / 2 for other in among) / 2 for value in naswot]
    assert ranks == pytest.approx([(0.25 + 0.25 + shares[0]) / 3, (0.75 + 0.75 + shares[1]) / 3])


def reference_of(space: Space) -> list[tuple[Genome, int]]:
    """The two networks, and the seeds with which they are drawn first."""
    seen: dict[Genome, int] = {}
    for number in range(100):
        seen.setdefault(space.sample(random.Random(f"reference/{number}")), number)
    return list(seen.items())


def test_a_search_by_ranks(tmp_path: Path) -> None:
    run = nas.search(
        space_of(SPACE), evaluator="proxy", proxies=["synflow+naswot"], trials=2, runs=tmp_path, final_epochs=0
    )
    assert all(0 <= row["metrics"]["synflow+naswot"] <= 1 for row in run.results())
    assert run.best is not None
    assert run.best.score == max(row["metrics"]["synflow+naswot"] for row in run.results())


def test_it_is_picklable() -> None:
    evaluator = Proxy(("synflow", "jacov"), Train("digits"))
    assert pickle.loads(pickle.dumps(evaluator)) == evaluator


def test_mistakes() -> None:
    for wrong, message in (
        ({"names": ()}, "none is named"),
        ({"names": ("synflow", "zen", "synflow")}, "'synflow' is given twice"),
        ({"names": ("gradnorm",)}, "did you mean 'grad_norm'"),
        ({"names": ("synflow+gradnorm",)}, "did you mean 'grad_norm'"),
        ({"names": ("synflow+zen+synflow",)}, "'synflow' is given twice"),
        ({"images": 1}, "at least 2"),
    ):
        with pytest.raises(UserError, match=message):
            Proxy(**wrong)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"set input=\[1, 8, 8\] and classes=10"):
        Proxy().check(space_of(SPACE).with_parameters(classes=3))


def test_the_winner_is_trained_in_the_end(tmp_path: Path) -> None:
    evaluator = Proxy(train=Train(recipe=Recipe(learning_rate=0.05, batch_size=64)))
    metrics = evaluator.final(trial(space_of(SPACE)).genome, 1, 1, {}, tmp_path, go_on)
    assert "test_accuracy" in metrics
    assert (tmp_path / "weights.safetensors").exists()


def test_a_limit_on_latency_is_kept_too() -> None:
    found = Proxy(("parameters",), Train(latency_batch=1))(trial(space_of(SPACE)), go_on)
    assert found["latency_ms"] > 0
    with pytest.raises(RuntimeError, match=r"latency_ms is .*, over the limit of 1e-06"):
        Proxy(("parameters",), Train(latency_limit=1e-6))(trial(space_of(SPACE)), go_on)
