"""What may be changed in a fixed document, kind by kind, before anyone has checked that it fits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nas.graph.operations import OPERATIONS
from nas.space.document import Document
from nas.space.library import WORD, library
from nas.space.marks import Place
from nas.space.rewrite import at, values, wider
from nas.space.trace import Trace

WIDER = (0.75, 1.25)  # times the channels that a network has
ACTIVATIONS = ("relu", "silu", "gelu", "hardswish")
ALIKE = (
    ("max_pool", "avg_pool"),
    ("max_pool_3x3", "avg_pool_3x3"),
    ("sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"),
    ("dil_conv_3x3", "dil_conv_5x5"),
    ("nor_conv_3x3", "nor_conv_1x1"),
    ("conv_7x1_1x7", "conv_3x1_1x3"),
)
SEPARABLE = {word: f"separable_{word}" for word in ("conv_bn_relu", "conv_bn")}  # Howard et al. 2017, MobileNets


class Knob(NamedTuple):
    """One thing that may be otherwise: for each alternative, the first of which is how it is, what stands where.

    form: what a place is of: a `value`, a `call` (its mapping, whose word is exchanged), or an item of a chain that is
    to `repeat`.
    """

    kind: str
    places: tuple[Place, ...]
    alternatives: tuple[tuple[Any, ...], ...]
    form: str = "value"

    def changed(self, document: Document, values: Sequence[Any]) -> dict[Place, Any]:
        """What stands at its places with these values."""
        return {
            place: self._form(at(document.data, place), value) for place, value in zip(self.places, values, strict=True)
        }

    def _form(self, written: Any, value: Any) -> Any:
        if self.form == "repeat":
            return {"repeat": value, "body": [written]}
        return {value: next(iter(written.values()))} if self.form == "call" else value


def separable_blocks() -> dict[str, Any]:
    """A depthwise convolution and a pointwise one in place of each of the library's convolutions."""
    depthwise = {"conv_bn_relu": {"kernel": "=kernel", "stride": "=stride", "padding": "=padding"}}
    depthwise["conv_bn_relu"]["groups"] = "=in_channels"
    parameters = {"channels": "=in_channels", "kernel": 3, "stride": 1, "padding": None}
    return {
        name: {
            "parameters": parameters,
            "body": {"depthwise": depthwise, "pointwise": {word: {"channels": "=channels", "kernel": 1}}},
        }
        for word, name in SEPARABLE.items()
    }


def is_librarys(document: Document, place: Place) -> bool:
    """Whether a place is inside a block of the standard library, whose name says what it is."""
    return place[0] == "blocks" and library().get(str(place[1])) == document.data["blocks"][place[1]]


def numbers(document: Document, found: Trace, kind: str, fits: Any) -> Iterator[Knob]:
    """Knobs of one number each: those whose uses `fits` takes."""
    for place, value in found.numbers.items():
        uses = {argument for _, argument in found.uses.get(place, ())}
        convolution = all(operation == "conv" for operation, _ in found.uses.get(place, ()))
        literal = at(document.data, place)
        if type(value) is not int or literal != value or is_librarys(document, place):
            continue
        if fits(uses) and (kind != "kernels" or convolution) and (others := _others(kind, value)):
            yield Knob(kind, (place,), tuple((one,) for one in (value, *others)))


def kernels(document: Document, found: Trace) -> Iterator[Knob]:
    """Odd sizes around an odd one. (1x1 convolutions see no neighbours, and stay so.)"""
    return numbers(document, found, "kernels", lambda uses: "kernel" in uses and uses <= {"kernel", "padding"})


def widths(document: Document, found: Trace) -> Iterator[Knob]:
    """Numbers of channels, and what multiplies them."""
    apart = {"kernel", "repeat", "stride", "dilation", "size"}
    return numbers(document, found, "widths", lambda uses: uses & {"channels", "features"} and not uses & apart)


