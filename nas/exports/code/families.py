"""Uses of one block laid over each other: what is in all of them, in some alone, and where they read another value."""

from dataclasses import dataclass, field

from nas.exports.code.layers import Make, alike
from nas.exports.code.scopes import FILLERS, Item, Part
from nas.exports.code.words import attributes

Spot = tuple[int, int]  # a place, and which of its reads
MOST_OPTIONAL = 5  # items that a use may leave out or have another of; beyond them it is another class


@dataclass(eq=False)
class Use:
    """One use of a block: its part, and what makes each item."""

    part: Part
    makes: list[Make]
    made: Make | None = None  # the call of the class

    @property
    def items(self) -> list[Item]:
        return self.part.items

    def names(self) -> list[str]:
        return attributes([(item.name, make.maker) for item, make in zip(self.items, self.makes, strict=True)])

    @property
    def reads(self) -> list[int]:
        own = {item.part.output for item in self.items}
        return [value for item in self.items for value in item.reads if value not in own]


@dataclass(eq=False)
class Place:
    """An item of a class: what it is in each use, None where a use lacks it.

    kinds: one make for each alternative, two at most. reads: of each of its inputs the place that gives it, or None
    where that is an input of the class. values: what these inputs of the class are in each use.
    """

    name: tuple[str, ...]
    kinds: list[Make]
    reads: list[int | None]
    makes: list[Make | None] = field(default_factory=list)
    values: list[list[int | None]] = field(default_factory=list)

    @property
    def instead(self) -> int | None:
        """The place, or input (None), that is read in its place where a use lacks it: the first but an input."""
        inner = [read for read in self.reads if read is not None]
        return inner[-1] if inner else None

    @property
    def optional(self) -> bool:
        return None in self.makes


@dataclass(eq=False)
class Family:
    """Uses that one class makes. output: the place whose value it gives."""

    uses: list[Use]
    places: list[Place]
    output: int

    def names(self) -> list[str]:
        """Of the attributes of the class."""
        return attributes([(place.name, place.kinds[0].maker) for place in self.places])

    @property
    def chain(self) -> bool:
        """Whether it is an nn.Sequential."""
        reads = [place.reads for place in self.places]
        return reads == [[None], *([i] for i in range(len(reads) - 1))] and all(
            kind.is_module for place in self.places for kind in place.kinds
        )

    def inputs(self) -> tuple[list[list[Spot]], list[list[int]]]:
        """The inputs of the class: where each is read, as (place, which of its reads), and its value in each use."""
        formals: list[list[Spot]] = []
        vectors: list[list[int | None]] = []
        for number, place in enumerate(self.places):
            for at, read in enumerate(place.reads):
                if read is not None:
                    continue
                vector = place.values[at]
                for formal, known in zip(formals, vectors, strict=True):
                    if all(a is None or b is None or a == b for a, b in zip(known, vector, strict=True)):
                        formal.append((number, at))
                        known[:] = [b if a is None else a for a, b in zip(known, vector, strict=True)]
                        break
                else:
                    formals.append([(number, at)])
                    vectors.append(list(vector))
        filled = []
        for vector in vectors:
            others = [
                next((v[k] for v in vectors if v[k] is not None), use.reads[0]) for k, use in enumerate(self.uses)
            ]
            filled.append([other if value is None else value for value, other in zip(vector, others, strict=True)])
        return formals, filled  # type: ignore[return-value]


def brief(name: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in name if word not in FILLERS)


def families(uses: list[Use]) -> list[Family]:
    """As few classes as make all the uses: the largest first, others where they fit into it."""
    found: list[Family] = []
    for use in sorted(uses, key=lambda use: -len(use.items)):
        if not any(_fitted(family, use) for family in found):
            found.append(_alone(use))
    order = {id(use): number for number, use in enumerate(uses)}
    return sorted(found, key=lambda family: min(order[id(use)] for use in family.uses))


def _alone(use: Use) -> Family:
    producer = {item.part.output: number for number, item in enumerate(use.items)}
    places = []
    for item, make in zip(use.items, use.makes, strict=True):
        read = make.order or item.reads
        reads = [producer.get(value) for value in read]
        values: list[list[int | None]] = [[value] if value not in producer else [None] for value in read]
        places.append(Place(item.name, [make], reads, [make], values))
    return Family([use], places, producer[use.part.output])


def _fitted(family: Family, use: Use) -> bool:
    """Adds a use to a family, or leaves the family as it is where they are too different."""
    given: list[int | Spot] = []  # of each place: the value that stands for its output in this use
    inputs: dict[Spot, int] = {}  # inputs of the class, where they are read
    matched: list[Make | None] = []
    kinds: list[list[Make]] = []
    own = {item.part.output for item in use.items}
    at = absent = others = 0
    for number, place in enumerate(family.places):
        wanted = [(number, slot) if read is None else given[read] for slot, read in enumerate(place.reads)]
        kinds.append(place.kinds)
        values = list(use.makes[at].order or use.items[at].reads) if at < len(use.items) else []
        if _agree(values, wanted, inputs, own) and _matches(family, number, use, at):
            make = use.makes[at]
            if not any(alike(kind, make) for kind in place.kinds):
                kinds[-1] = [*place.kinds, make]
                others += 1
            inputs |= {want: value for want, value in zip(wanted, values, strict=True) if isinstance(want, tuple)}
            matched.append(make)
            given.append(use.items[at].part.output)
            at += 1
        elif len(place.reads) > 1 and place.kinds[0].is_module:
            return False
        else:
            absent += 1
            matched.append(None)
            given.append(wanted[place.reads.index(place.instead)])
    if at < len(use.items) or given[family.output] != use.part.output:
        return False
    whole = len(family.places)
    if absent + others > MOST_OPTIONAL or 3 * others > whole or 3 * absent > 2 * whole:
        return False
    for number, (place, found, kind) in enumerate(zip(family.places, matched, kinds, strict=True)):
        place.makes.append(found)
        place.kinds = kind
        for slot, column in enumerate(place.values):
            column.append(inputs.get((number, slot)))
    family.uses.append(use)
    return True


def _agree(values: list[int], wanted: list["int | Spot"], inputs: dict[Spot, int], own: set[int]) -> bool:
    """Whether an item reads what its place does: the values that other places give, or inputs."""
    return len(values) == len(wanted) and all(
        value not in own and inputs.get(want, value) == value if isinstance(want, tuple) else value == want
        for value, want in zip(values, wanted, strict=True)
    )


def _matches(family: Family, number: int, use: Use, at: int) -> bool:
    """Whether an item of a use is the one at a place: by its name; else by what it is, where no name decides."""
    place, make = family.places[number], use.makes[at]
    names, others = family.names(), use.names()
    mine, other = names[number], others[at]
    known = any(alike(kind, make) for kind in place.kinds)
    may_differ = len(place.kinds) == 1 and place.kinds[0].is_module and make.is_module
    if mine == other:
        return known or may_differ
    return known and other not in names[number + 1 :] and mine not in others[at + 1 :]
