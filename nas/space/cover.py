"""Genomes that together show how large the weights are that single paths share."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from nas.errors import UserError
from nas.space.oracles import ConstraintBroken
from nas.space.place import Choice
from nas.space.space import Space
from nas.space.supernet import Supergraph, only, walk

SAMPLES = 100  # what is large only beside certain other answers: a cover alone missed up to 128 genomes of 150


def cover(space: Space, relaxed: bool = False) -> Iterator[Supergraph]:
    """Paths that together have every answer of every choice, each beside the largest other numbers; then random ones.

    Genomes that cannot be built are left out.
    """
    yield from _each_answer(space, relaxed)
    rng = random.Random(0)
    for _ in range(SAMPLES):
        yield walk(space.document, only(space.sample(rng).answers), relaxed, several=False)


def _each_answer(space: Space, relaxed: bool) -> Iterator[Supergraph]:
    tried: set[tuple[str, type, Any]] = set()
    todo: list[tuple[dict[str, Any], str, Any]] = [({}, "", None)]  # answers before a choice, its path, its answer
    while todo:
        before, path, answer = todo.pop()
        given: dict[str, Any] = {}
        alternatives: dict[str, Sequence[Any]] = {}

        def oracle(choice: Choice) -> Sequence[Any]:
            if choice.path not in given:
                wanted = {**before, path: answer}  # noqa: B023
                fits = choice.path in wanted and wanted[choice.path] in choice.answers
                given[choice.path] = wanted[choice.path] if fits else _largest(choice)  # noqa: B023
                alternatives[choice.path] = choice.answers  # noqa: B023
            return (given[choice.path],)  # noqa: B023

        try:
            yield walk(space.document, oracle, relaxed, several=False)
        except (UserError, ConstraintBroken):
            continue
        for number, place in enumerate(alternatives):
            for other in alternatives[place]:
                if (place, type(other), other) not in tried:
                    tried.add((place, type(other), other))
                    if other != given[place]:
                        todo.append(({name: given[name] for name in list(given)[:number]}, place, other))


def _largest(choice: Choice) -> Any:
    return max(choice.answers) if choice.kind == "number" else choice.answers[0]
