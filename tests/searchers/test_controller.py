import math
import random
from collections import Counter

import pytest
import torch

from nas.searchers.controller import Controller, Episode
from nas.space import Choice, Space, load
from tests.space.documents import space_of

CHAIN = """
name: chain
input: [3, 4, 4]
classes: 2
network:
  - {conv: {channels: {choice: [4, 8]}, kernel: 1}}
  - {choice: [relu, tanh, elu]}
  - {conv: {channels: {choice: [4, 8]}, kernel: 1}}
  - {choice: [relu, tanh, elu]}
  - global_avg_pool
  - {linear: =classes}
"""

CONDITIONAL = """
name: conditional
input: [3, 4, 4]
classes: 2
parameters: {depth: {choice: [1, 2]}}
blocks:
  wide: {conv: {channels: {choice: [4, 6]}, kernel: {choice: [1, 3]}}}
network:
  - {choice: [identity, wide, [wide, {choice: [relu, tanh]}]]}
  - {when: =depth > 1, do: [{choice: [sigmoid, elu, relu6]}]}
  - global_avg_pool
  - {linear: =classes}
"""

CELL = """
name: cell
input: [2, 4, 4]
classes: 2
cells:
  cell:
    inputs: {before: [], last: []}
    nodes:
      - add: {choose: 1, of: =earlier, operation: {choice: [relu, tanh]}}
      - add: {choose: 2, of: =earlier}
      - add: [[{choice: [relu]}, {choice: =earlier}], [identity, 0]]
      - mean: {subset: "=earlier[3:]", else: 0, operation: {choice: [identity, tanh]}}
    output: last
network: [{cell: {channels: 2}}, global_avg_pool, {linear: =classes}]
"""

SUBSETS = """
name: subsets
input: [2, 4, 4]
classes: 2
cells:
  cell:
    nodes:
      - repeat: 3
        concat: {subset: "=earlier[1:]", else: 0}
        do: {choice: [relu, tanh]}
    output: {concat: unused}
network: [{cell: {channels: 2}}, global_avg_pool, {linear: =classes}]
"""
SIZES = {CHAIN: 36, CONDITIONAL: (1 + 4 + 8) * (1 + 3), CELL: (2 * 2) * 3 * 4 * 9, SUBSETS: 8 * 2**3}


