"""The controller of Zoph & Le 2016, arXiv:1611.01578, over any document: an LSTM that answers one choice a step.

    x <- a learned start
    for each choice that the walk over the document meets:
        h <- LSTM(x)
        answer <- softmax(tanh_constant * tanh(logits of h / temperature))
        x <- the embedding of the answer

Alternatives: logits are linear in h. Choices of one role (the last name on their path) with equal alternatives share
logits and embeddings, wherever they stand, as the filter heights of all layers do in the paper; h knows where it is.

Sources: h and the h of the node that each source is, its anchor point, say how good a source is, by
v . tanh(W_prev h_source + W_curr h), the paper's attention. One of several sources is a softmax over these (ENAS, Pham
et al. 2018, arXiv:1802.03268); a source present or not is a sigmoid, all of a node's from one h (the paper, section
3.3); a set of sources has the sum of theirs as its logit, normalised over all sets, so that no order of drawing
matters. The next x is the mean of the anchors taken. Inputs of a cell, and nodes without choices, have learned anchors.

`tanh_constant` and `temperature` are those of Bello et al. 2016, arXiv:1611.09940. Only choices that are met take a
step, so that conditional ones need nothing more.

Without layers there is no LSTM, and each choice has logits of its own: the policy of Dong & Yang 2020, NAS-Bench-201,
arXiv:2001.00326.
"""

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import torch
from torch import Tensor

from nas.space import Choice, Genome, Space

NODE = re.compile(r"(cells\.[^.]+)\.nodes\.(\d+)\.(.*)")
PRESENT = re.compile(r"(\d+)\.present")
HALVED = 30  # invalid genomes after which the logits are halved
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what Adam keeps of each weight


