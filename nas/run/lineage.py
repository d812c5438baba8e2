"""Where a genome is from: the genomes that it was made of, back to one that was not, and what was changed each time.

The journal has the parents; the changes follow from the genomes. Of two parents the nearer one is gone back to.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.space import Genome

if TYPE_CHECKING:
    from nas.run.results import Run
    from nas.run.state import Entry


class Change(NamedTuple):
    """An answer that differs. before: None where the choice is new; after: None where it is gone."""

    path: str
    before: Any
    after: Any


class Step(NamedTuple):
    """A trial, the one that it was made of (None: of none), what was changed, and other parents."""

    entry: "Entry"
    parent: int | None = None
    changes: tuple[Change, ...] = ()
    others: tuple[int, ...] = ()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What makes `after` of `before`, in the order of its choices; those that are gone at the end."""
    changed = [
        Change(path, before.get(path), answer) for path, answer in after.items() if not _same(before.get(path), answer)
    ]
    return (*changed, *(Change(path, answer, None) for path, answer in before.items() if path not in after))


def applied(answers: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The answers after these changes."""
    given = {**answers, **{change.path: change.after for change in changes}}
    return {path: answer for path, answer in given.items() if answer is not None}


def lineage(entries: Sequence["Entry"], number: int) -> list[Step]:
    """From the first ancestor of trial `number` to itself."""
    steps = list[Step]()
    while True:
        entry = entries[number]
        answers = entry.trial.genome.answers
        made = {parent: changes(entries[parent].trial.genome.answers, answers) for parent in entry.parents or ()}
        if not made:
            return [Step(entry), *reversed(steps)]
        parent = min(made, key=lambda parent: len(made[parent]))
        steps.append(Step(entry, parent, made[parent], tuple(other for other in made if other != parent)))
        number = parent


def origin(run: "Run", entry: "Entry") -> str:
    """How a trial without parents came to be, as far as the run says."""
    genome, state = entry.trial.genome, run.state
    if any(genome == Genome(genome.document, given) for given in run.config.start_from):
        return "given to start from"
    if genome in (state.warm or ()):
        return f"chosen by the warm start ({run.config.warm_start})"
    for record in state.derived:
        if any(genome == Genome(genome.document, given) for given in record.answers):
            return f"derived from supernet {record.number}"
    if state.derived:
        return "drawn at random, to compare with the supernets' networks"
    return "drawn anew" if entry.parents is not None else f"proposed by {run.config.searcher}"


def _same(one: Any, other: Any) -> bool:
    """1 is not True, as in genomes."""
    return type(one) is type(other) and bool(one == other)
