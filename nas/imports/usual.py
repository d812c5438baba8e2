"""Calls of the library's blocks in place of the operations that they are made of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nas.graph.operations import OPERATIONS
from nas.imports.tree import Tree, Trees, around, usual


def with_library(chain: Trees, norm: dict[str, Any]) -> Trees:
    """The chain, and the chains in it, with blocks of the library.

    norm: the arguments of all batch norms alike, which stand among the document's defaults; empty: those of torch.
    """
    found, rest = list[Tree](), list(chain)
    while rest:
        length, tree = _convolution(rest)
        found.append(_relative(_form(tree.changed(lambda inner: with_library(inner, norm)), norm)))
        del rest[:length]
    return tuple(found)


def _convolution(chain: Sequence[Tree]) -> tuple[int, Tree]:
    """How many trees the first block takes, and its call: a convolution, its norm and its activation."""
    first = chain[0]
    words = [tree.word if tree.kind == "call" else "" for tree in chain[:3]]
    if words[:2] != ["conv", "batch_norm"] or "affine" in chain[1].arguments or "bias_start" in first.arguments:
        return 1, first
    arguments = {key: value for key, value in first.arguments.items() if key != "bias"}
    if "bias" not in first.arguments:
        arguments["bias"] = True
    arguments |= chain[1].arguments
    dilated = "dilation" in arguments
    acts = len(words) == 3 and words[2] in OPERATIONS and OPERATIONS[words[2]].activation
    if acts and not chain[2].arguments and not dilated and words[2] != "prelu":
        if words[2] == "relu":
            return 3, _call("conv_bn_relu", arguments, chain[:3])
        return 3, _call("conv_bn_act", {**arguments, "activation": words[2]}, chain[:3])
    return 2, _call("conv_bn", arguments, chain[:2])


def _call(word: str, arguments: dict[str, Any], chain: Sequence[Tree]) -> Tree:
    arguments = {key: value for key, value in arguments.items() if key == "kernel" or value != usual(word, key)}
    ends: dict[str, Any] = {"takes": chain[0].takes, "gives": chain[-1].gives}
    return Tree("call", word, arguments, scopes=around([tree.scopes for tree in chain]), **ends)


def _relative(tree: Tree) -> Tree:
    """Without the number of channels where it is that of what comes in, which is then also what groups count."""
    channels = {"channels": tree.reads_channels, "groups": tree.reads_channels}
    if tree.kind != "call" or tree.word == "pad" or all(tree.arguments.get(key) != n for key, n in channels.items()):
        return tree
    arguments = {key: value for key, value in tree.arguments.items() if key != "channels" or value != channels[key]}
    if arguments.get("groups", 1) == tree.reads_channels > 1:
        arguments["groups"] = "=in_channels"
    return replace(tree, arguments=arguments)


def _form(tree: Tree, norm: dict[str, Any]) -> Tree:
    """Squeeze-and-excitation, and a residual whose shortcut is a projection."""
    if tree.kind == "residual" and len(tree.chains) == 2 and len(tree.chains[1]) == 1:
        (other,) = tree.chains[1]
        arguments = dict(other.arguments)
        stride = arguments.pop("stride", 1)
        channels = arguments.pop("channels", other.reads_channels)
        plain = other.kind == "call" and other.word == "conv_bn" and arguments == {"kernel": 1, **norm}
        if plain and (stride != 1 or channels != other.reads_channels) and channels == tree.gives_channels:
            return replace(tree, chains=tree.chains[:1], arguments={"shortcut": "projection"})
    if (tree.kind, tree.word) == ("branches", "multiply") and len(tree.chains) == 2 and () in tree.chains:
        (chain,) = (chain for chain in tree.chains if chain) if any(tree.chains) else ((),)
        words = [item.word if item.kind == "call" else "" for item in chain]
        if len(words) == 5 and words[:2] + words[3:4] == ["adaptive_avg_pool", "conv", "conv"]:
            pool, reduce, act, expand, gate = chain
            bare = [
                act.arguments,
                gate.arguments,
                {**reduce.arguments, "channels": 0},
                {**expand.arguments, "channels": 0},
            ]
            activations = all(OPERATIONS[word].activation for word in (words[2], words[4]) if word)
            if pool.arguments == {"size": 1} and activations and bare == [{}, {}, *[{"channels": 0, "kernel": 1}] * 2]:
                arguments = {"squeeze": reduce.gives_channels, "activation": act.word, "gate": gate.word}
                usual_ones = {"squeeze": max(1, tree.reads_channels // 4), "activation": "relu", "gate": "sigmoid"}
                arguments = {key: value for key, value in arguments.items() if value != usual_ones[key]}
                return replace(tree, kind="call", word="squeeze_excite", arguments=arguments, chains=())
    return tree
