"""Who answers choices: each oracle is a function from a `Choice` to one of its answers."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.space.place import Choice

Oracle = Callable[[Choice], Any]


class ConstraintBroken(ValueError):
    """Answers that a cell's `where` rules out. cell: the path of that cell's answers."""

    def __init__(self, what: str = "", cell: str = "") -> None:
        super().__init__(what)
        self.cell = cell


def fixed(choice: Choice) -> Any:
    """For documents without open choices."""
    raise UserError(choice.path, "this choice is open", "give a genome, or set the parameter that decides it")


def sampled(rng: random.Random) -> Oracle:
    """Each choice uniformly, by itself."""
    return lambda choice: rng.choice(choice.answers)


def replayed(answers: Mapping[str, Any], otherwise: Oracle | None = None) -> Oracle:
    """The answers given; what they lack, or what cannot be answered so here, by `otherwise` (None: it is an error)."""

    def answer(choice: Choice) -> Any:
        if choice.path in answers:
            given = as_answer(answers[choice.path])
            for candidate in choice.answers:
                if candidate == given and isinstance(candidate, bool) == isinstance(given, bool):
                    return candidate
        if otherwise is not None:
            return otherwise(choice)
        if choice.path in answers:
            listed = ", ".join(map(str, choice.answers[:12]))
            raise UserError(
                f"genome: {choice.path}", f"{answers[choice.path]!r} is not an answer here", f"known: {listed}"
            )
        raise UserError(f"genome: {choice.path}", "no answer to this choice", did_you_mean(choice.path, answers))

    return answer


def crossed(parents: Sequence[Mapping[str, Any]], rng: random.Random) -> Oracle:
    """Each choice as one of the parents that answer it, taken at random; else sampled."""

    def answer(choice: Choice) -> Any:
        inherited = [parent[choice.path] for parent in parents if parent.get(choice.path) in choice.answers]
        return rng.choice(inherited or choice.answers)

    return answer


def scripted(script: Sequence[int], taken: list[tuple[int, int]]) -> Oracle:
    """Answers by position: those of the script, then the first ones; `taken` records (position, number of answers)."""

    def answer(choice: Choice) -> Any:
        position = script[len(taken)] if len(taken) < len(script) else 0
        taken.append((position, len(choice.answers)))
        return choice.answers[position]

    return answer


def as_answer(value: Any) -> Any:
    """An answer as JSON has it, made hashable again."""
    return tuple(map(as_answer, value)) if isinstance(value, list | tuple) else value
