"""Documents written to hurt: each ends in seconds, in an error of one line, and nothing else."""
# ruff: noqa: E501 - documents stand on the lines on which a user would write them

import random
import re
import time
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.space import Genome, load
from tests.space.documents import FOLDER, assert_only_user_errors, error_of, used

NET = "network: [{conv: {channels: 4, kernel: 3}}]\n"


def many(count: int, text: str) -> str:
    return ", ".join(text.format(i, i - 1) for i in range(1, count))


HOSTILE = {
    "loops": "network: [{repeat: 10000, body: [{repeat: 10000, body: [{repeat: 10000, body: [relu]}]}]}]",
    "empty loops": "network: [{repeat: 10000, body: [{repeat: 10000, body: [{repeat: 10000, body: []}]}]}]",
    "loops of nothing": "network: {repeat: 10000, body: {repeat: 10000, body: {repeat: 0, body: relu}}}",
    "loops of conditions": "network: {repeat: 10000, body: {repeat: 10000, body: {when: 1 > 2, do: [relu]}}}",
    "one long loop": "network: [{repeat: 1000000000, body: [relu]}]",
    "a wide loop": "network: [{for: {x: '=range(10 ** 9)'}, do: [relu]}]",
    "doublings": "network: " + "{repeat: 2, body: [" * 28 + "relu" + "]}" * 28,
    "doubling blocks": "blocks: {b0: relu, " + many(40, "b{0}: [b{1}, b{1}]") + "}\nnetwork: [b39]",
    "a block of itself": "blocks: {b: {parameters: {d: 0}, body: [{b: {d: =d + 1}}, {b: {d: =d + 1}}]}}\nnetwork: [b]",
    "blocks in a circle": "blocks: {a: [b], b: [c], c: [a]}\nnetwork: [a]",
    "a cell of itself": "cells: {c: {nodes: [{repeat: 3, add: {all: =earlier, operation: c}}]}}\nnetwork: [c]",
    "names in names": "network: " + "{a: " * 59 + "relu" + "}" * 59,
    "an operation that names itself": "parameters: {a: \"='=' + 'a'\"}\nnetwork: [=a]",
    "lists in lists": "parameters: {a0: [1], " + many(60, 'a{0}: "=[a{1}, a{1}]"') + "}\nnetwork: [{dropout: =a59}]",
    "lists in plain lists": "parameters: {a0: [1], " + many(60, "a{0}: [=a{1}, =a{1}]") + "}\nnetwork: [{dropout: =a59}]",
    "chains in chains": "parameters: {a0: [relu], " + many(60, "a{0}: [=a{1}, =a{1}]") + "}\nnetwork: [=a59]",
    "long texts": "parameters: {a0: abcdefgh, " + many(40, "a{0}: =a{1} + a{1}") + "}\n" + NET,
    "a list of lists of lists": 'parameters: {a: "=[1] * 10000", b: "=[a] * 10000", c: "=[b] * 10000"}\n' + NET,
    "parameters that decide together": "parameters: {p0: 0, "
    + many(21, "p{0}: {{choice: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}}")
    + "}\nnetwork: [{when: =" + " + ".join(f"p{i}" for i in range(21)) + " > 7, do: []}]",
    "a list that decides": "parameters: {a: [" + ", ".join(["{choice: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}"] * 20) + "]}\nnetwork: [{when: sum(a) > 7, do: []}]",
    "a choice of lists of choices": "parameters: {a: {choice: [[" + ", ".join(["{choice: [1, 2, 3]}"] * 30) + "], 3]}}\nnetwork: [{when: a == 3, do: []}]",
    "a huge map": "network: [{upsample: 1000000}, {upsample: 1000000}]",
    "huge weights": "network: [{conv: {channels: 1000000000, kernel: 1001}}]",
    "huge pooling": "network: [{adaptive_avg_pool: 1000000000}]",
    "huge pooling of a line": "input: [1, 9]\nnetwork: [{adaptive_avg_pool: 2000000000}, {linear: 3}]",
    "huge padding": "network: [{pad: {spatial: 10000000000}}]",
    "huge classes": "classes: 100000000000\n" + NET,
    "a huge image": "input: [3, 100000, 100000]\n" + NET,
    "ways to choose": "cells: {c: {nodes: [{repeat: 100, add: {all: [0]}}, {add: {choose: 50, of: =earlier}}]}}\nnetwork: [c]",
    "a tower": "network: [{dropout: =9 ** 9 ** 9 ** 9}]",
    "reach": "network: [{dropout: =().__class__.__base__.__subclasses__()}]",
    "import": "network: [{dropout: \"=__import__('os').system('true')\"}]",
    "an attribute": "network: [{=relu.__init__: {}}]",
    "a path": "extends: ../../../../etc/passwd.yaml\n" + NET,
    "a root path": "extends: /etc/passwd\n" + NET,
    "a long path": f"extends: {'a' * 5000}.yaml\n{NET}",
    "a zero in a path": 'extends: "a\\0.yaml"\n' + NET,
    "its own parent": "extends: x.yaml\n" + NET,
    "bytes": b"name: \xff\xfe\nnetwork: [relu]",
    "wide characters": "network: [relu]".encode("utf-16"),
    "too large": "description: " + "a" * 5_000_000 + "\n" + NET,
    "a long word": f"network: [{'a' * 900_000}]",
    "a long key": f"network: [{{? {'a' * 900_000}\n: 3}}]",
    "a long value": f"network: [{{conv: {{channels: {'9' * 900_000}, kernel: 1}}}}]",
    "a long expression": f"network: [{{dropout: ={'1+' * 400_000}1}}]",
    "deep": "network: " + "[" * 5000 + "]" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_in_an_error(name: str, tmp_path: Path):
    start = time.perf_counter()
    line = error_of(HOSTILE[name], tmp_path)
    assert line.startswith("x.yaml")
    assert len(line) < 1000
    assert time.perf_counter() - start < 15  # a bound against explosion, on the slowest of machines


LARGE = {  # unusual, and right
    "parameters": "parameters: {" + many(300, "p{0}: {{choice: [1, 2]}}") + "}\nnetwork: [" + many(300, "{{repeat: =p{0}, body: [relu]}}") + "]",
    "a chain of parameters": "parameters: {p300: 1, " + ", ".join(f"p{i}: =p{i + 1} + 1" for i in range(300)) + "}\n" + NET,
    "a list of choices": "parameters: {a: [" + ", ".join(["{choice: [1, 2]}"] * 200) + "]}\nnetwork: [{for: {x: =a}, do: [{repeat: =x, body: [relu]}]}]",
    "alternatives": 'network: [{conv: {channels: {choice: "=range(1, 5001)"}, kernel: 1}}]',
    "operations": "network: [{choice: [" + many(2000, "[{{dropout: 0.{0}}}]") + "]}]",
    "residuals": "network: " + "{residual: [" * 28 + "relu" + "]}" * 28,
    "choices": "network: " + "{choice: [tanh, [" * 19 + "relu" + "]]}" * 19,
    "layers": "network: [{repeat: 2000, body: [{conv_bn_relu: {kernel: 3}}]}]",
    "marked as UTF-8": "\ufeff" + NET,
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_documents_are_read(name: str, tmp_path: Path):
    path = tmp_path / "x.yaml"
    path.write_text(LARGE[name], encoding="utf-8")
    start = time.perf_counter()
    used(load(str(path)), 1)
    assert time.perf_counter() - start < 15


def test_an_expression_reaches_nothing_but_its_names(tmp_path: Path):
    for name in ("open", "__builtins__", "self", "names", "math", "Any", "FUNCTIONS", "print", "__file__", "value"):
        assert f"unknown name '{name}'" in error_of(f"network: [{{dropout: ={name}}}]", tmp_path)


def test_hostile_genome_files(tmp_path: Path):
    path, deep = tmp_path / "genome.json", "[" * 3000 + "]" * 3000
    good = '{"format": 1, "document": {"network": ["relu"]}, "answers": {}}'
    for text in (
        *("", "3", "[]", "{", "nan", deep, "\udcff", '{"format": 1}', good.replace("1", "2", 1), good.replace("[", "{")),
        *(good.replace('["relu"]', text) for text in (deep, "3", "null", "NaN", '["rlu"]', '[{"relu": {"a": NaN}}]')),
        good.replace('"network"', '"extends": "resnet", "network"'),
        good.replace('"answers": {}', '"answers": {"a": {"b": 1}}'),
        good.replace('"answers": {}', '"answers": [1]'),
        good.replace('"network": ["relu"]', '"notes": 3'),
        good.replace('["relu"]', '[{"repeat": 100000, "body": ["relu"]}]'),
    ):  # fmt: skip
        path.write_bytes(text.encode("utf-8", "surrogateescape"))

        def rebuild() -> None:
            from nas.space import Space

            genome = Genome.load(path)
            hash(genome)
            Space(genome.document).graph(genome)

        with pytest.raises(UserError):
            rebuild()


TOKEN = re.compile(r"\s+|[\w.]+|.")
WORDS = [*"[]{}:,=-", "relu", "conv", "choice", "repeat", "body", "when", "do", "3", "-1", "0.5", "null", "true", "=x", "''", "\n", "  ", "channels", "nodes", "add", "=earlier", "=in_channels", "unused", "10000", "&a", "*a"]  # fmt: skip


@pytest.mark.parametrize("seed", range(240))
def test_damaged_documents_are_documents_or_errors(seed: int, tmp_path: Path):
    rng = random.Random(seed)
    sources = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "library.yaml")
    tokens = TOKEN.findall(rng.choice(sources).read_text(encoding="utf-8"))
    for _ in range(rng.randint(1, 3)):
        here = rng.randrange(len(tokens))
        match rng.randrange(4):
            case 0:
                del tokens[here]
            case 1:
                tokens.insert(here, tokens[here])
            case 2:
                tokens[here] = rng.choice(WORDS)
            case 3:
                there = rng.randrange(len(tokens))
                tokens[here], tokens[there] = tokens[there], tokens[here]
    path = tmp_path / "x.yaml"
    path.write_text("".join(tokens), encoding="utf-8")
    assert_only_user_errors(lambda: used(load(str(path), input=[3, 16, 16]), 1))
