"""Genomes that keep within a tight `where`, which uniform answers hardly ever do.

A `where` is a condition on the number of a cell's edges. Edges are made likelier, or less likely, by odds that are
drawn anew for each try: of n edges that may be present every number is then as likely as any other, and among the sets
of equally many each still is as likely as the rest. Only the cell that broke its `where` is drawn again.
"""

import random
import re
from collections.abc import Mapping
from typing import Any

from nas.space.answers import AnswerTarget
from nas.space.document import Document
from nas.space.oracles import ConstraintBroken, Oracle, replayed
from nas.space.place import Choice

TRIES = 2000
AGAIN = 20  # tries after which the rest is drawn again too: what it decides may leave the cell no way
EDGES = re.compile(r"(present|choose|repeat_\d+)$")  # choices that decide how many edges there are


def tilted(document: Document, rng: random.Random) -> Mapping[str, Any]:
    """Answers that keep within every `where` by names alone; none where they were not found."""
    kept: dict[str, Any] = {}
    for number in range(TRIES):
        target = AnswerTarget(document, replayed(kept, _leaning(rng)))
        try:
            target.walk()
        except ConstraintBroken as error:
            own = f"{error.cell}."
            kept = {path: answer for path, answer in target.answers.items() if not path.startswith(own)}
            if number % AGAIN == AGAIN - 1:
                kept = {}
        else:
            return target.answers
    return {}


def _leaning(rng: random.Random) -> Oracle:
    """Uniform answers, but for those that decide how many edges there are."""
    chance = rng.random()
    odds = chance / (1 - chance)

    def answer(choice: Choice) -> Any:
        if not EDGES.search(choice.path) or not all(isinstance(value, int) for value in choice.answers):
            return rng.choice(choice.answers)
        numbers = [int(value) for value in choice.answers]
        return rng.choices(choice.answers, [odds ** (number - min(numbers)) for number in numbers])[0]

    return answer
