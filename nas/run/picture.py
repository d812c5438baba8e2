"""The lines that show how a search stands, fitted to a width: what it does, trials done, the best, the time left."""

from nas.run.progress import Progress, UnderWay
from nas.run.state import Entry
from nas.run.words import accuracies, clean, duration, measured


def outcome(entry: Entry, objective: str) -> str:
    """`93.25 %` of an accuracy, `synflow 83.04` of another objective; a dash without a result."""
    shown = entry.shown(objective)
    return "-" if shown is None else measured(*shown)


def lines(event: Progress, since: float, width: int, height: int) -> list[str]:
    """At most `height` lines of fewer than `width` columns. since: seconds that have passed since the event.

    The first is the state of the whole; below it, where several trials run, is one for each, the slowest first.
    """
    rows = [fitted(variants(event, since), width)]
    if len(event.under_way) > 1:
        trials = sorted(event.under_way, key=_part)
        room = max(0, height - 1)
        shown = trials if len(trials) <= room else trials[: max(0, room - 1)]
        rows += [fitted([f"  {doing(each)}"], width) for each in shown]
        if len(shown) < len(trials) and room:
            rows.append(fitted([f"  and {len(trials) - len(shown)} more"], width))
    return rows[: max(1, height)]


def variants(event: Progress, since: float = 0.0) -> list[str]:
    """The state as one line, from all that there is to say to what must be said."""
    left = event.remaining_seconds
    if left is not None:
        time = f"{duration(max(1.0, left - since))} left" if left > 0 else ""
    else:
        time = f"for {duration(event.seconds + since)}" if event.seconds + since >= 1 else ""
    if event.epoch is not None or not event.total:
        return training(event, time)
    best, short = "", ""
    if event.best is not None:
        short = outcome(event.best, event.objective)
        best = f"best {short} (trial {event.best.trial.number})"
    done, few = f"{event.finished} of {event.total}", f"{event.finished}/{event.total}"
    failed = f"{event.failed} failed" if event.failed else ""
    speed = f"{event.trials_per_hour:,.0f} trials an hour" if event.new else ""
    now, brief = _now(event)
    return [
        _joined(now, f"{done} trial{'s' * (event.total != 1)}", best, failed, speed, time),
        _joined(now, f"{done} trial{'s' * (event.total != 1)}", best, failed, time),
        _joined(now, done, best, time),
        _joined(now, done, best and f"best {short}", time),
        _joined(brief, few, short, time),
        _joined(few, short, time),
        _joined(few, short),
    ]


def training(event: Progress, time: str = "") -> list[str]:
    """One training that is all there is: `final training: epoch 7 of 30, train accuracy 99.10 %, 2 min 05 s left`."""
    what = event.stage or ("starting" if event.epoch is None else "final training")
    if event.epoch is None:
        return [_joined(what, time), what]
    of, told = (f" of {event.epochs}" if event.epochs else ""), accuracies(event.metrics)
    brief = told.removeprefix("train accuracy ") if told.count("accuracy") == 1 else ""
    return [
        _joined(f"{what}: epoch {event.epoch:g}{of}", told, time),
        _joined(f"epoch {event.epoch:g}{of}", told, time),
        _joined(f"epoch {event.epoch:g}{of}", brief, time),
        _joined(f"epoch {event.epoch:g}{of}", time),
    ]


def doing(trial: UnderWay) -> str:
    """`trial 3: epoch 2 of 5`: the one that it is at."""
    if not (trial.epoch or trial.epochs):
        return f"trial {trial.number}"
    current = trial.epoch + 1 if trial.epochs is None else min(trial.epoch + 1, trial.epochs)
    return f"trial {trial.number}: epoch {current}{f' of {trial.epochs}' if trial.epochs else ''}"


def ended(event: Progress) -> str:
    """`trial 3: 93.25 % in 12 s`, or why it failed."""
    assert event.entry is not None and event.entry.result is not None
    trial, result = event.entry.trial, event.entry.result
    told = outcome(event.entry, event.objective) if result.error is None else f"failed: {clean(result.error)}"
    epochs = f" after {trial.budget} of {trial.horizon} epochs" if trial.horizon else ""
    return f"trial {trial.number}: {told}{epochs} in {duration(result.seconds)}"


def state(event: Progress) -> str:
    """`12 of 50, best 93.25 % (trial 9), 410 trials an hour, 5 min 30 s left`."""
    best = speed = left = ""
    if event.best is not None:
        best = f"best {outcome(event.best, event.objective)} (trial {event.best.trial.number})"
    if event.new:
        speed = f"{event.trials_per_hour:,.0f} trials an hour"
    if event.remaining_seconds:
        left = f"{duration(event.remaining_seconds)} left"
    return _joined(f"{event.finished} of {event.total}", best, speed, left)


def fitted(choices: list[str], width: int) -> str:
    """The first that has fewer than `width` columns; where none has, as much of the last as there is room for."""
    from rich.cells import cell_len, set_cell_size

    for text in map(clean, choices):
        if cell_len(text) < width:
            return text
    last = clean(choices[-1])
    dots = "..."[: max(0, width - 1)]
    return set_cell_size(last, max(0, width - 1 - len(dots))).rstrip() + dots


def _now(event: Progress) -> tuple[str, str]:
    """What it is doing, and the same in short."""
    if event.scored is not None:
        told = "{:,} of {:,} networks scored".format(*event.scored)
        return f"warm start: {told}", told
    if event.stage:
        return event.stage, event.stage
    stopping = "stopping after " if event.stopping() else ""
    if len(event.under_way) == 1:
        text = doing(event.under_way[0])
        return stopping + text, "stopping" if stopping else text.partition(": ")[2].replace(" of ", "/") or text
    if event.under_way:
        running = f"{len(event.under_way)} running"
        return (f"stopping, {running}", "stopping") if stopping else (running, "")
    return ("choosing a network" if event.finished < event.total else ""), ""


def _part(trial: UnderWay) -> tuple[float, int]:
    """The part of a trial that is behind it."""
    return trial.epoch / (trial.epochs or trial.epoch + 1), trial.number


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
