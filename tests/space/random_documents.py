"""Random small search spaces: choices of all kinds in chains, loops, branches, residuals and cells."""

import json
import random
from typing import Any

from nas.space import Space
from tests.space.documents import space_of

OPERATIONS = (
    *("relu", "identity", "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "batch_norm", "nor_conv_1x1"),
    *("nor_conv_3x3", "dil_conv_3x3", "sep_conv_3x3"),
)


def random_space(seed: int) -> Space:
    """The same for the same seed. A genome of it may still be refused, by a UserError."""
    rng = random.Random(seed)
    document = {
        "name": f"random_{seed}",
        "input": [3, 8, 8],
        "classes": 3,
        "parameters": {"width": {"choice": [4, 8]} if rng.random() < 0.15 else 4},
        "cells": {"cell": _cell(rng), "last": _cell(rng)},
        "network": [
            {"conv_bn": {"channels": "=width", "kernel": 3}},
            *_chain(rng, 2),
            *rng.sample(["cell", {"cell": {"channels": "=width"}}, {"last": {"channels": 8}}], rng.randint(1, 2)),
            *_chain(rng, 1),
            "global_avg_pool",
            {"linear": "=classes"},
        ],
    }
    return space_of(json.dumps(document))


def _chain(rng: random.Random, depth: int) -> list[Any]:
    return [_item(rng, depth) for _ in range(rng.randint(1, 2))]


def _item(rng: random.Random, depth: int) -> Any:
    kinds = ["operation", "choice", "conv"]
    kinds += ["repeat", "branches", "residual", "when", "for", "chains"] if depth else []
    match rng.choice(kinds):
        case "operation":
            return rng.choice(OPERATIONS)
        case "choice":
            return {
                "choice": rng.sample(OPERATIONS, rng.randint(1, 3)),
                "relaxed": rng.sample(["none"], rng.randint(0, 1)),
            }
        case "conv":
            return {
                "conv_bn_relu": {
                    "kernel": _value(rng, [1, 3, 5]),
                    **({"channels": _value(rng, [4, 6, 8])} if rng.random() < 0.4 else {}),
                    **({"stride": _value(rng, [1, 2])} if rng.random() < 0.1 else {}),
                }
            }
        case "repeat":
            return {"repeat": _value(rng, [0, 1, 2]), "body": _chain(rng, depth - 1)}
        case "branches":
            merge = _value(rng, ["concat", "add"]) if rng.random() < 0.3 else rng.choice(["concat", "add", "mean"])
            return {"branches": [_chain(rng, depth - 1) for _ in range(rng.randint(1, 3))], "merge": merge}
        case "residual":
            return {"residual": _chain(rng, depth - 1), "shortcut": rng.choice(["if_same", "identity"])}
        case "when":
            return {"when": "=width > 4", "do": _chain(rng, depth - 1)}
        case "for":
            return {"for": {"x": [1, _value(rng, [3, 5])]}, "do": [{"conv_bn_relu": {"kernel": "=x"}}]}
        case _:
            return {"choice": [_chain(rng, depth - 1), [], rng.choice(OPERATIONS)]}


def _value(rng: random.Random, values: list[Any]) -> Any:
    return {"choice": rng.sample(values, 2)} if rng.random() < 0.5 else rng.choice(values)


def _cell(rng: random.Random) -> dict[str, Any]:
    nodes = [_node(rng, number) for number in range(rng.randint(1, 3))]
    output = rng.choice(["last", {"concat": "nodes"}, {"concat": "unused"}, {"add": "nodes"}])
    after = {"after_edge": ["drop_path"]} if rng.random() < 0.2 else {}
    fitted = {"relu_conv_bn": {"channels": "=channels", "kernel": 1}}
    inputs = {"before": [fitted], "last": [fitted]} if rng.random() < 0.5 else {"last": [fitted]}
    return {"parameters": {"channels": "=in_channels"}, "inputs": inputs, "nodes": nodes, "output": output, **after}


def _node(rng: random.Random, number: int) -> dict[str, Any]:
    operation = {"choice": rng.sample(OPERATIONS, 3), "relaxed": rng.sample(["none"], rng.randint(0, 1))}
    edges: Any = rng.choice(
        [
            {"all": "=earlier", "operation": operation},
            {"subset": "=earlier", "operation": rng.choice(OPERATIONS)},
            {"choose": 1, "of": "=earlier", "operation": operation},
            [[operation, 0], [rng.choice(OPERATIONS), {"choice": list(range(number + 1))}]],
        ]
    )
    return {rng.choice(["add", "add", "add", "concat", "mean"]): edges}