class Controller:
    """The policy's weights and their optimizer (Adam), float64 throughout.

    hidden, layers: of the LSTM, 0 layers for none. spread: weights begin uniformly in +-spread. tanh_constant: 0 for
    plain logits.

    A weight is made when it is first needed, from a generator that its name and the seed alone decide, so that what was
    sampled before, and in which order, changes nothing.
    """

    def __init__(
        self,
        space: Space,
        hidden: int,
        layers: int,
        spread: float,
        learning_rate: float,
        tanh_constant: float = 0,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.space, self.hidden, self.layers, self.spread, self.seed = space, hidden, layers, spread, seed
        self.tanh_constant, self.temperature = tanh_constant, temperature
        self.weights: dict[str, Tensor] = {}
        start = self.weight("start", 1, hidden)
        self.optimizer = torch.optim.Adam([start], lr=learning_rate, foreach=False)

    def weight(self, name: str, *shape: int) -> Tensor:
        """The weight of this name, made if it is new."""
        if name not in self.weights:
            seed = int.from_bytes(hashlib.sha256(f"{self.seed}/{name}".encode()).digest()[:7])
            uniform = torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
            self.weights[name] = ((2 * uniform - 1) * self.spread).requires_grad_()
            if hasattr(self, "optimizer"):
                self.optimizer.param_groups[0]["params"].append(self.weights[name])
        return self.weights[name]

    def sample(self, rng: random.Random, flatter: float = 1.0) -> Genome:
        """A genome drawn from the policy, its logits divided by `flatter`; among valid ones where some are not.

        No reward speaks against what the document's `where` forbids: each such genome makes the policy a bit flatter.
        """
        invalid = count()

        def oracle() -> Any:
            episode, flat = Episode(self), flatter * 2 ** (next(invalid) / HALVED)

            def answer(choice: Choice) -> Any:
                with torch.no_grad():
                    weights = torch.softmax(episode.logits(choice) / flat, 0).tolist()
                    taken = rng.choices(range(len(weights)), weights)[0]
                    episode.take(choice, taken)
                return choice.answers[taken]

            return answer

        return self.space.answered(oracle, rng)

    def log_probability(self, genome: Genome) -> tuple[Tensor, Tensor]:
        """(log of the genome's probability, the sum of its steps' entropies in nats), to differentiate."""
        episode, logs, entropies = Episode(self), [], []
        for choice in self.space.choices(genome):
            log = torch.log_softmax(episode.logits(choice), 0)
            taken = choice.answers.index(genome.answers[choice.path])
            episode.take(choice, taken)
            logs.append(log[taken])
            entropies.append(-(log.exp() * log).sum())
        if not logs:
            return torch.zeros(()), torch.zeros(())
        return torch.stack(logs).sum(), torch.stack(entropies).sum()

    def descend(self, loss: Tensor) -> None:
        """One step of the optimizer. Weights that the loss does not touch stay, their momentum too."""
        self.optimizer.zero_grad(set_to_none=True)
        if loss.requires_grad:
            loss.backward()
            self.optimizer.step()

    def state(self) -> dict[str, Tensor]:
        """The weights that have moved and Adam's moments of them, as `weight NAME`, `step NAME` ...

        The others are as they were made, and will be again.
        """
        tensors = {}
        for name, weight in self.weights.items():
            if moments := self.optimizer.state.get(weight):
                tensors[f"weight {name}"] = weight.detach().clone()
                tensors |= {f"{moment} {name}": moments[moment].clone() for moment in MOMENTS}
        return tensors

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up the `state()` of another controller, before any step of its own. Raises KeyError, RuntimeError."""
        for key, value in state.items():
            kind, _, name = key.partition(" ")
            if kind == "weight":
                weight = self.weight(name, *value.shape)
                with torch.no_grad():
                    weight.copy_(value)
                self.optimizer.state[weight] = {moment: state[f"{moment} {name}"].clone() for moment in MOMENTS}

    def inputs_of(self, cell: str) -> int:
        """How many inputs come before the nodes of `cells.NAME`."""
        written = self.space.document.templates[cell.removeprefix("cells.")].source.get("inputs")
        return len(written) if written else 1


class Episode:
    """The controller on its way through one genome's choices: `logits` of a choice, then `take` its answer."""

    def __init__(self, controller: Controller) -> None:
        self.controller, self.weight = controller, controller.weight
        zeros = torch.zeros(1, controller.hidden, dtype=torch.float64)
        self.states = [(zeros, zeros)] * controller.layers
        self.x = self.weight("start", 1, controller.hidden)
        self.anchors: dict[tuple[str, int], Tensor] = {}  # h of the last step in each (cell, node)
        self.point: tuple[str, int] | None = None  # the node of which h answers which sources are present
        self.present: list[Tensor] = []  # the anchors of those

    @property
    def h(self) -> Tensor:
        return self.states[-1][0]

    def step(self) -> None:
        """One step of the LSTM on the last answer."""
        hidden = self.controller.hidden
        x = self.x
        for layer, state in enumerate(self.states):
            maps = [self.weight(f"{name} {layer}", 4 * hidden, hidden) for name in ("input", "hidden")]
            self.states[layer] = torch.lstm_cell(x, state, *maps)
            x = self.h if layer + 1 == len(self.states) else self.states[layer][0]

    def logits(self, choice: Choice) -> Tensor:
        """One number an answer."""
        if not self.states:
            return self.bounded(self.weight(f"logits {choice.path} {_role(choice)}", 1, len(choice.answers)))[0]
        node, rest = _node(choice.path)
        point = node if node is not None and PRESENT.fullmatch(rest) else None
        if point is None or point != self.point:
            self.step()
            self.present = []
        self.point = point
        if node is not None:
            self.anchors[node] = self.h
        sources = _sources(choice, rest) if node is not None else ()
        if node is None or not sources:
            classifier = self.weight(f"logits {_role(choice)}", self.controller.hidden, len(choice.answers))
            return self.bounded(self.h @ classifier)[0]
        good = self.bounded(self.attention(node[0], sources))
        if point is not None:
            return torch.stack([torch.zeros_like(good[0]), good[0]])
        return good if not isinstance(choice.answers[0], tuple) else _members(tuple(choice.answers), sources) @ good

    def bounded(self, logits: Tensor) -> Tensor:
        logits = logits / self.controller.temperature
        constant = self.controller.tanh_constant
        return constant * torch.tanh(logits) if constant else logits

    def attention(self, cell: str, sources: Sequence[int]) -> Tensor:
        """How good each source is."""
        hidden = self.controller.hidden
        anchors = torch.cat([self.anchor(cell, source) for source in sources])
        before = anchors @ self.weight("W_prev", hidden, hidden)
        return torch.tanh(before + self.h @ self.weight("W_curr", hidden, hidden)) @ self.weight("v", hidden)

    def anchor(self, cell: str, source: int) -> Tensor:
        anchor = self.anchors.get((cell, source - self.controller.inputs_of(cell)))
        return anchor if anchor is not None else self.weight(f"anchor {source}", 1, self.controller.hidden)

    def take(self, choice: Choice, taken: int) -> None:
        """The answer at this position was given."""
        if not self.states:
            return
        node, rest = _node(choice.path)
        answer, sources = choice.answers[taken], _sources(choice, rest) if node is not None else ()
        if node is None or not sources:
            embedding = self.weight(f"embedding {_role(choice)}", len(choice.answers), self.controller.hidden)
            self.x = embedding[taken : taken + 1]
            return
        if self.point is not None:
            self.present += [self.anchor(node[0], source) for source in sources if answer]
            anchors = self.present
        else:
            anchors = [self.anchor(node[0], source) for source in (answer if isinstance(answer, tuple) else (answer,))]
        self.x = torch.cat(anchors).mean(0, keepdim=True) if anchors else torch.zeros_like(self.h)


@lru_cache(maxsize=10_000)
def _node(path: str) -> tuple[tuple[str, int] | None, str]:
    """((the cell, the node in it) of a path, the rest of the path); None outside the nodes of a cell."""
    match = NODE.match(path)
    return ((match[1], int(match[2])), match[3]) if match else (None, path)


def _sources(choice: Choice, rest: str) -> tuple[int, ...]:
    """The sources among which a choice is; none where it is between other things."""
    if choice.kind != "input":
        return ()
    if match := PRESENT.fullmatch(rest):
        return (int(match[1]),)
    if all(isinstance(answer, tuple) for answer in choice.answers):
        return tuple(sorted({source for answer in choice.answers for source in answer}))
    whole = all(type(source) is int for source in choice.alternatives)
    return tuple(choice.answers) if whole and list(choice.alternatives) == list(choice.answers) else ()


@lru_cache(maxsize=64)
def _members(sets: tuple[tuple[int, ...], ...], sources: tuple[int, ...]) -> Tensor:
    """[sets, sources]: 1 where the source is in the set."""
    return torch.tensor([[float(source in chosen) for source in sources] for chosen in sets], dtype=torch.float64)


def _role(choice: Choice) -> str:
    """What choices that share their weights have in common: the last name on the path, and the alternatives."""
    name = next((segment for segment in reversed(choice.path.split(".")) if not segment.isdigit()), "")
    return f"{name} {json.dumps(choice.alternatives, sort_keys=True, default=lambda value: type(value).__name__)}"
