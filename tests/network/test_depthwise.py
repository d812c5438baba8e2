import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nas.network import depthwise
from nas.network.depthwise import Depthwise, DepthwiseConv2d, FastBackward
from nas.training import fit, pace
from nas.training.step import Supervised
from tests.training.small import FAST, small_data, weights

KNOWN = depthwise.CPU in ("AVX2", "AVX512") and torch.backends.mkldnn.is_available()
here = pytest.mark.skipif(not KNOWN, reason="for CPUs with AVX2 alone")
# kernel, dilation, stride, padding
SETTINGS = [(k, 1, s, p) for k in (3, 5, 7) for s in (1, 2) for p in (0, k // 2)]
SETTINGS += [(k, 2, s, p) for k in (3, 5) for s in (1, 2) for p in (0, 2, k - 1, 2 * (k - 1))]
SIZES = [(8, 8), (9, 10), (12, 9), (2, 2), (1, 3)]
LAST = torch.channels_last


def images(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    found = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    return found.to(memory_format=LAST) if len(shape) == 4 else found


def gradients(convolve: Callable[..., Tensor], x: Tensor, w: Tensor, *numbers: int) -> list[Tensor]:
    x, w = x.detach().requires_grad_(), w.detach().requires_grad_()
    y = convolve(x, w, *numbers)
    g = images(*y.shape, dtype=torch.float64, seed=2).to(y.dtype)
    return [y.detach(), *torch.autograd.grad(y, (x, w), g)]


def native(x: Tensor, w: Tensor, stride: int, padding: int, dilation: int) -> Tensor:
    return nn.functional.conv2d(x, w, None, stride, padding, dilation, len(w))


def far(found: list[Tensor], true: list[Tensor]) -> list[float]:
    """How far each is, of the size of the largest number."""
    return [
        float((a.double() - b).abs().max() / b.abs().max().clamp(min=1e-3)) for a, b in zip(found, true, strict=True)
    ]


def is_fast(module: nn.Module, x: Tensor) -> bool:
    with FastBackward(module):
        node = module(x).grad_fn
    return type(node).__name__.startswith("Depthwise")


@pytest.fixture(params=["AVX2", "AVX512"])
def cpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways are right on every machine, and differ in speed alone."""
    monkeypatch.setattr(depthwise, "CPU", request.param)


@pytest.mark.usefixtures("cpu")
@pytest.mark.parametrize("memory_format", [LAST, torch.contiguous_format])
@pytest.mark.parametrize(("kernel", "dilation", "stride", "padding"), SETTINGS)
def test_the_gradients_are_those_of_torch(
    kernel: int, dilation: int, stride: int, padding: int, memory_format: torch.memory_format
) -> None:
    w = images(4, 1, kernel, kernel, dtype=torch.float64, seed=1)
    sizes = [size for size in SIZES if min(size) + 2 * padding > dilation * (kernel - 1)]
    assert sizes
    for size in sizes:
        x = images(3, 4, *size, dtype=torch.float64).contiguous(memory_format=memory_format)
        numbers = (stride, padding, dilation)
        true = gradients(native, x, w, *numbers)
        assert max(far(gradients(Depthwise.apply, x, w, *numbers), true)) < 1e-12, size
        single = x.float(), w.float()
        ours, theirs = (far(gradients(way, *single, *numbers), true) for way in (Depthwise.apply, native))
        assert ours[0] == theirs[0]  # the forward is torch's
        assert all(a <= max(3 * b, 1e-6) for a, b in zip(ours, theirs, strict=True)), (size, ours, theirs)


@pytest.mark.parametrize("stride", [1, 2])
def test_only_the_gradients_that_are_needed_are_made(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = images(2, 4, 8, 8), images(4, 1, 5, 5)
    _, of_x, of_w = gradients(Depthwise.apply, x, w, stride, 4, 2)
    with monkeypatch.context() as patch:
        patch.setattr(depthwise, "weight_gradient", None)
        y = Depthwise.apply(x.requires_grad_(), w, stride, 4, 2)
        y.backward(images(*y.shape, dtype=torch.float64, seed=2).float())
    assert torch.equal(x.grad, of_x) and w.grad is None
    with monkeypatch.context() as patch:
        patch.setattr(depthwise, "input_gradient", None)
        y = Depthwise.apply(x.detach(), w.requires_grad_(), stride, 4, 2)
        y.backward(images(*y.shape, dtype=torch.float64, seed=2).float())
    assert torch.equal(w.grad, of_w)


@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_can_be_differentiated(stride: int) -> None:
    x = images(1, 2, 4, 5, dtype=torch.float64).requires_grad_()
    w = images(2, 1, 3, 3, dtype=torch.float64, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: Depthwise.apply(x, w, stride, 2, 2), (x, w))
    assert torch.autograd.gradgradcheck(lambda x, w: Depthwise.apply(x, w, stride, 2, 2), (x, w))


def test_gradients_of_each_image_by_vmap() -> None:
    conv, x = dilated(), images(3, 4, 6, 6)

    def loss(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        found: Tensor = torch.func.functional_call(conv, weights, x[None]).square().sum()
        return found

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))
    true = each(weights(conv), x)
    with FastBackward(conv):
        torch.testing.assert_close(each(weights(conv), x), true)


@pytest.mark.parametrize("memory_format", [LAST, torch.contiguous_format])
@pytest.mark.parametrize(("kernel", "dilation", "stride"), [(3, 2, 1), (3, 2, 2), (5, 1, 1), (7, 1, 2)])
def test_the_gradient_of_the_input_has_its_memory_format(
    kernel: int, dilation: int, stride: int, memory_format: torch.memory_format
) -> None:
    x, w = images(2, 4, 8, 8).contiguous(memory_format=memory_format), images(4, 1, kernel, kernel)
    _, dx, _ = gradients(Depthwise.apply, x, w, stride, dilation * (kernel // 2), dilation)
    assert dx.is_contiguous(memory_format=memory_format)


@here
@pytest.mark.parametrize(
    ("options", "side", "last", "contiguous"),
    [
        ({"kernel_size": 3, "padding": 2, "dilation": 2}, 8, True, True),
        ({"kernel_size": 5, "padding": 4, "dilation": 2, "stride": 2}, 8, True, True),
        ({"kernel_size": 5, "padding": 2}, 4, True, True),
        ({"kernel_size": 3, "padding": 1, "stride": 2}, 2, True, True),
        ({"kernel_size": 5, "padding": 2, "stride": 2}, 8, False, True),
        ({"kernel_size": 7, "padding": 3}, 8, False, True),
        ({"kernel_size": 3, "padding": 1}, 8, False, False),
        ({"kernel_size": 7, "padding": 6, "dilation": 2}, 8, False, False),
        ({"kernel_size": 3, "padding": 3, "dilation": 3}, 8, False, False),
        ({"kernel_size": 3, "padding": 3, "dilation": 2}, 8, False, False),
        ({"kernel_size": 3, "padding": 6, "dilation": 2}, 8, False, False),
        ({"kernel_size": (3, 5), "padding": (2, 4), "dilation": 2}, 8, False, False),
        ({"kernel_size": 3, "padding": "same", "dilation": 2}, 8, False, False),
        ({"kernel_size": 3, "padding": 2, "dilation": 2, "padding_mode": "reflect"}, 8, False, False),
        ({"kernel_size": 3, "padding": 2, "dilation": 2, "bias": True}, 8, False, False),
        ({"kernel_size": 3, "padding": 2, "dilation": 2, "groups": 2}, 8, False, False),
        ({"kernel_size": 3, "padding": 2, "dilation": 2, "out_channels": 8}, 8, False, False),
    ],
)
def test_which_convolutions_take_them(options: dict[str, object], side: int, last: bool, contiguous: bool) -> None:
    known = {"in_channels": 4, "out_channels": 4, "groups": 4, "bias": False}
    conv, x = nn.Conv2d(**{**known, **options}), images(2, 4, side, side)  # type: ignore[arg-type]
    assert (is_fast(conv, x), is_fast(conv, x.contiguous())) == (last, contiguous)


@here
def test_5x5_kernels_take_them_by_the_instructions_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = nn.Conv2d(4, 4, 5, padding=2, groups=4, bias=False)
    for cpu, fast in (("AVX2", False), ("AVX512", True), ("DEFAULT", False)):
        monkeypatch.setattr(depthwise, "CPU", cpu)
        assert is_fast(conv, images(2, 4, 8, 8)) is fast


def dilated() -> nn.Conv2d:
    return nn.Conv2d(4, 4, 3, 1, 2, 2, groups=4, bias=False)


@here
def test_inputs_that_it_does_not_know_go_torchs_own_way() -> None:
    x = images(2, 4, 8, 8)
    assert is_fast(dilated(), x)
    assert not is_fast(dilated().double(), x.double())
    assert not is_fast(dilated().bfloat16(), x.bfloat16())
    assert not is_fast(dilated(), x[0])
    assert not is_fast(dilated(), x[:0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not is_fast(dilated(), x)
    with torch.inference_mode():
        assert not is_fast(dilated(), x)
    assert not is_fast(type("Own", (nn.Conv2d,), {})(4, 4, 3, 1, 2, 2, groups=4, bias=False), x)


@here
def test_the_model_is_a_plain_one_outside() -> None:
    model = nn.Sequential(dilated(), nn.BatchNorm2d(4))
    before = pickle.dumps(model)
    with pytest.raises(ZeroDivisionError), FastBackward(model):
        assert type(model[0]) is DepthwiseConv2d
        raise ZeroDivisionError
    assert type(model[0]) is nn.Conv2d
    assert pickle.dumps(model) == before
    assert b"depthwise" not in before


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 1), dilated(), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2))


@here
def test_a_training_takes_them_within_its_steps_alone() -> None:
    model, classes = network(), set[type]()

    class Looks(Supervised):
        def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
            classes.add(type(self.model[1]))  # type: ignore[index]
            return super().forward(images)

    def report(epoch: int, metrics: dict[str, float]) -> bool:
        assert type(model[1]) is nn.Conv2d
        return True

    fit(model, small_data(), FAST, 0, report=report, device="cpu", step=Looks)
    assert classes == {DepthwiseConv2d}
    assert type(model[1]) is nn.Conv2d


@here
def test_the_number_of_threads_is_measured_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = set[type]()

    def choose(module: nn.Module, run: Callable[[], object], most: int) -> int:
        module[1].register_forward_hook(lambda conv, *_: measured.add(type(conv)))  # type: ignore[index,operator]
        run()
        return 1

    monkeypatch.setattr(pace, "fastest", choose)
    monkeypatch.setattr(pace, "ONE_THREAD_SIZE", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fit(network(), small_data(train=640), FAST, 0, device="cpu")
    finally:
        torch.set_num_threads(before)
    assert measured == {DepthwiseConv2d}


@here
def test_it_learns_the_same_and_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, whole, calls = FAST.replace(precision="fp32"), network(), list[int]()
    backward = depthwise.weight_gradient
    monkeypatch.setattr(depthwise, "weight_gradient", lambda *some: (calls.append(1), backward(*some))[1])
    fit(whole, small_data(), recipe, 0, device="cpu")
    assert calls
    paused, resumed, plain = network(), network(), network()
    fit(paused, small_data(), recipe, 0, checkpoint=tmp_path / "state", pause_after=1, device="cpu")
    fit(resumed, small_data(), recipe, 0, checkpoint=tmp_path / "state", device="cpu")
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(resumed).items())
    monkeypatch.setattr(FastBackward, "__enter__", lambda self: None)
    fit(plain, small_data(), recipe, 0, device="cpu")
    for name, value in weights(plain).items():
        torch.testing.assert_close(weights(whole)[name], value, rtol=1e-3, atol=1e-5)