def controller_of(space: Space, **options: float) -> Controller:
    """With weights large enough that nothing is uniform."""
    return Controller(space, hidden=5, layers=2, spread=1.0, learning_rate=0.1, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", SIZES)
def test_the_probabilities_of_all_genomes_sum_to_one(text: str) -> None:
    space, tanh_constant = space_of(text), 1.5 if text == CELL else 0.0
    controller = controller_of(space, tanh_constant=tanh_constant, temperature=0.7)
    logs = [controller.log_probability(genome)[0].item() for genome in space.enumerate()]
    assert len(logs) == space.size() == SIZES[text]
    assert math.fsum(map(math.exp, logs)) == pytest.approx(1, abs=1e-12)
    assert max(logs) - min(logs) > 0.3


@pytest.mark.parametrize("text", [CONDITIONAL, SUBSETS])
def test_genomes_are_drawn_with_their_probabilities(text: str) -> None:
    space, rng, draws = space_of(text), random.Random(0), 600
    controller = controller_of(space)
    drawn = Counter(controller.sample(rng) for _ in range(draws))
    expected = {genome: draws * controller.log_probability(genome)[0].exp().item() for genome in space.enumerate()}
    chi_square = sum((drawn[genome] - number) ** 2 / number for genome, number in expected.items())
    freedom = len(expected) - 1
    assert abs(chi_square - freedom) < 5 * math.sqrt(2 * freedom)


def test_a_chain_against_torchs_own_lstm() -> None:
    """The paper's Figure 3: softmax on h, the answer's embedding as the next input."""
    space = space_of(CHAIN)
    controller = controller_of(space)
    answers = {"network.0.@.channels": 8, "network.1": "tanh", "network.2.@.channels": 4, "network.3": "elu"}
    genome = space.genome(answers)
    log_probability, entropy = controller.log_probability(genome)
    weights = controller.weights
    of = {name.split()[1]: name for name in weights if name.startswith("logits")}
    assert set(of) == {"channels", "network"}  # both convolutions share, and both activations
    lstm = torch.nn.LSTM(5, 5, num_layers=2, bias=False, dtype=torch.float64)
    names = {"weight_ih": "input", "weight_hh": "hidden"}
    lstm.load_state_dict({f"{a}_l{layer}": weights[f"{b} {layer}"] for a, b in names.items() for layer in (0, 1)})
    embeddings = {role: weights[of[role].replace("logits", "embedding")] for role in of}
    inputs = [weights["start"][0], embeddings["channels"][1], embeddings["network"][1], embeddings["channels"][0]]
    outputs, _ = lstm(torch.stack(inputs))
    steps = [
        torch.log_softmax(h @ weights[of[role]], 0)
        for h, role in zip(outputs, ("channels", "network") * 2, strict=True)
    ]
    taken = [log[answer] for log, answer in zip(steps, (1, 1, 0, 2), strict=True)]
    assert log_probability.item() == pytest.approx(sum(taken).item(), abs=1e-12)
    assert entropy.item() == pytest.approx(sum(-(log.exp() * log).sum().item() for log in steps), abs=1e-12)


def test_anchor_points_against_the_papers_formula() -> None:
    """Section 3.3: P(j is an input of i) = sigmoid(v . tanh(W_prev h_j + W_curr h_i)), one anchor point a layer."""
    space = space_of(SUBSETS)
    controller = controller_of(space)
    path = "cells.cell.nodes"
    first, second = {f"{path}.0.operation": "relu"}, {f"{path}.1.1.present": True, f"{path}.1.operation": "tanh"}
    third = {f"{path}.2.1.present": False, f"{path}.2.2.present": True, f"{path}.2.operation": "relu"}
    log_probability, _ = controller.log_probability(space.genome({**first, **second, **third}))
    w = controller.weights
    role = next(name.removeprefix("logits ") for name in w if name.startswith("logits"))
    states = [(torch.zeros(1, 5, dtype=torch.float64),) * 2] * 2

    def step(x: torch.Tensor) -> torch.Tensor:
        for layer in (0, 1):
            states[layer] = torch.lstm_cell(x, states[layer], w[f"input {layer}"], w[f"hidden {layer}"])
            x = states[layer][0]
        return x

    def activation(h: torch.Tensor, answer: int) -> torch.Tensor:
        return torch.log_softmax((h @ w[f"logits {role}"])[0], 0)[answer]

    def present(anchor: torch.Tensor, h: torch.Tensor, answer: bool) -> torch.Tensor:
        good = torch.tanh(anchor @ w["W_prev"] + h @ w["W_curr"])[0] @ w["v"]
        return torch.nn.functional.logsigmoid(good if answer else -good)

    embedding = w[f"embedding {role}"]
    h1 = step(w["start"])
    total = activation(h1, 0)
    point = step(embedding[:1])
    total = total + present(h1, point, True)
    h2 = step(h1)  # the mean of the anchors taken
    total = total + activation(h2, 1)
    point = step(embedding[1:])
    total = total + present(h1, point, False) + present(h2, point, True)
    total = total + activation(step(h2), 0)
    assert log_probability.item() == pytest.approx(total.item(), abs=1e-12)


def test_a_set_of_sources_is_drawn_in_no_order() -> None:
    """P(set) is proportional to the product of its sources' exp(good)."""
    space = space_of(
        "name: x\ninput: [2, 4, 4]\nclasses: 2\ncells:\n  cell:\n    nodes:\n      - {repeat: 3, add: [[relu, 0]]}\n"
        "      - add: {choose: 2, of: =earlier}\n    output: last\n"
        "network: [{cell: {channels: 2}}, global_avg_pool, {linear: =classes}]\n"
    )
    controller = controller_of(space)
    logs = {
        genome.answers["cells.cell.nodes.3.inputs"]: controller.log_probability(genome)[0].item()
        for genome in space.enumerate()
    }
    assert len(logs) == 6
    assert logs[0, 1] + logs[2, 3] == pytest.approx(logs[0, 2] + logs[1, 3], abs=1e-12)
    assert logs[0, 1] + logs[2, 3] == pytest.approx(logs[0, 3] + logs[1, 2], abs=1e-12)
    assert len({round(value, 6) for value in logs.values()}) == 6


def test_what_was_sampled_before_changes_no_weight() -> None:
    space = space_of(CELL)
    genomes = list(space.enumerate())[::40]
    fresh, used = controller_of(space), controller_of(space)
    for genome in reversed(genomes):
        used.sample(random.Random(7))
        used.log_probability(genome)
    for genome in genomes:
        assert fresh.log_probability(genome)[0].item() == used.log_probability(genome)[0].item()
    other = controller_of(space, seed=1)
    assert other.log_probability(genomes[0])[0].item() != fresh.log_probability(genomes[0])[0].item()


def test_flatter_logits_draw_more_evenly() -> None:
    space = space_of(CHAIN)
    controller = controller_of(space)
    controller.sample(random.Random(0))
    with torch.no_grad():
        for name in controller.weights:
            controller.weights[name].mul_(20 if name.startswith("logits") else 1)
    sharp = Counter(controller.sample(random.Random(number)) for number in range(200))
    flat = Counter(controller.sample(random.Random(number), flatter=1e6) for number in range(200))
    assert max(flat.values()) < 16 < 25 < max(sharp.values())


def test_a_policy_that_is_sure_of_what_is_forbidden_finds_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every edge present, of which there may be three."""

    def sure(episode: Episode, choice: Choice) -> torch.Tensor:
        return torch.tensor([40.0 * (answer is True) for answer in choice.answers])

    monkeypatch.setattr(Episode, "logits", sure)
    space = load("nasbench101", input=[3, 8, 8], channels=2, stacks=1, cells=1, vertices=5, most_edges=3)
    for number in range(3):
        genome = controller_of(space).sample(random.Random(number))
        assert 1 <= sum(answer is True for answer in genome.answers.values()) <= 3
