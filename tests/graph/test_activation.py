"""A new activation is one line of the table: what works with the others works with it."""

import pickle
from pathlib import Path

import pytest
import torch

from nas.evaluators.proxies import score
from nas.graph.operation import Operation
from nas.graph.operations import OPERATIONS
from nas.graph.operations.activation import ACTIVATIONS, activation
from nas.network import compile
from nas.report.outline import outline
from tests.exports.test_operations import check
from tests.graph.building import Builder

SHAPE = (4, 5, 5)


@pytest.fixture
def new(monkeypatch: pytest.MonkeyPatch) -> type[Operation]:
    operation = activation("softplus", "Softplus", beta=1.0)
    monkeypatch.setitem(OPERATIONS, operation.name, operation)
    return operation


@pytest.mark.parametrize("format", ["python", "torch", "onnx"])
def test_a_new_one_computes_the_same_wherever_it_is_exported(new: type[Operation], tmp_path: Path, format: str) -> None:
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    check(format, tmp_path, SHAPE, "softplus", {"beta": 2.0})


def test_a_new_one_is_no_other_one(new: type[Operation]) -> None:
    def fingerprint(operation: Operation) -> str:
        b = Builder(SHAPE)
        b(operation, 0)
        return b.graph().fingerprint()

    ops = [new(), new(beta=2.0), OPERATIONS["relu"]()]  # type: ignore[call-arg]
    assert len({fingerprint(op) for op in ops}) == 3
    assert fingerprint(new()) == fingerprint(new(beta=1))  # type: ignore[call-arg]


@pytest.mark.parametrize("name", [operation.name for operation in ACTIVATIONS] + ["softplus"])
def test_naswot_counts_each(new: type[Operation], name: str) -> None:
    def counted(name: str) -> float:
        b = Builder(SHAPE)
        b(name, b("conv", 0, channels=8, kernel=3))
        images = torch.randn(4, *SHAPE, generator=torch.Generator().manual_seed(0))
        return score("naswot", compile(b.graph()), images, torch.zeros(4), torch.Generator())

    assert counted(name) == counted("relu")  # which counts the signs of what it gets


@pytest.mark.parametrize("operation", ACTIVATIONS, ids=lambda operation: operation.name)
def test_roles_are_what_the_modules_do(operation: type[Operation]) -> None:
    op, x = operation(), torch.randn(2, *SHAPE, requires_grad=True)
    module = op.module(SHAPE)
    y = module(x)
    assert operation.activation
    far = module(x.detach() * 100)
    assert operation.gate == torch.equal(far, far.clamp(0, 1))
    if operation.overwrites:
        module.inplace = True
        torch.testing.assert_close(torch.autograd.grad(module(x.clone()).sum(), x), torch.autograd.grad(y.sum(), x))
    assert pickle.loads(pickle.dumps(op)) == op


def test_a_drawing_puts_a_new_one_beside_its_layer(new: type[Operation]) -> None:
    b = Builder(SHAPE)
    b("softplus", b("conv", 0, channels=8, kernel=3))
    assert [len(part.nodes) for part in outline(b.graph())] == [2]
