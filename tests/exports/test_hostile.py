"""Names and labels are anybody's text: none of it becomes code, markup or a path in what is exported."""

import ast
import html.parser
import json
import xml.etree.ElementTree as ElementTree
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nas.data.preprocessing import Preprocessing
from nas.data.record import Record
from nas.errors import UserError
from nas.exports.bundle import HUBCONF, drawing, entry_of
from nas.exports.card import card
from nas.exports.code.file import source
from nas.exports.code.words import GLOBAL, Names, camel
from nas.exports.source import Source
from nas.network import Network
from nas.space import Genome
from tests.space.documents import space_of

NASTY = [
    *("self", "torch", "nn", "functional", "Tensor", "super", "class", "lambda", "None", "forward", "__init__", "exec"),
    *("OPERATIONS", "Cell", "NORMAL", "CLASSES", "preprocess", "nodes", "channels", "stride", "drop_path", "edges"),
    *('"""', "'''", '"""\nraise SystemExit\n"""', "'); raise SystemExit  #", "\\", "\\N{BULLET}", "a\nb", "\r", "\x00"),
    *("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]>", "&lt;", "--><b>", "](javascript:a)"),
    *("\u202eevil\u202c", "\u2066x\u2069", "\u2028", "\ufeff", "é", "名", "\U0001f600", "1x1", "", " ", "{}", "{0}"),
    *("x" * 199, "../../etc", "coding: utf-7", "```", "---", "| a |", "%s", "$(rm)", "`id`"),
]
TEXT = st.sampled_from(NASTY) | st.text(max_size=30)
NAME = TEXT.filter(lambda text: text.strip() != "")
PLAIN = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.ClassDef, ast.FunctionDef)


def document(name: str, block: str, place: str, operation: str) -> dict[str, Any]:
    """A stem, a block that is used twice, and a row of cells whose operation is a block of the document."""
    edges = [[operation, 0], [operation, 1]]
    unit: dict[str, Any] = {"parameters": {"width": 4}, "body": [{"conv": {"channels": "=width", "kernel": 3}}, "relu"]}
    cell: dict[str, Any] = {
        "inputs": {"before": [{"relu_conv_bn": {"channels": 4}}], "last": [{"relu_conv_bn": {"channels": 4}}]},
        "nodes": [{"add": edges} for _ in range(4)],
        "output": {"concat": "nodes"},
    }
    return {
        "name": name,
        "source": name,
        "input": [3, 4, 4],
        "classes": 2,
        "blocks": {block: unit, operation: [{"nor_conv_3x3": {"channels": "=channels", "stride": "=stride"}}]},
        "cells": {"normal": cell},
        "network": {
            place: [{block: {"width": 4}}, {block: {"width": 5}}],
            "row": {"repeat": 3, "body": [{"normal": {"channels": 4}}]},
            "head": ["global_avg_pool", {"linear": 2}],
        },
    }


def network(*names: str) -> tuple[Genome, Network]:
    """Rejects names that the language does not take."""
    try:
        space = space_of(json.dumps(document(*names), ensure_ascii=False))  # which YAML reads
        return space.genome({}), Network(space.graph().prune())
    except UserError:
        assume(False)
        raise


class Tags(html.parser.HTMLParser):
    """The tags of a text that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(name=TEXT, block=NAME, place=NAME, operation=NAME, labels=st.tuples(TEXT, TEXT))
def test_no_text_becomes_code_or_markup(
    name: str, block: str, place: str, operation: str, labels: tuple[str, str]
) -> None:
    assume(len({block, operation, "normal"}) == 3)
    genome, model = network(name, block, place, operation)
    record = Record((3, 4, 4), Preprocessing((4, 4), 3, (0.5,) * 3, (0.5,) * 3), labels)
    text = source(model, name, record, genome.answers).text
    code(text, labels)
    exported = Source(model.eval(), record, genome, facts={name: block, "command": name})
    written = card(exported, "Net", "net", "drawing.svg")
    assert written.count("\n---\n") == 1
    seen = Tags()
    seen.feed("\n".join(line for line in written.split("\n") if not line.startswith("    ")))  # those are code
    assert not seen.tags
    drawn = ElementTree.fromstring(drawing(exported))
    tags = {element.tag.rpartition("}")[2] for element in drawn.iter()}
    assert not tags & {"script", "foreignObject", "image", "iframe", "a"}


def code(text: str, labels: tuple[str, str]) -> None:
    """What a file may hold: its own classes, torch's, and the labels as one list of strings."""
    assert all(line.isprintable() for line in text.split("\n"))
    tree = ast.parse(text)
    assert all(isinstance(node, PLAIN) for node in tree.body)
    assigns = [(node.targets[0], node.value) for node in tree.body if isinstance(node, ast.Assign)]
    lists = {target.id: value for target, value in assigns if isinstance(target, ast.Name)}
    assert tuple(ast.literal_eval(lists["CLASSES"])) == labels
    compile(text, "model.py", "exec")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert not called & {"exec", "eval", "compile", "open", "__import__", "getattr", "SystemExit"}
    assert not own & {"self", "torch", "nn", "functional", "Tensor", "super"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "SystemExit" not in names


@given(word=TEXT | st.sampled_from(["module", "spec", "path", "Network", "dependencies", "importlib", "print"]))
def test_the_entry_of_a_bundle_is_one_function(word: str) -> None:
    name = Names(GLOBAL).unique(camel(word))  # as a file has it
    entry = entry_of(name)
    tree = ast.parse(HUBCONF.format(name=name, entry=entry))
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [entry]
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert entry not in words
