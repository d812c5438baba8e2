"""Two processes train as one does: the same batches, the same gradients, batch norms over the whole batch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed, multiprocessing, nn

from nas.errors import UserError
from nas.training import fit, ranks
from tests.training.small import FAST, WithHead, small_data, small_network, timeless, weights

WORLD = 2
CLIPPED = FAST.replace(gradient_clip=0.1, batch_size=15, precision="fp32", crop=1, cutout=2)  # 7 images and 8
RECIPES = {
    "norm": CLIPPED,
    "ema": CLIPPED.replace(ema=0.9),
    "mixed": CLIPPED.replace(mixup=0.4, label_smoothing=0.1),
    "weighted": CLIPPED.replace(class_weights="balanced", label_smoothing=0.1),
    "plateau": CLIPPED.replace(schedule="plateau", patience=1),
}


def with_head() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return WithHead()


def plain() -> nn.Module:
    """Without a batch norm."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 36, 2))


class Doubled(nn.Module):
    """Computes in float64."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner.double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(x.double())
        return out


def trained(name: str, checkpoint: Path | None = None, **options: Any) -> tuple[dict[str, float], dict[str, Any]]:
    models = {"plain": lambda: Doubled(plain()), "double": lambda: Doubled(small_network()), "side": with_head}
    model = models.get(name, small_network)()
    data = small_data(train=61)
    metrics = fit(model, data, RECIPES.get(name, CLIPPED), 3, threads=1, checkpoint=checkpoint, **options)
    return timeless(metrics), weights(model)


NAMES = ("plain", "double", "side", *RECIPES)


def work(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=WORLD)
    torch.save({name: trained(name) for name in NAMES}, folder / f"{rank}.pt")
    trained("norm", folder / "paused", pause_after=1)
    distributed.barrier()
    alone = folder / f"alone{rank}"
    if rank == 0:
        alone.write_bytes((folder / "paused").read_bytes())
    with pytest.raises(UserError, match="not all processes see it"):
        trained("norm", alone)
    assert not ranks.agreed(rank, torch.device("cpu")) and ranks.agreed(7, torch.device("cpu"))
    assert ranks.said_by_first(f"runs/é-{rank}", torch.device("cpu")) == "runs/é-0"
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.training.test_parallel import work as by_its_name

    path = tmp_path_factory.mktemp("parallel")
    multiprocessing.spawn(by_its_name, (path,), WORLD)  # type: ignore[no-untyped-call]
    return path


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_train_what_one_trains(name: str, folder: Path) -> None:
    close: dict[str, float] = (
        {"atol": 1e-6, "rtol": 1e-5} if name in ("plain", "double") else {"atol": 1e-5, "rtol": 1e-4}
    )
    metrics, expected = trained(name)
    for rank in range(WORLD):
        reached, own = torch.load(folder / f"{rank}.pt")[name]
        assert reached == pytest.approx(metrics, rel=1e-4), rank
        for key, value in expected.items():
            torch.testing.assert_close(own[key], value, **close)


def test_one_process_goes_on_with_what_two_began(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "paused").write_bytes((folder / "paused").read_bytes())
    metrics, reached = trained("norm", tmp_path / "paused")
    whole, expected = trained("norm")
    assert metrics == pytest.approx(whole, rel=1e-4)
    for key, value in expected.items():
        torch.testing.assert_close(reached[key], value, atol=1e-5, rtol=1e-4)


def test_parts_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "count", lambda: 4)
    parts = []
    for rank in range(4):
        monkeypatch.setattr(ranks, "rank", lambda rank=rank: rank)
        parts += range(10)[ranks.own_slice(10)]
    assert parts == list(range(10))
    with pytest.raises(UserError, match="a batch has 3 images for 4 processes"):
        ranks.own_slice(3)


def test_alone_nothing_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert ranks.join() is None and ranks.agreed(1, torch.device("cpu"))
