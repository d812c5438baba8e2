"""The attributes of a network: chains of parts as one nn.Sequential, rows of cells as one list."""

from collections import Counter
from dataclasses import dataclass, field

from nas.exports.code.builder import Builder
from nas.exports.code.layers import Make, sequential
from nas.exports.code.scopes import numbered


@dataclass(eq=False)
class Entry:
    """An attribute of the network and how it runs.

    steps: (make, reads, value) each; several where a list of cells runs in a loop. head: the auxiliary head that it
    belongs to. taps: auxiliary heads that read what a cell of the list gives, by its number.
    """

    words: tuple[str, ...]
    steps: list[tuple[Make, list[int], int]]
    head: int | None = None
    name: str = ""
    taps: dict[int, "Entry"] = field(default_factory=dict)

    @property
    def make(self) -> Make:
        return self.steps[0][0]

    @property
    def window(self) -> bool:
        return len(self.steps) > 1

    @property
    def value(self) -> int:
        return self.steps[-1][2]


def split(builder: Builder, entries: list[Entry]) -> list[Entry]:
    """A chain without names: its features, and the layers from which on values are vectors."""
    chain = all(len(entry.steps[0][1]) == 1 and entry.make.is_module for entry in entries)
    if not chain or len(entries) < 3:
        return entries
    shapes = [builder.graph.nodes[entry.value].shape for entry in entries]
    at = next((i for i, shape in enumerate(shapes) if len(shape) == 1), len(entries) - 1)
    at = min(max(at, 1), len(entries) - 1)
    return [_joined("features", entries[:at]), _joined("classifier", entries[at:])]


def _joined(word: str, entries: list[Entry]) -> Entry:
    if len(entries) == 1:
        return Entry((word,), entries[0].steps)
    make = sequential([entry.make for entry in entries])
    return Entry((word,), [(make, entries[0].steps[0][1], entries[-1].value)])


def windows(entries: list[Entry], looked_at: set[int], taps: dict[int, Entry]) -> list[Entry]:
    """Rows of cells, each of which reads the two values before it, as one entry.

    looked_at: values that others read. taps: those that one auxiliary head reads.
    """
    readers: dict[int, list[Entry]] = {}
    for entry in entries:
        for value in entry.steps[0][1]:
            readers.setdefault(value, []).append(entry)
    done: list[Entry] = []
    at = 0
    while at < len(entries):
        run = [entries[at]]
        while (
            at + len(run) < len(entries)
            and len(run[-1].steps[0][1]) == 2
            and (after := entries[at + len(run)]).steps[0][1] == [run[-1].steps[0][1][1], run[-1].value]
            and (after.words[:1] == run[0].words[:1] or after.make.maker == run[0].make.maker)
            and (run[-1].value not in looked_at or run[-1].value in taps)
            and (len(run) < 2 or all(reader in (run[-1], after) for reader in readers[run[-2].value]))
        ):
            run.append(after)
        if len(run) > 1 and all(entry.make.is_module for entry in run):
            inner = {number: taps[each.value] for number, each in enumerate(run[:-1]) if each.value in taps}
            done.append(Entry(run[-1].words[:1], [entry.steps[0] for entry in run], taps=inner))
            at += len(run)
        else:
            done.append(entries[at])
            at += 1
    return done


def rows(entries: list[Entry], looked_at: set[int]) -> list[Entry]:
    """Chains of parts of one name as one nn.Sequential."""
    readers = Counter(value for entry in entries for _, reads, _ in entry.steps for value in set(reads))
    done: list[Entry] = []
    at = 0
    while at < len(entries):
        run = [entries[at]]
        while (
            at + len(run) < len(entries)
            and not run[-1].window
            and len(run[-1].steps[0][1]) == 1
            and run[-1].make.is_module
            and (after := entries[at + len(run)]).steps[0][1] == [run[-1].value]
            and not after.window
            and after.make.is_module
            and after.words[:1] == run[0].words[:1]
            and len(after.words) > 1
            and numbered(after.words[1:2])
            and readers[run[-1].value] == 1
            and run[-1].value not in looked_at
        ):
            run.append(after)
        done.append(_joined(run[0].words[0], run) if len(run) > 1 else run[0])
        at += len(run)
    return done
