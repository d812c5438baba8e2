"""How numbers and texts are put to a person: on one line, in the units that they think in."""

import math
from collections.abc import Mapping, Sequence

ALIKE = 0.005  # accuracies that differ by less are told once
SHARES = ("accuracy", "mean_iou", "mean_average_precision")  # metrics from 0 to 1, in percent
HEADLINES = (*SHARES, "rmse")  # of each task (nas.tasks)


def clean(text: object) -> str:
    """Text from a document or a run for a terminal: on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def many(count: int, noun: str) -> str:
    """`1 trial`, `1,200 trials`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def percent(value: object) -> str:
    """A fraction as `93.25 %`; a number that is none as it is, a dash for what is no number."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "-"
    return f"{100 * value:.2f} %" if 0 <= value <= 1 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """`42 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02} h"


def in_words(name: str) -> str:
    """The name of a metric or a cost as words: `valid accuracy`, `mult-adds`."""
    return name.replace("_", " ").replace("mult adds", "mult-adds")


def measured(name: str, value: float) -> str:
    """`93.25 %` of an accuracy, `synflow 83.04` of another metric."""
    return percent(value) if name.endswith("accuracy") else f"{clean(name)} {number(name, value)}"


def number(name: str, value: float) -> str:
    """Of a metric of this name: a share in percent, another number in four digits."""
    return percent(value) if name.endswith(SHARES) else f"{value:.4g}"


def accuracies(metrics: Mapping[str, float]) -> str:
    """`train accuracy 99.10 %, valid accuracy 93.25 %`, at first sight; a balanced one where it differs.

    Of another task than classification what its searches go by: `valid rmse 3.142`.
    """
    shown = {n: value for n, value in metrics.items() if n.endswith(HEADLINES) and not _repeats(n, metrics)}
    return ", ".join(f"{clean(name).replace('_', ' ')} {number(name, value)}" for name, value in shown.items())


def _repeats(name: str, metrics: Mapping[str, float]) -> bool:
    """Whether a balanced accuracy says what the accuracy beside it says, to half a percent."""
    plain = metrics.get(name.replace("balanced_", ""))
    return "balanced_" in name and plain is not None and abs(metrics[name] - plain) < ALIKE


def short(number: float) -> str:
    """`3.5M`, `600M`, `12k`: where there is no room for digits."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"


def named(answers: Mapping[str, object], most: int = 130) -> str:
    """`0.0=skip_connect 1.0=none ...`: answers in the order of the choices, by what tells their paths apart."""
    texts = (str(answer).replace(" ", "") for answer in answers.values())
    line = " ".join(f"{name}={text}" for name, text in zip(names(list(answers)), texts, strict=True))
    return line if len(line) <= most else line[: most - 3] + "..."


def names(paths: Sequence[str]) -> list[str]:
    """Paths without the parts at their beginning and end that all of them have; of a single one the last part."""
    parts = [path.split(".") for path in paths]
    least = min(map(len, parts), default=1) - 1  # of each, a part is left
    first = next((i for i in range(least) if len({own[i] for own in parts}) > 1), least)
    last = next((i for i in range(least - first) if len({own[-1 - i] for own in parts}) > 1), least - first)
    return [".".join(own[first : len(own) - last]) for own in parts]
