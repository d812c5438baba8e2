"""What the networks of a space cost on average where each answer is drawn with a probability of its own.

ProxylessNAS' expected latency (Cai et al. 2019, arXiv:1812.00332, equation 3) over any document, with a cost of the
graph in place of the latency: the sum over the operations of what one costs times the probability that it is there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nas.graph.operation import Operation
from nas.space import Space
from nas.space.place import Answered, Flow, Place
from nas.space.supernet import SupernetTarget, every

COSTS = ("mult_adds", "parameters")
Conditions = frozenset[Answered]  # of which one has to hold: answers that are all given


class ExpectedCost:
    """A function of the answers' probabilities.

    It is exact for what each genome's document says, dead operations included, where no `where` rules genomes out and
    no choice changes the size of what it is not around: the largest is taken then. Of a set of k of n sources each is
    there with probability k / n, whichever others are.
    """

    def __init__(self, space: Space, cost: str) -> None:
        """cost: one of COSTS. Raises UserError where the space's alternatives cannot be mixed."""
        target = _Conditional(space)
        output = target.walk().node
        self.choices = target.open_choices
        self.costs: dict[Conditions, int] = defaultdict(int)  # of the operations that hang on the same
        seen, todo = {output}, [output]
        while todo:
            node = target.nodes[number := todo.pop()]
            if own := getattr(node, cost):
                self.costs[frozenset(target.conditions[number])] += own
            todo += set(node.inputs) - seen
            seen |= set(node.inputs)

    def __call__(self, probabilities: Mapping[str, Tensor]) -> Tensor:
        """float64, to differentiate. probabilities: of each answer, by the choice's path; sets are left out."""
        doubles = {path: each.double() for path, each in probabilities.items()}
        terms = [cost * self._probability(conditions, doubles) for conditions, cost in self.costs.items()]
        total: Tensor = sum(terms, torch.zeros((), dtype=torch.float64))
        return total

    def _probability(self, conditions: Conditions, given: Mapping[str, Tensor]) -> Any:
        """That one of the conditions holds: by cases of the first choice in them."""
        if not conditions or () in conditions:
            return float(bool(conditions))
        path, answer = min(conditions, key=repr)[0]
        choice, total = self.choices[path], 0.0
        if choice.sets:  # a source is there or not, by itself
            share = choice.sets / len(choice.answers)
            rest = frozenset(one for one in conditions if (path, answer) not in one)
            there = frozenset(_without(one, (path, answer)) for one in conditions)
            return share * self._probability(there, given) + (1 - share) * self._probability(rest, given)
        for position, taken in enumerate(choice.answers):
            others = {(path, other) for other in choice.answers if other != taken}
            left = frozenset(_without(one, (path, taken)) for one in conditions if not others & set(one))
            total = total + given[path][position] * self._probability(left, given)
        return total


def _without(condition: Sequence[tuple[str, Any]], part: tuple[str, Any]) -> Answered:
    return tuple([one for one in condition if one != part])


class _Conditional(SupernetTarget):
    """The walk of all answers of a document as it will be trained; each node knows under which answers it was met."""

    def __init__(self, space: Space) -> None:
        super().__init__(space.document, every, False, True, False, False, None)
        self.conditions: dict[int, set[Answered]] = defaultdict(set)

    def place(self, op: Operation, flows: Sequence[Flow], at: Place) -> Flow:
        flow = super().place(op, flows, at)
        self.conditions[flow.node].add(self.within)
        return flow
