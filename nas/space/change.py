"""Changes of a genome's answers, in a random order, for those that must keep within a `where`."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nas.space.place import Choice

TRIES = 300  # changes of one answer
TOGETHER, TRIES_TOGETHER = (2, 3), 100  # changes of so many answers after these, so often


class Changed:
    """Answers of which some were changed. open: what else is asked for is sampled, which is noted."""

    def __init__(self, answers: Mapping[str, Any], rng: random.Random) -> None:
        self.answers, self.rng, self.opened = answers, rng, False

    def open(self, choice: Choice) -> Any:
        self.opened = True
        return self.rng.choice(choice.answers)


def changes(answers: Mapping[str, Any], options: Sequence[Choice], rng: random.Random) -> Iterator[Changed]:
    """Change after change, until one is taken: one answer of one of the `options`, each uniformly.

    One that was not valid, and opened no choice that could be answered otherwise, does not come again. After the
    changes of one answer those of two and of three.
    """
    left = [(choice, others(choice, answers[choice.path])) for choice in options]
    for _ in range(TRIES):
        choice, possible = rng.choice(left)
        answer = rng.choice(possible)
        changed = Changed({**answers, choice.path: answer}, rng)
        yield changed
        if not changed.opened:
            possible.remove(answer)
            left = [(choice, possible) for choice, possible in left if possible]
        if not left:
            break
    for number in TOGETHER:
        for _ in range(TRIES_TOGETHER if len(options) >= number else 0):
            several = {c.path: rng.choice(others(c, answers[c.path])) for c in rng.sample(options, number)}
            yield Changed({**answers, **several}, rng)


def others(choice: Choice, answer: Any) -> list[Any]:
    """The answers that a change leads to: all others, or, among sets of sources, those with one source exchanged."""
    others = [other for other in choice.answers if other != answer]
    if isinstance(answer, tuple):
        near = [other for other in others if len(set(other) - set(answer)) == 1]
        return near or others
    return others
