"""From a network to the calls that make its parts, and the classes that these need, inner ones first."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.exports.code import cells
from nas.exports.code.classes import define
from nas.exports.code.families import Family, Use, families
from nas.exports.code.layers import Classes, Make, layer, same_where_possible, sequential
from nas.exports.code.scopes import Item, Part, tree
from nas.exports.code.wiring import INPUTS, genotypes
from nas.exports.code.words import DROPS, GLOBAL, Names, camel
from nas.exports.code.zeros import localised
from nas.graph.shared import groups

MOST_LAYERS = 3  # of a block that is written twice rather than as a class
WIRED = "cells"  # the group of all cells that are data

if TYPE_CHECKING:
    from nas.network import Network


class Builder:
    """items, heads: of the network and of each auxiliary head. texts: lines of each class, by its name.

    copied: classes of ours that the file needs a copy of.
    """

    def __init__(self, model: "Network", name: str) -> None:
        if groups(model.graph.nodes):
            what = "layers that share their weights are not written as source code"
            raise UserError(model.graph.name, what, "format torch or onnx can hold them")
        self.graph, old = localised(model.graph)
        self.names = Names(GLOBAL)
        self.name = self.names.unique(camel(name))
        self.texts: dict[str, list[str]] = {}
        self.copied: dict[str, type] = {}
        self.constants: list[str] = []
        self.makes: dict[int, Make] = {}
        steps = model._training[0]  # the plan of inference is a part of it
        places = {id(module): name for name, module in model.named_modules()}
        told = {step.node: step for step in steps}
        numbers = [number for number, before in enumerate(old) if before in told]
        modules = {number: told[old[number]].parent[told[old[number]].name] for number in numbers}
        self.places = {number: places[id(module)] for number, module in modules.items()}
        shapes = {n: [self.graph.nodes[i].shape for i in self.graph.nodes[n].inputs] for n in numbers}
        for number, module in modules.items():
            node, place = self.graph.nodes[number], self.places[number]
            self.makes[number] = layer(number, node, shapes[number], module, place, self.copied)
        if any(name.endswith("dSame") for name in self.copied):
            same_where_possible(self.makes, modules, {number: each[0] for number, each in shapes.items()})
        self.names.taken |= set(self.copied)
        self._mark_classes()
        self.items, self.heads = tree(self.graph)
        self.made: dict[int, Make] = {}  # of parts that classes make, by id
        self._define([item.part for items in (self.items, *self.heads) for item in items])

    def make(self, part: Part) -> Make:
        if part.node is not None:
            return self.makes[part.node]
        made = self.made.get(id(part))
        return made or replace(sequential([self.make(i.part) for i in part.items]), loose=bool(part.templates))

    def keys(self, prefix: str, make: Make) -> dict[str, str]:
        """Where the state dict of the class has the module of each place of the network's."""
        found = {} if make.node is None or not make.is_module else {self.places[make.node]: prefix}
        for name, inner in make.inner:
            found |= self.keys(f"{prefix}.{name}" if prefix else name, inner)
        return found

    def _mark_classes(self) -> None:
        """The layers that give one number for each class."""
        for end in (self.graph.output, *self.graph.auxiliary):
            todo = [end]
            while todo:
                number = todo.pop()
                node = self.graph.nodes[number]
                sizes = [a for a in self.makes[number].arguments if a.name in ("out_features", "out_channels", "units")]
                if not number:
                    continue
                for argument in sizes:
                    argument.value = Classes(argument.value)
                if sizes:
                    continue
                if any(a.kind == "channels" for a in self.makes[number].arguments):
                    for argument in self.makes[number].arguments:
                        argument.value = Classes(argument.value) if argument.name == "num_features" else argument.value
                if node.operation not in ("concat", "channel_pool", "reshape", "flatten", "slice", "split", "select"):
                    todo += [i for i in node.inputs if i]
                elif node.operation == "flatten":
                    todo += [i for i in node.inputs if i and self.graph.nodes[i].shape[0] == node.shape[0]]

    def _define(self, parts: list[Part]) -> None:
        every = list(parts)
        for part in every:
            every += [item.part for item in part.items]
        composite = [part for part in every if part.items]
        uses = Counter(self._key(part) for part in composite)
        loose = {self._key(part) for part in composite if not part.chain}
        classed = [
            p for p in composite if not p.chain or (p.templates and (uses[self._key(p)] > 1 or self._key(p) in loose))
        ]
        groups: dict[tuple[str, int], list[Part]] = {}
        heights: dict[int, int] = {}
        recursive = {self._key(p) for p in classed if self._key(p) in self._inside(p)}
        self.genotypes = genotypes(self.graph, classed, self._drops)
        wired = {id(use.part) for genotype in self.genotypes for use in genotype.uses}
        sequences = {id(item.part) for part in composite if part.chain for item in part.items}
        several = {self._key(part) for part in composite if len(set(self._reads(part))) > 1}
        if sequences & wired:
            self.genotypes, wired = [], set()  # a sequence has no second input to give
        self.sites = self._sites(parts, {id(part) for part in classed}, wired)
        for part in classed:
            key = WIRED if id(part) in wired else self._key(part)
            key += " in a sequence" * (key in several and id(part) in sequences)
            groups.setdefault((key, self._height(part, heights) if key in recursive else 0), []).append(part)
        done: set[tuple[str, int]] = set()
        group_of = {id(part): key for key, group in groups.items() for part in group}

        def visit(key: tuple[str, int]) -> None:
            if key in done:
                return
            done.add(key)
            for part in groups[key]:
                for inner in self._parts(part):
                    if id(inner) in group_of:
                        visit(group_of[id(inner)])
            if key[0] != WIRED or not self._cells():
                for name in dict.fromkeys(map(self._key, groups[key])):
                    self._group([part for part in groups[key] if self._key(part) == name])

        for group in groups:
            visit(group)

    @staticmethod
    def _reads(part: Part) -> list[int]:
        inside = {item.part.output for item in part.items}
        return [value for item in part.items for value in item.reads if value not in inside]

    def _drops(self, part: Part) -> bool:
        return part.node is not None and self.makes[part.node].maker in DROPS

    def _cells(self) -> bool:
        """Whether all cells are one class, to which their operations are data."""
        try:
            found = cells.define(self.graph, self.genotypes, lambda item: self.make(item.part), self.names)
        except cells.Inexpressible:
            self.genotypes = []
            return False
        self.constants = found.constants
        self.texts |= found.texts
        for genotype in self.genotypes:
            for use in genotype.uses:
                assert use.call is not None
                self.made[id(use.part)] = use.call
        return True

    def _sites(self, parts: list[Part], classed: set[int], wired: set[int]) -> dict[int, Any]:
        """Where in the text each use of a block stands: outside of all classes, or in which of them."""
        words: dict[int, tuple[str, ...]] = {}
        for use in (use for genotype in self.genotypes for use in genotype.uses):
            for edge in (edge for edges in use.nodes.values() for edge in edges):
                words |= {id(item.part): (edge.word, str(at)) for at, item in enumerate(edge.items)}
            for name, fit in zip(INPUTS, use.fits, strict=True):
                words |= {id(item.part): (name, str(at)) for at, item in enumerate(fit)}
        found: dict[int, Any] = {}
        todo: list[tuple[Part, str, tuple[str, ...]]] = [(part, "", ()) for part in parts]
        for part, owner, path in todo:
            if id(part) in classed:
                found[id(part)] = (owner, words.get(id(part), path)) if owner else ("", id(part))
                owner, path = WIRED if id(part) in wired else self._key(part), ()
            todo += [(item.part, owner, (*path, *item.name)) for item in part.items]
        return found

    def _inline(self, family: Family) -> bool:
        """Whether the layers of a block stand where it is used: in one place; or in two, if they are few."""
        sites = {self.sites[id(use.part)] for use in family.uses}
        plain = all(len(place.kinds) == 1 and not place.optional for place in family.places)
        owners = {owner for owner, _ in sites}
        most = 0 if owners - {"", WIRED} else MOST_LAYERS - (WIRED in owners)
        few = len(family.places) <= most and not any(make.children for make in family.uses[0].makes)
        return family.chain and plain and (len(sites) == 1 or (few and len(sites) == 2))

    def _group(self, parts: list[Part]) -> None:
        found = families([Use(part, [self.make(item.part) for item in part.items]) for part in parts])
        for family in found:
            if len(family.places) == 1 and len(family.places[0].kinds) == 1 and not family.places[0].optional:
                for use in family.uses:
                    self.made[id(use.part)] = use.makes[0]
                continue
            if self._inline(family):
                for use in family.uses:
                    self.made[id(use.part)] = replace(sequential(use.makes), loose=True)
                continue
            name = self.names.unique(self._name([use.part for use in family.uses]))
            self.texts[name] = define(family, name, lambda value: self.graph.nodes[value].shape[0])
            for use in family.uses:
                assert use.made is not None
                self.made[id(use.part)] = use.made

    def _name(self, parts: list[Part]) -> str:
        """The outermost block's name, as far as all uses have it, else the innermost's; of a turn, the loop's."""
        first = parts[0]
        if first.templates:
            outer = [part.templates[0].template.split("_") for part in parts]
            common = [words[0] for words in zip(*outer, strict=False) if len(set(words)) == 1 and words[0].isalpha()]
            same = all(words == outer[0] for words in outer)
            word = "_".join(outer[0] if same else common) or first.templates[-1].template
            inner = {template.template for part in parts for template in part.templates[-1:]}
            if not same and any(part.templates[0].template in inner for part in parts):
                word = first.templates[-1].template  # some uses are of the inner block itself
        else:
            word = _singular(first.word)
        name = camel(word)
        name = f"{name}Block" if name == self.name else name
        cell = any("nodes" in item.name for item in first.items)
        return name if not cell or name.lower().endswith(("cell", "block")) else f"{name}Cell"

    @staticmethod
    def _key(part: Part) -> str:
        return part.templates[-1].template if part.templates else f"{part.word} "

    def _parts(self, part: Part) -> list[Part]:
        every = [item.part for item in part.items]
        for each in every:
            every += [item.part for item in each.items]
        return every

    def _inside(self, part: Part) -> set[str]:
        return {self._key(inner) for inner in self._parts(part) if inner.items}

    def _height(self, part: Part, known: dict[int, int]) -> int:
        if id(part) not in known:
            known[id(part)] = 1 + max((self._height(item.part, known) for item in part.items), default=-1)
        return known[id(part)]


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def entries(builder: Builder, items: list[Item]) -> list[tuple[tuple[str, ...], Make, list[int], int]]:
    """Of each item: its name, its make, what it reads and the value that it gives."""
    makes = [builder.make(item.part) for item in items]
    return [
        (item.name, make, list(make.order or item.reads), item.part.output)
        for item, make in zip(items, makes, strict=True)
    ]
