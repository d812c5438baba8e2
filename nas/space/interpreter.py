"""The one interpreter of documents: walks chains, forms and calls, and tells its target what it meets.

It asks whenever it meets a choice: `target.branch(choice, flow, then)`, where `then(answer)` walks the least part of
the document that depends on the answer. `nas.space.build` makes a graph of the walk, `nas.space.size` counts the
answers.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from nas.errors import did_you_mean
from nas.graph.operation import Operation
from nas.graph.operations import OPERATIONS
from nas.space.cell import walk_cell
from nas.space.document import Document, Template
from nas.space.expressions import UNKNOWN, ExpressionError, is_expression
from nas.space.forms import FORM
from nas.space.language import FORMS, RESERVED
from nas.space.library import library
from nas.space.own import check_operations
from nas.space.place import Closure, Flow, Place
from nas.space.problems import UNPLACED, DocumentError, placed, placing
from nas.space.reader import line_of
from nas.space.target import Target
from nas.space.values import as_mapping, bind, channels, only, settle, shown

MAX_TEMPLATES, MAX_STEPS = 32, 250_000


def _fields(word: str) -> tuple[str, ...]:
    """The names of an operation's arguments."""
    return _fields_of(OPERATIONS[word])  # type: ignore[arg-type]  # for mypy a type has no hash


@lru_cache(maxsize=1024)
def _fields_of(operation: type[Operation]) -> tuple[str, ...]:
    return tuple(item.name for item in dataclasses.fields(operation))  # type: ignore[arg-type]


def _callable(word: str) -> bool:
    return word in OPERATIONS and not OPERATIONS[word].merges and word != "input"


