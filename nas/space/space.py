"""A search space: a document, and what can be asked of it: genomes, their changes, their graphs, how many there are."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from nas.errors import ShapeError, UserError, did_you_mean
from nas.graph.graph import Graph
from nas.graph.shown import Shown
from nas.space.answers import AnswerTarget
from nas.space.build import Built, build
from nas.space.change import changes, others
from nas.space.document import Document
from nas.space.explore import completions
from nas.space.genome import Genome, answers_of
from nas.space.oracles import ConstraintBroken, Oracle, crossed, fixed, replayed, sampled
from nas.space.place import Choice
from nas.space.problems import DocumentError
from nas.space.recent import Recent
from nas.space.resolve import overridden, with_recipe
from nas.space.size import count, in_words, settings
from nas.space.tilted import tilted
from nas.space.values import is_plain

KINDS = ("operation", "input", "number")
MAX_TRIES, TIGHT_TRIES, REMEMBERED = 300, 30, 50_000


class NothingValid(UserError):
    """No valid genome was met in so many tries; others may be there."""


class Space(Shown):
    """A loaded document: one network, or a search space. `nas.load` makes it.

    Args:
        document: the document, resolved.

    Attributes:
        document: the document, resolved.
        name: the document's name.
        source: where the document says that its networks are from; empty where it does not.
        fixed: whether no choice is open, so that it is one network.
        input: the shape (channels, *spatial) of an image.
        classes: the number of classes.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._recent = Recent()
        self._valid: dict[Genome, Genome] = {}  # genomes that were drawn before, and can be built

    def __repr__(self) -> str:
        what = "one network" if self.fixed else in_words(self.size())
        return f"Space({self.name}: {what}, {'x'.join(map(str, self.input))} to {self.classes} classes)"

    def __reduce__(self) -> tuple[Any, ...]:
        return Space, (self.document,)

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def source(self) -> str:
        return str(self.document.data.get("source", ""))

    @property
    def input(self) -> tuple[int, ...]:
        """(channels, *spatial) of the images."""
        return self.document.input

    @property
    def classes(self) -> int:
        return self.document.classes

    @cached_property
    def _size(self) -> int:
        return count(self.document)

    def size(self) -> int:
        """The number of genomes, exactly (genomes, not networks: two genomes may be the same network)."""
        return self._size

    @cached_property
    def fixed(self) -> bool:
        """Whether no choice is open: the document is one network."""
        target = AnswerTarget(self.document, lambda choice: choice.answers[0])
        with suppress(ConstraintBroken):
            target.walk()
        return not target.choices

    def _walk(self, oracle: Oracle) -> AnswerTarget:
        target = AnswerTarget(self.document, oracle)
        target.walk()
        return target

    def _of(self, genome: Genome | None) -> Built:
        built = self._recent.get(genome)
        if built is None:
            try:
                built = build(self.document, fixed if genome is None else replayed(genome.answers))
            except ConstraintBroken as error:
                raise UserError("genome", str(error)) from None
            self._recent.keep(genome, built)
        return built

    def graph(self, genome: Genome | Mapping[str, Any] | None = None) -> Graph:
        """Expand a genome into the graph of its network, as the document says it, dead operations included.

        Args:
            genome: a genome of this space, or its answers by path; None for a document without choices.

        Returns:
            The graph: shapes, `parameters`, `mult_adds`, `fingerprint()`; `prune()` drops dead operations.

        Raises:
            UserError: the answers are not those of this document, or a shape does not fit.
        """
        return self._of(genome if genome is None or isinstance(genome, Genome) else self.genome(genome)).graph

    def choices(self, genome: Genome) -> list[Choice]:
        """The choices that a genome answers, in the order in which they are met.

        Args:
            genome: a genome of this space.

        Returns:
            Each choice has its `path`, its `kind` ("operation", "input" or "number") and the `answers` that it may
            have.

        Raises:
            UserError: the genome does not answer this document.
        """
        return self._of(genome).choices

    def kinds(self, genome: Genome) -> tuple[str, ...]:
        """The kinds of choice (operation, input, number) that a genome could answer otherwise.

        Args:
            genome: a genome of this space.
        """
        met = {choice.kind for choice in self.choices(genome) if len(choice.answers) > 1}
        return tuple(kind for kind in KINDS if kind in met)

    def genome(self, answers: Mapping[str, Any] | Genome) -> Genome:
        """The genome with these answers.

        Args:
            answers: the answer to each choice by the choice's path, all that are asked for; the mapping of a genome
                file, or a genome, of which the answers are taken.

        Raises:
            UserError: an answer is missing, is none of its choice's, or is of a choice that the others do not open.
        """
        try:
            walk = self._walk(replayed(answers := answers_of(answers)))
        except ConstraintBroken as error:
            raise UserError("genome", str(error)) from None
        for path in answers:
            if path not in walk.answers:
                raise UserError(
                    f"genome: {path}", "no such choice under the other answers", did_you_mean(path, walk.answers)
                )
        return Genome(self.document, walk.answers)

    def sample(self, rng: random.Random) -> Genome:
        """Draw a genome, each choice answered uniformly among valid ones.

        Where hardly any is valid, those of equally many edges are drawn alike (`nas.space.tilted`); and where shapes
        hardly ever fit, it is many changes away from one that is always the same.

        Args:
            rng: where the answers are drawn from.

        Raises:
            UserError: no valid genome was found.
        """
        with suppress(NothingValid):
            return self._draw(lambda: sampled(rng))
        with suppress(NothingValid):
            return self._draw(lambda: replayed(tilted(self.document, rng), sampled(rng)), TIGHT_TRIES)
        genome = self._somewhere
        for _ in self.choices(genome):
            genome = self._changed(genome, rng) or genome
        return genome

    @cached_property
    def _somewhere(self) -> Genome:
        """A valid genome, the same in every process. Raises NothingValid."""
        rng = random.Random(0)
        return self._draw(lambda: sampled(rng), 10 * MAX_TRIES)

    def answered(
        self, oracle: Callable[[], Oracle], rng: random.Random | None = None, tries: int = MAX_TRIES
    ) -> Genome:
        """The first valid genome that oracles give; where they give none, a sample.

        Args:
            oracle: makes a fresh oracle for each try, a function of a choice that gives one of its answers.
            rng: where the sample is drawn from; None: there is none.
            tries: how many oracles are asked.

        Raises:
            UserError: none of them gave a valid genome, and `rng` is None or finds none either.
        """
        try:
            return self._draw(oracle, tries)
        except NothingValid:
            if rng is None:
                raise
            return self.sample(rng)

    def _draw(self, oracle: Callable[[], Oracle], tries: int = MAX_TRIES) -> Genome:
        """The first valid genome that fresh oracles give; answers may break a `where`, or shrink a map to nothing."""
        problem: Exception = ConstraintBroken()
        for _ in range(tries):
            try:
                built = build(self.document, oracle())
            except ConstraintBroken as error:
                problem = error
                continue
            except DocumentError as error:
                if not error.shapes or self.fixed:
                    raise
                problem = error
                continue
            genome = Genome(self.document, built.answers)
            self._recent.keep(genome, built)
            if len(self._valid) >= REMEMBERED:
                self._valid.clear()
            self._valid[genome] = genome
            return genome
        if isinstance(problem, UserError):
            raise NothingValid(problem.where, problem.what, problem.hint)
        raise NothingValid(self.name, f"no valid genome among {tries} samples: {problem}", "loosen the 'where'")

    def mutate(self, genome: Genome, rng: random.Random, kind: str | None = None) -> Genome:
        """Change one answer of a genome.

        A set of sources changes in one of them. Choices that the change opens are answered at random; the genome itself
        comes back where it has no such choice. Where no change of one answer is valid, two are changed, or more.

        Args:
            genome: a genome of this space.
            rng: where the change is drawn from.
            kind: the kind of choice to change, "operation", "input" or "number"; None: any.

        Raises:
            UserError: the genome does not answer this document.
        """
        return self._changed(genome, rng, kind) or self.sample(rng)

    def _changed(self, genome: Genome, rng: random.Random, kind: str | None = None) -> Genome | None:
        """`mutate`; None where no change was found that is valid."""

        def open_to_change(choice: Choice) -> bool:
            return len(choice.answers) > 1 and kind in (None, choice.kind)

        options = [choice for choice in self.choices(genome) if open_to_change(choice)]
        if not options:
            return genome

        for changed in changes(genome.answers, options, rng):
            if (drawn := self._valid.get(Genome(self.document, changed.answers))) is not None:
                return drawn  # all its choices are answered: building it again would draw nothing
            with suppress(NothingValid):
                return self._draw(lambda: replayed(changed.answers, changed.open), tries=1)  # noqa: B023
        return None

    def crossover(self, first: Genome, second: Genome, rng: random.Random) -> Genome:
        """Mix two genomes: each answer is taken at random from one of them (uniform crossover).

        Args:
            first: a genome of this space.
            second: another.
            rng: where it is drawn from which of the two each answer is.

        Returns:
            The mixture; one of the two where no mixture of them is valid.
        """
        try:
            return self._draw(lambda: crossed((first.answers, second.answers), rng))
        except NothingValid:
            return rng.choice((first, second))

    def neighbours(self, genome: Genome) -> Iterator[Genome]:
        """Every genome with one answer changed, under each answer to the choices that the change opens.

        Args:
            genome: a genome of this space.
        """
        for choice in self.choices(genome):
            for answer in others(choice, genome.answers[choice.path]):
                yield from completions(self.document, {**genome.answers, choice.path: answer})

    def enumerate(self) -> Iterator[Genome]:
        """Every genome, by names alone: those whose shapes do not fit are among them, as they are in `size()`."""
        yield from completions(self.document, {})

    def can_be_built(self, genome: Genome) -> bool:
        """Whether a genome's graph fits the space's input, since `enumerate`, `neighbours` and `size` go by names.

        Args:
            genome: a genome of this space.
        """
        try:
            self.graph(genome)
        except (UserError, ShapeError):
            return False
        return True

    def networks(self) -> Iterator[Genome]:
        """A genome of each different network, the first that `enumerate` gives."""
        seen: set[str] = set()
        for genome in self.enumerate():
            if self.can_be_built(genome) and (fingerprint := self.graph(genome).fingerprint()) not in seen:
                seen.add(fingerprint)
                yield genome

    def with_parameters(self, **overrides: Any) -> "Space":
        """The same space with other parameters.

        Args:
            overrides: parameters of the document by name, among them `input` (channels, height, width) and `classes`.

        Raises:
            UserError: the document has no such parameter, or is wrong with this value.
        """
        return Space(overridden(self.document, overrides))

    def with_recipe(self, recipe: Mapping[str, Any]) -> "Space":
        """The same space with other settings of its networks' training.

        Args:
            recipe: all that the document's `recipe` shall hold, by the names of `nas.training.Recipe`; expressions and
                choices as a document has them.
        """
        return Space(with_recipe(self.document, recipe))

    def settings(self, take: Callable[[str, Any], None]) -> None:
        """Go through the values that settings of the document's `recipe` may have; see `nas.space.size`.

        Args:
            take: is called with the name of a setting and a value, for each value of each setting.
        """
        settings(self.document, take)

    def final(self, overrides: Mapping[str, Any] | None = None) -> "Space":
        """The space that a winner's last training uses, in which a genome's answers stay valid.

        Args:
            overrides: parameters by name, over those of the document's `final`.

        Raises:
            UserError: as `with_parameters`.
        """
        return self.with_parameters(**{**(self.document.data.get("final") or {}), **(overrides or {})})

    def finalised(self, genome: Genome, overrides: Mapping[str, Any] | None = None) -> Genome:
        """A genome in the space of `final`, without the answers of parameters that have a value there.

        Args:
            genome: a genome of this space.
            overrides: as in `final`.

        Raises:
            UserError: as `final` and `genome`.
        """
        last = self.final(overrides)
        fixed = tuple(f"parameters.{name}." for name, raw in last.document.parameters.items() if is_plain(raw))
        return last.genome({path: given for path, given in genome.answers.items() if not f"{path}.".startswith(fixed)})
