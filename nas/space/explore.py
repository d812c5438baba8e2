"""Every choice of a document, whatever has to be answered before it is met, and every genome."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from nas.errors import UserError
from nas.space.answers import AnswerTarget
from nas.space.document import Document
from nas.space.genome import Genome
from nas.space.oracles import ConstraintBroken, replayed, scripted
from nas.space.place import Choice

MAX_WALKS = 5000


def every_choice(document: Document) -> list[Choice]:
    """The choices in the order in which walks meet them; of a path met several times, that with the most alternatives.

    Each alternative of each choice is taken at least once, where it can be after the answers with which that choice was
    met first; a choice that only a combination of answers opens may be missed.
    """
    met: dict[str, Choice] = {}
    way: dict[str, dict[str, Any]] = {}  # the answers before a choice
    untried: dict[str, list[Any]] = {}

    def walk(answers: dict[str, Any]) -> None:
        """Takes these answers, and elsewhere what was not tried yet."""

        def oracle(choice: Choice) -> Any:
            path = choice.path
            met_answers = met[path].answers if path in met else ()
            if len(choice.answers) > len(met_answers):
                met[path], way[path] = choice, dict(target.answers)
                untried.setdefault(path, []).extend(answer for answer in choice.answers if answer not in met_answers)
            wanted = [answers[path]] if path in answers else untried[path]
            answer = next((answer for answer in wanted if answer in choice.answers), choice.answers[0])
            if answer in untried[path]:
                untried[path].remove(answer)
            return answer

        target = AnswerTarget(document, oracle)
        with suppress(ConstraintBroken, UserError):  # what was met on the way counts
            target.walk()

    walk({})
    for _ in range(MAX_WALKS):
        path = next((path for path, left in untried.items() if left), None)
        if path is None:
            break
        answer = untried[path][0]
        walk({**way[path], path: answer})
        if untried[path][:1] == [answer]:  # not met again
            del untried[path][0]
    return list(met.values())


def completions(document: Document, answers: Mapping[str, Any]) -> Iterator[Genome]:
    """Every genome that keeps these answers where they are asked for, by names alone."""
    script: list[int] = []
    while True:
        taken: list[tuple[int, int]] = []
        target = AnswerTarget(document, replayed(answers, scripted(script, taken)))
        with suppress(ConstraintBroken):
            target.walk()
            yield Genome(document, target.answers)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return
        script = [position for position, _ in taken]
        script[-1] += 1
