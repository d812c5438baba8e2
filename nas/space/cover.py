"""Genomes that together show how large the weights are that single paths share."""

import random
from collections.abc import Iterator, Mapping, Sequence
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
        yield walk(space.document, only(space.sample(rng).answers), relaxed, several=False, places={})


def _each_answer(space: Space, relaxed: bool) -> Iterator[Supergraph]:
    tried: set[tuple[str, type, Any]] = set()
    todo: list[dict[str, Any]] = [{}]
    while todo:
        oracle = _Largest(todo.pop())
        try:
            yield walk(space.document, oracle, relaxed, several=False, places={})
        except (UserError, ConstraintBroken):
            continue
        for number, choice in enumerate(oracle.choices):
            for answer in choice.answers:
                if (choice.path, type(answer), answer) not in tried:
                    tried.add((choice.path, type(answer), answer))
                    before = {name: oracle.given[name] for name in list(oracle.given)[:number]}
                    todo.append({**before, choice.path: answer})


class _Largest:
    """An oracle: the answers that are wanted, where they can be given, else the largest number or the first answer."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.wanted, self.given = wanted, dict[str, Any]()
        self.choices: list[Choice] = []

    def __call__(self, choice: Choice) -> Sequence[Any]:
        if choice.path not in self.given:
            usual = max(choice.answers) if choice.kind == "number" else choice.answers[0]
            answer = self.wanted.get(choice.path, usual)
            self.given[choice.path] = answer if answer in choice.answers else usual
            self.choices.append(choice)
        return (self.given[choice.path],)
