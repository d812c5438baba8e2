"""For populations traced by hand: a generator whose draws are written down, and a space of words."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from nas.types import Refused, Result, Trial


class Script(random.Random):
    """A generator whose draws are written down; each kind of draw has its own list."""

    def __init__(self, choices: list[int] | None = None, uniform: list[float] | None = None) -> None:
        super().__init__(0)
        self.choices_left, self.uniform_left = list(choices or ()), list(uniform or ())

    def choice(self, items: Any) -> Any:
        return items[self.choices_left.pop(0)]

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        drawn = self.choices_left.pop(0)
        assert drawn < start, "written down for another number of items"
        return drawn

    def sample(self, items: Any, k: int, *, counts: Any = None) -> Any:  # without replacement
        drawn = [self.choices_left.pop(0) for _ in range(k)]
        assert len(set(drawn)) == k
        return [items[here] for here in drawn]

    def random(self) -> float:
        return self.uniform_left.pop(0)


class Letters:
    """A space of words. A mutation appends the kind that was asked for, or a dash; a crossover joins with a plus."""

    def __init__(self, samples: str = "ABCDEFGH") -> None:
        self.samples = iter(samples)

    def sample(self, rng: random.Random) -> str:
        return next(self.samples)

    def kinds(self, genome: str) -> tuple[str, ...]:
        return () if genome == "A" else ("operation", "input")

    def mutate(self, genome: str, rng: random.Random, kind: str = "-") -> str:
        return genome + kind[0]

    def crossover(self, first: str, second: str, rng: random.Random) -> str:
        return f"{first}+{second}"


def told(searcher: Any, genome: Any, *values: float, number: int = 0) -> Result:
    """Tells a result with these values of the objectives; with none, a failure."""
    metrics = {"valid_accuracy": values[0]} if values else None
    result = Result(Trial(number, genome, 0), metrics, None if metrics else "failed", values=tuple(values))
    searcher.tell(result)
    return result


def retold(searcher: Any, genome: Any, *values: float, number: int = 0) -> None:
    """Tells of more epochs of a trial that was told before."""
    metrics = {"valid_accuracy": values[0]} if values else None
    searcher.retell(Result(Trial(number, genome, 0, 3), metrics, None if metrics else "failed", values=tuple(values)))


def asked(searcher: Any, rng: random.Random, pending: Sequence[Trial] = ()) -> Iterator[Any]:
    """What is proposed for one trial, each after the one before was refused."""
    refused: list[Refused] = []
    while (genome := searcher.ask(rng, pending, refused)) is not None:
        yield genome
        refused.append(Refused(genome, "as a test"))
