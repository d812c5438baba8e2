"""A document's choices as Optuna's parameters: what a trial suggests answers the walk over the document.

A parameter is in a trial only where the walk meets its choice. Words, operations and single sources are categories.
Numbers keep their order: whole numbers in even steps stand for themselves, others for their rank. A set of sources is
one category among all sets where these are few; else its sources are picked in order, each among those with which some
set goes on. Either way no set has a source twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from optuna import TrialPruned
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import BaseTrial

from nas.space import Choice, Genome, Space
from nas.space.oracles import Oracle

MAX_CATEGORIES = 64  # sets of sources that are one category

Pick = Callable[[str, BaseDistribution], Any]  # (a parameter's name, its values) -> one of these
Among = Callable[[int | None, Sequence[Any]], Any]  # (a place in a set of sources, the options there) -> one of these


def suggest(trial: BaseTrial, space: Space) -> Genome:
    """The genome that a trial suggests; of a trial that ended, the one that it was.

    A parameter is named by its choice's path.

    Args:
        trial: of a study, under any sampler.
        space: whose choices are answered.

    Raises:
        optuna.TrialPruned: the suggestions break a `where` of the document or make no network, which ends the trial for
            Optuna.
        ValueError: the trial was something else.
    """
    tries = iter([Parameters().oracle(lambda name, distribution: suggested(trial, name, distribution))])

    def once() -> Oracle:
        for oracle in tries:
            return oracle
        raise TrialPruned(f"the suggestions make no network of {space.name}")

    return space.answered(once)


def suggested(trial: BaseTrial, name: str, distribution: BaseDistribution) -> Any:
    """What a trial suggests for a parameter."""
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(name, distribution.low, distribution.high, step=distribution.step)
    assert isinstance(distribution, CategoricalDistribution)
    return trial.suggest_categorical(name, distribution.choices)


@dataclass(frozen=True)
class Parameters:
    """How choices become parameters.

    distinct: a name says the options too, so that a choice whose alternatives depend on other answers is a parameter
    for each list of them; Optuna's categories cannot change. numbers_only: every parameter is a whole number, the
    position among the options, for samplers that know no categories.
    """

    distinct: bool = False
    numbers_only: bool = False

    def oracle(self, pick: Pick) -> Oracle:
        """Answers each choice by what `pick` says."""

        def answer(choice: Choice) -> Any:
            def among(part: int | None, options: Sequence[Any]) -> Any:
                name, distribution, values = self._coded(choice, part, options)
                return options[values.index(pick(name, distribution))]

            return _answer(choice, among)

        return answer

    def of(self, space: Space, genome: Genome) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """The genome as (values, distributions) of its parameters, by name."""
        parameters: dict[str, Any] = {}
        distributions: dict[str, BaseDistribution] = {}
        for choice in space.choices(genome):
            answer = genome.answers[choice.path]

            def among(part: int | None, options: Sequence[Any], choice: Choice = choice, answer: Any = answer) -> Any:
                option = answer if part is None else answer[part]
                name, distributions[name], values = self._coded(choice, part, options)
                parameters[name] = values[list(options).index(option)]
                return option

            _answer(choice, among)
        return parameters, distributions

    def _coded(
        self, choice: Choice, part: int | None, options: Sequence[Any]
    ) -> tuple[str, BaseDistribution, list[Any]]:
        """A parameter's name and distribution, and its value for each option."""
        name = choice.path if part is None else f"{choice.path}.{part}"
        if self.distinct:
            name = f"{name} among {options}"
        if self.numbers_only:
            return name, IntDistribution(0, len(options) - 1), list(range(len(options)))
        if choice.kind == "number":
            return name, *_ordered(options)
        words = [",".join(map(str, option)) if isinstance(option, tuple) else option for option in options]
        return name, CategoricalDistribution(words), words


def _answer(choice: Choice, among: Among) -> Any:
    """One of the choice's answers, decided by `among` wherever there is more than one option."""
    left = choice.answers
    if len(left) == 1:
        return left[0]
    if len(left) <= MAX_CATEGORIES or not isinstance(left[0], tuple):
        return among(None, left)
    for part in range(len(left[0])):
        options = sorted({answer[part] for answer in left})
        taken = among(part, options) if len(options) > 1 else options[0]
        left = [answer for answer in left if answer[part] == taken]
    return left[0]


def _ordered(numbers: Sequence[Any]) -> tuple[BaseDistribution, list[Any]]:
    """Numbers as themselves where they are whole and in even steps, else as their ranks."""
    inorder = sorted(set(numbers))
    gaps = {after - before for before, after in pairwise(inorder)}
    if len(gaps) == 1 and all(type(number) is int for number in numbers):
        return IntDistribution(inorder[0], inorder[-1], step=gaps.pop()), list(numbers)
    return IntDistribution(0, len(inorder) - 1), [inorder.index(number) for number in numbers]
