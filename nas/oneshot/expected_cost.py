"""What the networks of a space cost on average where each answer is drawn with a probability of its own.

ProxylessNAS' expected latency (Cai et al. 2019, arXiv:1812.00332, equation 3) over any document and by any price: the
sum over the operations of what one costs times the probability that it is there.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nas.graph.graph import Graph
from nas.graph.operation import Operation, Shape
from nas.oneshot.open_parts import pieces
from nas.space import Space
from nas.space.place import Answered, Flow, Place
from nas.space.supernet import SupernetTarget, every

Price = Callable[[Operation, tuple[Shape, ...]], float]  # what an operation costs on inputs of these shapes
PRICES: Mapping[str, Price] = {
    "mult_adds": lambda op, shapes: op.mult_adds(*shapes),
    "parameters": lambda op, shapes: op.parameters(*shapes),
}
Conditions = frozenset[Answered]  # of which one has to hold: answers that are all given


class ExpectedCost(nn.Module):
    """A function of the answers' probabilities.

    It is exact for what each genome's document says, dead operations included, where no `where` rules genomes out and
    no condition of the document asks for the size of what a choice leaves out. What reads a concat of unused states
    costs in proportion to those that are there. Of a set of k of n sources each is there with probability k / n,
    whichever others are.

    costs: of the operations that hang on the same conditions, a number each: a buffer, so that a training that goes on
    has those that were measured before.
    """

    costs: Tensor

    def __init__(self, space: Space, price: Price) -> None:
        """Raises UserError where the space's alternatives cannot be mixed."""
        super().__init__()
        target = _Conditional(space)
        output = target.walk().node
        graph = Graph(tuple(target.nodes), output)
        self.choices = target.open_choices
        costs: dict[Conditions, float] = defaultdict(float)
        split = pieces(graph)
        for number in sorted(graph.ancestors([graph.output]) - {0}):
            node, conditions = graph.nodes[number], frozenset(target.conditions[number])
            own = price(node.op, tuple(graph.nodes[i].shape for i in node.inputs))
            for share, uses in split[number]:  # P(conditions and no use) = P(conditions or a use) - P(a use)
                costs[conditions | uses] += share * own
                costs[uses] -= share * own
        costs = {conditions: cost for conditions, cost in costs.items() if cost and conditions}
        self.conditions = list(costs)
        self.register_buffer("costs", torch.tensor(list(costs.values()), dtype=torch.float64))

    def forward(self, probabilities: Mapping[str, Tensor]) -> Tensor:
        """float64, to differentiate. probabilities: of each answer, by the choice's path; sets are left out."""
        doubles = {path: each.double() for path, each in probabilities.items()}
        known: dict[Conditions, Any] = {}
        total = torch.zeros((), dtype=torch.float64)
        for cost, conditions in zip(self.costs, self.conditions, strict=True):
            total = total + cost * self._probability(conditions, doubles, known)
        return total

    def _probability(self, conditions: Conditions, given: Mapping[str, Tensor], known: dict[Conditions, Any]) -> Any:
        """That one of the conditions holds: by cases of the first choice in them."""
        if not conditions or () in conditions:
            return float(bool(conditions))
        if conditions not in known:
            path, first = min(conditions, key=repr)[0]
            choice = self.choices[path]
            if choice.sets:  # a source is there or not, by itself
                shares = {first: choice.sets / len(choice.answers)}
            else:
                shares = dict(zip(choice.answers, given[path], strict=False))
            rest = frozenset(one for one in conditions if not any((path, answer) in one for answer in shares))
            total, others = 0.0, 1.0
            for answer, share in shares.items():
                if left := {_without(one, (path, answer)) for one in conditions if (path, answer) in one}:
                    total = total + share * self._probability(rest | left, given, known)
                    others = others - share
            known[conditions] = total + others * self._probability(rest, given, known)
        return known[conditions]


def _without(condition: Answered, part: tuple[str, Any]) -> Answered:
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