class Interpreter:
    """One walk over a document for one target."""

    def __init__(self, document: Document, target: Target) -> None:
        if document.operations:
            lines = getattr(document.operations, "lines", {})
            check_operations(document.operations, lines, document.name)
        self.document, self.target, self.steps = document, target, 0
        self.root: Mapping[str, Any] = {}

    def run(self, finish: Callable[[Flow], Any] | None) -> Any:
        """Walks the whole network; `finish(output)` where it ends (once for each way where all are counted).

        None: walks no further than the recipe's settings.
        """
        document, flow = self.document, self.target.start()
        undeclared = {"relaxed": self.target.relaxed, "input": list(document.input), "classes": document.classes}
        at = Place("parameters", "parameters", undeclared)

        def network(names: Mapping[str, Any]) -> Any:
            self.root = names
            self.settings(flow)
            if finish is None:
                return None
            there = Place("network", "network", names)
            walk = lambda: self.chain(document.network, flow, there, document.data, "network")  # noqa: E731
            return finish(self.target.reuse(None, (), flow, there, walk))

        try:
            self.check_defaults()
            return bind(self.target, document.parameters.items(), flow, at, undeclared, network, under="")
        except DocumentError as error:
            raise error.on(document.name) from None
        except UNPLACED as error:
            raise placed(error, document.data, "parameters", "parameters").on(document.name) from None
        except RecursionError:
            where = line_of(document.data, "network") or document.name
            raise DocumentError(where, "nested too deeply to read") from None

    def check_defaults(self) -> None:
        """The document's `defaults` are of operations and blocks that exist, and of arguments that these have."""
        written = self.document.data.get("defaults") or {}
        for word, arguments in written.items():
            with placing(written, word, f"defaults.{word}"):
                if not self.knows(word):
                    raise ExpressionError(f"unknown operation {shown(word)}; {did_you_mean(word, self.words())}")
                if not isinstance(arguments, dict):
                    raise ExpressionError(f"expected arguments with values, not {shown(arguments)}")
                template = self.document.templates.get(word)
                only(arguments, template.own if template else _fields(word), word)

    def settings(self, flow: Flow) -> None:
        """The document's `recipe`: each setting by itself, so that those that share no parameter decide apart."""
        written, at = self.document.recipe, Place("recipe", "recipe", self.root)
        for name, raw in written.items():
            with placing(written, name, f"recipe.{name}"):
                settle(self.target, raw, flow, at.child(name), partial(self._setting, name))

    def _setting(self, name: str, value: Any) -> None:
        if isinstance(value, dict | Closure):
            raise ExpressionError("expected a value, not an operation")
        if value is UNKNOWN:
            raise ExpressionError("a setting of the recipe may not depend on shapes")
        self.target.setting(name, value)

    def step(self) -> None:
        """Counts what keeps a walk busy: items of chains, and turns of loops."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ExpressionError(f"more than {MAX_STEPS} steps to read this document; make its loops shorter")

    def chain(self, items: Any, flow: Flow, at: Place, container: Any = None, key: Any = None) -> Flow:
        """One item after the other: a list, a mapping whose keys name its items, or one item (of `container[key]`)."""
        at = at.alone()
        if isinstance(items, list):
            for index, item in enumerate(items):
                flow = self.item(item, flow, at.child(index), items, index)
            return flow
        if isinstance(items, dict) and self.document.head(items) == "chain":
            name = next((name for name in items if name in RESERVED or name in OPERATIONS), None)
            if name is not None:
                what = f"'{name}' is a word of the language and cannot name an item of a chain"
                raise placed(ExpressionError(f"{what}; {_nearest(items, name)}"), items, name, at.path)
            for name, item in items.items():
                flow = self.chain(item, flow, at.child(name), items, name)
            return flow
        return self.item(items, flow, at, container, key)

    def item(self, item: Any, flow: Flow, at: Place, container: Any = None, key: Any = None) -> Flow:
        """One item of a chain; an error inside it that knows no place is given this one."""
        try:
            self.step()
            return self._item(item, flow, at)
        except (*UNPLACED, DocumentError) as error:
            if container is None:
                raise
            raise placed(error, container, key, at.path) from None

    def _item(self, item: Any, flow: Flow, at: Place) -> Flow:
        if isinstance(item, str):
            if is_expression(item):
                return settle(self.target, item, flow, at, lambda value: self._value(value, flow, at))
            return self.call(item, None, flow, at)
        if isinstance(item, dict):
            head = self.document.head(item)
            if head in FORMS:
                only(item, FORMS[head], f"'{head}'")
                return FORM[head](self, item, flow, at)
            if head == "call":
                ((name, arguments),) = item.items()
                if is_expression(name):
                    return settle(self.target, name, flow, at, lambda word: self.call(word, arguments, flow, at))
                return self.call(name, arguments, flow, at)
            return self.chain(item, flow, at)
        if isinstance(item, list):
            return self.chain(item, flow, at)
        if isinstance(item, Closure):
            return self._item(item.item, flow, at if item.names is None else at.knowing(item.names))
        if item is None:
            raise ExpressionError("nothing stands here; write [] where nothing is meant")
        if item is UNKNOWN:
            raise ExpressionError(
                "which operation stands here may not depend on shapes, since choices may follow from it"
            )
        raise ExpressionError(f"expected an operation, a block or a chain, not {shown(item)}")

    def _value(self, item: Any, flow: Flow, at: Place) -> Flow:
        if is_expression(item):
            raise ExpressionError(f"an expression gives an operation here, not {shown(item)}")
        return self._item(item, flow, at)

    def knows(self, word: str) -> bool:
        """Whether an operation, block or cell has this name."""
        return word in self.document.templates or _callable(word)

    def words(self) -> list[str]:
        """What may be called."""
        return [*self.document.templates, *library(), *filter(_callable, OPERATIONS)]

    def call(self, name: Any, arguments: Any, flow: Flow, at: Place) -> Flow:
        """An operation, block or cell by name, with its arguments as written."""
        if isinstance(name, Closure | list) and arguments is None:
            return self._item(name, flow, at)
        word = name if isinstance(name, str) else ""
        template = self.document.templates.get(word)
        if template is not None:
            declared, accepted = template.declared or ("channels",), template.own
        elif _callable(word):
            declared = accepted = _fields(word)
        else:
            raise ExpressionError(f"unknown operation {shown(name)}; {did_you_mean(name, [*self.words(), *FORMS])}")
        written = as_mapping(word, arguments, declared)
        for argument in written:
            if argument not in accepted:
                raise ExpressionError(f"{word} has no argument '{argument}'; {did_you_mean(argument, accepted)}")
        given = {key: value for key, value in at.given.items() if key in accepted} if at.given else {}
        usual = self.document.defaults.get(word)
        if usual is not None:
            written = {**{key: value for key, value in usual.items() if key not in given}, **written}
        if template is None and not OPERATIONS[word].channels_of_input:
            given.pop("channels", None)  # those that `pad` takes are no number of channels to give
        outer = at.alone()

        def called(bound: Mapping[str, Any]) -> Flow:
            values = {**given, **bound}
            if template is not None:
                return self.template(template, values, flow, outer)
            return self.target.add(word, values, [flow], outer)

        if not written:
            return called(written)
        return bind(self.target, written.items(), flow, outer, None, called)

    def template(self, template: Template, values: dict[str, Any], flow: Flow, at: Place) -> Flow:
        """A block or cell: it sees document parameters, its own, its arguments, `channels`, `stride`, `in_channels`."""
        if at.depth >= MAX_TEMPLATES:
            what = f"blocks nested deeper than {MAX_TEMPLATES}"
            raise ExpressionError(f"{what}; does '{template.name}' call itself without end?")
        names = {**self.root, "stride": template.stride, **values}
        if "channels" not in values and "channels" not in template.parameters:
            names["channels"] = channels(self.target, flow)
        answers = f"cells.{template.name}" if template.is_cell else at.answers
        defaults = [(name, raw) for name, raw in template.parameters.items() if name not in values]

        def inside(names: Mapping[str, Any]) -> Flow:
            own = tuple([(name, names[name]) for name in template.own])
            place = at.within(answers, names, template.name, own)

            def walk() -> Flow:
                if template.is_cell:
                    return walk_cell(self, template, flow, place)
                return self.chain(template.body, flow, place, template.source, "body")

            return self.target.reuse(template, own, flow, place, walk)

        if not defaults:
            return inside(names)
        return bind(self.target, defaults, flow, at.named(answers, names), names, inside)


def _nearest(items: Mapping[str, Any], word: str) -> str:
    """The way out where a word of the language names an item: it may be one of a form whose own word is misspelt."""
    if word in OPERATIONS:
        return f"choose another name, or write each operation as an item of a list, `- {word}`"
    hints = [did_you_mean(name, FORMS) for name in items if name not in RESERVED]
    forms = " or ".join(f"'{form}'" for form, keys in FORMS.items() if word in keys)
    beside = f"it stands beside {forms}, or choose another name"
    other = beside if forms else "choose another name"
    return next((hint for hint in hints if hint.startswith("did you mean")), other)
