"""Every choice of a document, whatever has to be answered before it is met."""

from collections import deque
from contextlib import suppress
from typing import Any

from nas.errors import UserError
from nas.space.build import AnswerTarget
from nas.space.document import Document
from nas.space.interpreter import Interpreter
from nas.space.oracles import ConstraintBroken, replayed
from nas.space.walk import Choice

MAX_WALKS = 5000


def every_choice(document: Document) -> list[Choice]:
    """The choices in the order in which walks meet them; of a path met several times, that with the most alternatives.

    Each alternative of each choice is taken once, after the answers with which that choice was met first; a choice that
    only a combination of answers opens may be missed.
    """
    met: dict[str, Choice] = {}
    todo: deque[dict[str, Any]] = deque([{}])
    for _ in range(MAX_WALKS):
        if not todo:
            break
        target = AnswerTarget(document, replayed(todo.popleft(), lambda choice: choice.answers[0]))
        with suppress(ConstraintBroken, UserError):  # what was met on the way counts
            Interpreter(document, target).run(lambda flow: flow)
        before: dict[str, Any] = {}
        for choice in target.choices:
            known = met.get(choice.path)
            if known is None or len(choice.answers) > len(known.answers):
                met[choice.path] = choice
                fresh = [answer for answer in choice.answers if known is None or answer not in known.answers]
                todo.extend({**before, choice.path: answer} for answer in fresh)
            before[choice.path] = target.answers[choice.path]
    return list(met.values())
