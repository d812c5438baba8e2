"""Residual connections: a body, and the shortcut that is added to what it gives."""

from typing import TYPE_CHECKING, Any

from nas.errors import ShapeError, did_you_mean
from nas.space.expressions import ExpressionError, is_expression
from nas.space.language import SHORTCUTS
from nas.space.place import Flow, Place
from nas.space.values import choose, settle, shown

if TYPE_CHECKING:
    from nas.space.interpreter import Interpreter


def residual(interpreter: "Interpreter", item: dict[str, Any], flow: Flow, at: Place) -> Flow:
    """Sum of a body and a shortcut."""
    out = interpreter.chain(item["residual"], flow, at.child("residual"), item, "residual")

    def end(form: Any, there: Place) -> Flow:
        if is_expression(form):
            return settle(interpreter.target, form, flow, there, lambda value: end(value, there))
        if isinstance(form, dict) and "choice" in form:
            return choose(interpreter.target, form, flow, there, "operation", end)
        other = _shortcut(interpreter, item, form, flow, out, there)
        if other is None:  # `if_same`, and they differ
            return out._replace(before=flow.before)
        return interpreter.target.add("add", {}, [out, other], at.child("sum"))._replace(before=flow.before)

    return end(item.get("shortcut", "identity"), at.child("shortcut"))


def _shortcut(
    interpreter: "Interpreter", item: dict[str, Any], form: Any, flow: Flow, out: Flow, at: Place
) -> Flow | None:
    if isinstance(form, str) and form in SHORTCUTS:
        return _named(interpreter, form, flow, out, at)
    if isinstance(form, str) and not interpreter.knows(form):
        words = [*SHORTCUTS, *interpreter.words()]
        raise ExpressionError(f"unknown shortcut {shown(form)}; {did_you_mean(form, words)}")
    return interpreter.chain(form, flow, at, item, "shortcut")


def _named(interpreter: "Interpreter", form: str, flow: Flow, out: Flow, at: Place) -> Flow | None:
    """The shortcut's end; None where `if_same` finds that the shapes differ."""
    target = interpreter.target
    before, after = target.shape(flow), target.shape(out)
    if before is None or after is None:
        if form == "projection" and not interpreter.knows("conv_bn"):
            raise ExpressionError("a projection needs the block conv_bn")
        return flow
    if before == after or form == "identity":
        return flow
    if form == "if_same":
        return None
    strides = zip(target.strides(out) or (), target.strides(flow) or (), strict=False)
    stride = [outer // inner for outer, inner in strides] or [1]
    if form == "projection":
        return interpreter.call("conv_bn", {"channels": after[0], "kernel": 1, "stride": stride}, flow, at)
    if after[0] < before[0]:
        raise ShapeError(f"a shortcut 'pad' adds channels and cannot lose them: {before[0]} to {after[0]}")
    if len(set(stride)) > 1:
        raise ShapeError(f"a shortcut 'pad' takes one stride for all axes, not {stride}")
    if stride[0] > 1:
        flow = target.add("slice", {"step": stride[0], "axis": "spatial"}, [flow], at.child("subsample"))
    if extra := after[0] - before[0]:
        flow = target.add("pad", {"channels": (extra // 2, extra - extra // 2)}, [flow], at.child("pad"))
    return flow