def depths(document: Document, found: Trace) -> Iterator[Knob]:
    """How often something is repeated: blocks too that stand once, and leave shapes as they are."""
    apart = {"kernel", "channels", "features", "stride", "dilation", "size"}
    yield from numbers(document, found, "depths", lambda uses: "repeat" in uses and not uses & apart)
    for place, word, _ in words(document):
        template = document.templates.get(word)
        if place[0] != "network" or template is None or template.is_cell:
            continue
        if word not in library() and not ALREADY.intersection(place):
            yield Knob("depths", (place,), ((1,), (0,), (2,)), "repeat")


def _others(kind: str, value: int) -> list[int]:
    if kind == "kernels":
        return [size for size in (value - 2, value + 2) if value % 2 and value > 1 and size > 0]
    if kind == "widths":
        return [number for factor in WIDER if (number := wider(value, factor)) != value]
    step = max(1, value // 4)
    return [number for number in (value - step, value + step) if number > 0 and value > 0]


def operations(document: Document) -> Iterator[Knob]:
    """Activations, poolings and the operations of cells."""
    for place, word, call in words(document):
        operation = OPERATIONS.get(word)
        bends = operation is not None and operation.activation and not operation.gate
        family = ACTIVATIONS if bends else next((family for family in ALIKE if word in family), ())
        others = [other for other in family if other != word and (call or other not in ("max_pool", "avg_pool"))]
        if others and not (call and bends):
            yield Knob("operations", (place,), tuple((one,) for one in (word, *others)), "call" if call else "value")


def blocks(document: Document) -> Iterator[Knob]:
    """Blocks of the document in place of each other, and depthwise separable convolutions in place of others."""
    own = {name: template for name, template in document.templates.items() if not template.is_cell}
    own = {name: template for name, template in own.items() if library().get(name) != document.data["blocks"][name]}
    inside = {name: _within(document, name, ()) for name in own}
    for place, word, call in words(document):
        given = at(document.data, place)[word] if call else None
        arguments = set(given) if isinstance(given, dict) else set()
        others: Iterable[str] = ()
        if word in own and own[word].declared:
            others = [
                name
                for name, other in own.items()
                if name != word
                and other.declared
                and arguments <= set(other.own)
                and (set(other.declared) <= set(own[word].declared) or set(own[word].declared) <= set(other.declared))
                and name not in inside[word]
                and word not in inside[name]
            ]
        elif word in SEPARABLE and isinstance(given, dict):
            kernel = given.get("kernel", 3)
            if arguments <= {"channels", "kernel", "stride", "padding"} and type(kernel) is int and kernel > 1:
                others = [SEPARABLE[word]]
        if others:
            yield Knob("blocks", (place,), tuple((one,) for one in (word, *others)), "call" if call else "value")


def words(document: Document) -> Iterator[tuple[Place, str, bool]]:
    """Words that stand for operations and blocks: places, words, and whether the place is of a call's mapping."""
    for place, value in values(document.data):
        if isinstance(value, str) and place[0] != "defaults" and not is_librarys(document, place):
            yield place, value, False
    seen: set[Place] = set()
    for place, _ in values(document.data):
        for end in range(2, len(place)):
            outer, word = place[:end], place[end]
            if outer in seen or outer[0] in ("defaults", "parameters") or is_librarys(document, outer):
                continue
            item = at(document.data, outer)
            if isinstance(item, dict) and len(item) == 1 and isinstance(word, str) and outer[-1] not in NOT_ITEMS:
                seen.add(outer)
                yield outer, word, True


ALREADY = {"body", "branches", "auxiliary", "shortcut", "when"}  # what is in these is repeated by others, or is no item
NOT_ITEMS = ("for", "parameters", "defaults")  # keys of mappings whose keys are names


def _within(document: Document, word: str, seen: tuple[str, ...]) -> set[str]:
    """The blocks that a block calls, and those that these call."""
    found: set[str] = set()
    for text in _texts(document.data["blocks"][word]):
        for other in WORD.findall(text):
            if other in (document.data.get("blocks") or {}) and other not in (*seen, word):
                found |= {other} | _within(document, other, (*seen, word))
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
