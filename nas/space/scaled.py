"""A fixed document with its depth, width and resolution as functions of one number: compound scaling.

Source: Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, arXiv:1905.11946,
section 3.3: depth alpha ** phi, width beta ** phi, resolution gamma ** phi. Repeats are rounded up, and widths to
multiples of 8 from 64 channels on, as in the authors' code (`round_repeats`, `round_filters`); of less below.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from nas.errors import ShapeError, UserError
from nas.space.build import build
from nas.space.document import Document
from nas.space.library import WORD
from nas.space.marks import Place
from nas.space.oracles import fixed
from nas.space.rewrite import at, free_name, multiple, with_values, words_of
from nas.space.trace import Trace, Width, trace

FACTORS = {"alpha": "deeper", "beta": "wider", "gamma": "finer"}  # what each gives to the power of phi
NAMES = ("phi", *FACTORS, *FACTORS.values())
SLACK = 0.2  # of an elasticity: whole numbers do not halve exactly
APART = {"kernel", "stride", "dilation", "size"}


def scalable(document: Document) -> Document:
    """The document with parameters `phi`, `alpha`, `beta` and `gamma`, all of which scale nothing yet.

    It brings images to its own resolution, that of its `input` times gamma ** phi, itself: `resize` comes first.

    Raises:
        UserError: it has choices, or a width, or no depth, that could be scaled; what that is, is named.
    """
    if not document.input[1:]:
        raise UserError(document.name, "a network of vectors has no resolution to scale")
    found = trace(document)
    places = {"wider": wide_places(document, found), "deeper": deep_places(document, found)}
    document = without_unread(document, [place for several in places.values() for place in several])
    taken = words_of(document)
    names = {name: free_name(name, taken) for name in NAMES}
    changed = {
        place: _scaled(found, place, names[factor], factor) for factor, several in places.items() for place in several
    }
    parameters: dict[str, Any] = {names["phi"]: 0} | {names[name]: 1.0 for name in FACTORS}
    parameters |= {names[factor]: f"={names[name]} ** {names['phi']}" for name, factor in FACTORS.items()}
    scaled = with_values(document, changed, parameters)
    sizes = [f"round({size} * {names['finer']})" for size in document.input[1:]]
    resize = {"resize": f"={sizes[0]}" if len(set(sizes)) == 1 else f"=[{', '.join(sizes)}]"}
    network = scaled.data["network"]
    chain = isinstance(network, dict) and scaled.head(network) == "chain"
    first = free_name("resized", words_of(scaled))
    data: Any = {**scaled.data, "network": {first: resize, **(network if chain else {"scaled": network})}}
    data["input"] = list(document.input)
    return Document(data)


def parameter_names(scaled: Document) -> dict[str, str]:
    """What a document of `scalable` calls phi, alpha, beta and gamma."""
    own = list(scaled.data["parameters"])
    return dict(zip(("phi", *FACTORS), own, strict=False))


def _scaled(found: Trace, place: Place, name: str, factor: str) -> str:
    """A multiplier stays one; a number of channels, or of repeats, is rounded."""
    value = found.numbers[place]
    if isinstance(value, float) or (factor == "wider" and _multiplies(found, place)):
        return f"={name}" if value == 1 else f"={value} * {name}"
    return f"=ceil({value} * {name})" if factor == "deeper" else multiple(value, name)


def _multiplies(found: Trace, place: Place) -> bool:
    """Whether a number is smaller than all the channels that follow from it, and so counts none itself."""
    return found.numbers[place] < min(width.channels for width in found.widths.values() if place in width.slopes)


def wide_places(document: Document, found: Trace) -> list[Place]:
    """The numbers that make every width so many times as large as they become: each of them once.

    Raises UserError naming a width that none of them reaches.
    """
    given = (document.classes, document.input[0])
    widths = [width for width in found.widths.values() if width.slopes or width.channels not in given]
    scales = dict.fromkeys(place for width in widths for place in width.slopes)
    apart = {
        place for place in scales if {argument for _, argument in found.uses.get(place, ())} & (APART | {"repeat"})
    }
    for place in scales:  # `times: 2`, where the document does not round: 2.2 times 64 are no channels
        if type(found.numbers[place]) is int and _multiplies(found, place):
            with suppress(UserError, ShapeError):
                build(with_values(document, {place: found.numbers[place] + 0.1}), fixed)
                continue
            apart.add(place)
    chosen: list[Place] = []
    moved = [0.0] * len(widths)
    for place in sorted(scales, key=lambda place: -sum(_elasticity(width, place) > SLACK for width in widths)):
        more = [_elasticity(width, place) for width in widths]
        after = [one + other for one, other in zip(moved, more, strict=True)]
        useful = any(abs(new - 1) < abs(old - 1) - SLACK / 2 for new, old in zip(after, moved, strict=True))
        if place not in apart and useful and max(after) <= 1.5:
            chosen, moved = [*chosen, place], after
    for width, elasticity in zip(widths, moved, strict=True):
        if abs(elasticity - 1) > SLACK:
            what = f"the {width.channels} channels of {width.path} cannot be scaled by the numbers of the document"
            raise UserError(document.name, what, "write them as a number, or as a multiple of one")
    return chosen


def _elasticity(width: Width, place: Place) -> float:
    """How many per cent wider by one per cent more."""
    return width.slopes.get(place, 0.0) / width.channels


def deep_places(document: Document, found: Trace) -> list[Place]:
    """The numbers that say how often something is repeated, one for each `repeat`. Raises UserError for none."""
    repeats = [slopes for _, slopes in found.repeats if slopes]
    counts: dict[Place, int] = {}
    for slopes in repeats:
        for place in slopes:
            counts[place] = counts.get(place, 0) + 1
    chosen: list[Place] = []
    for place in sorted(counts, key=lambda place: -counts[place]):
        apart = {argument for _, argument in found.uses.get(place, ())} & (APART | {"channels", "features"})
        if not apart and not any(place in slopes and not slopes.keys().isdisjoint(chosen) for slopes in repeats):
            chosen.append(place)
    for path, slopes in found.repeats:
        if slopes and slopes.keys().isdisjoint(chosen):
            raise UserError(document.name, f"the repeats of {path} cannot be scaled", "write them as a number")
    if not chosen:
        what = "it has no depth to scale: nothing is repeated a number of times"
        raise UserError(document.name, what, "write blocks that follow each other as {repeat: 2, body: [...]}")
    return chosen


def without_unread(document: Document, replaced: Sequence[Place]) -> Document:
    """The document without the parameters that nothing reads once these places have other values, and its input."""
    emptied: Any = with_values(document, dict.fromkeys(replaced, 0)).data
    data = dict(emptied)
    before = _read({**document.data})
    while True:
        read = _read({name: value for name, value in data.items() if name != "input"})
        parameters: Mapping[str, Any] = data.get("parameters") or {}
        kept = {
            name: value
            for name, value in parameters.items()
            if name in read or name not in before or ("parameters", name) in replaced
        }
        if len(kept) == len(parameters):
            break
        data["parameters"] = kept
    names = [name for name in document.data.get("parameters") or {} if name in (data.get("parameters") or {})]
    left: Any = {**document.data, "parameters": {name: at(document.data, ("parameters", name)) for name in names}}
    left.pop("final", None)
    return Document({**left, "input": list(document.input)})


def _read(value: Any) -> set[str]:
    """The words in expressions, keys among them."""
    if isinstance(value, str):
        return set(WORD.findall(value)) if value.startswith("=") else set()
    if isinstance(value, dict):
        return set().union(*(_read(key) | _read(item) for key, item in value.items()))
    return set().union(*map(_read, value)) if isinstance(value, list) else set()
