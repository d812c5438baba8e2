"""Show the sizes, costs and choices of a network or a search space."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.cli.target import Subject
    from nas.graph.graph import Graph
    from nas.space import Space

SAID = ("year", "notes", "deviation")  # by the document, for people

EXAMPLES = """
nas show resnet50 --modules 2
nas show nasbench201 --set channels=32
nas show efficientnet_b0 --yaml
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.parser import number
    from nas.cli.target import add_document

    add_document(parser, "arch", "a packaged name (nas list), a path to a document, a genome file, or a run directory")
    parser.add_argument("--layers", action="store_true", help="print one row per layer, with its shape and costs")
    parser.add_argument(
        "--modules",
        nargs="?",
        const=1,
        type=number(int, 1, 1000),
        metavar="DEPTH",
        help="print one row per module, with its costs; DEPTH 2 splits these into their parts, and so on (default: 1)",
    )
    whole = "print the whole document, with what it takes from others: a file to begin one's own with"
    parser.add_argument("--yaml", action="store_true", help=whole)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json
    from nas.cli.target import find
    from nas.errors import UserError

    target = find(args.arch, args.set)
    if args.yaml:
        print(document(target), end="")
        return 0
    graph = target.space.graph(target.genome).prune() if target.fixed else None
    wanted = [part for part, asked in (("layers", args.layers), ("modules", args.modules)) if asked]
    if wanted and graph is None:
        what = f"an open search space has no {wanted[0]} yet"
        raise UserError(args.arch, what, "show one of its genomes, or set its choices")
    facts = describe(target.space, graph)
    if graph is not None:
        if args.layers:
            facts["layers"] = layers(graph)
        if args.modules:
            facts["modules"] = modules(graph, args.modules)
    if args.json:
        print_json(facts)
    else:
        _print(facts)
    return 0


def document(target: "Subject") -> str:
    """Of a space as YAML; the answers of a genome are comments in front."""
    import yaml

    from nas.cli.output import clean

    answers = target.genome.answers if target.genome else {}
    lines = [f"# {clean(path)}: {clean(answer)}\n" for path, answer in answers.items()]
    data = json.loads(json.dumps(target.space.document.data))  # without what marks where a value was written
    return "".join(lines) + yaml.safe_dump(data, sort_keys=False, width=120, allow_unicode=True)


def describe(space: "Space", graph: "Graph | None") -> dict[str, Any]:
    """What `nas show --json` prints; the costs are null for an open space."""
    from nas.cli.output import exact
    from nas.graph.costs import COSTS

    costs = dict.fromkeys(COSTS) if graph is None else graph.costs
    return {
        "name": space.name,
        "source": space.source,
        **{said: space.document.data.get(said) for said in SAID},
        "input": list(space.input),
        "classes": space.classes,
        **costs,
        "receptive_field": None if graph is None else graph.receptive_field,
        "choices": [] if graph is not None else choices(space),
        "size": exact(1 if graph is not None else space.size()),
    }


def choices(space: "Space") -> list[dict[str, Any]]:
    """Path, kind and alternatives of every choice; an operation with arguments is as the document writes it."""
    from nas.space.explore import every_choice

    def written(value: Any) -> Any:
        return getattr(value, "item", value)  # an operation that was passed on as a value

    met = every_choice(space.document)
    return [{"path": c.path, "kind": c.kind, "alternatives": [written(value) for value in c.alternatives]} for c in met]


def layers(graph: "Graph") -> list[dict[str, Any]]:
    """One row a node of the graph, the input left out."""
    return [
        {
            "path": node.path,
            "operation": node.operation,
            "arguments": node.arguments,
            "shape": list(node.shape),
            "parameters": node.parameters,
            "mult_adds": node.mult_adds,
        }
        for node in graph.nodes[1:]
    ]


def modules(graph: "Graph", depth: int) -> list[dict[str, Any]]:
    """One row a module: what the first `depth` parts of the nodes' paths name, in order; auxiliary heads apart."""
    from nas.graph.costs import by_module

    return [
        {"path": path, "shape": list(cost.shape), "parameters": cost.parameters, "mult_adds": cost.mult_adds}
        for path, cost in by_module(graph, depth).items()
    ]


def _print(facts: dict[str, Any]) -> None:
    from nas.cli.output import clean, count, table
    from nas.graph.costs import COSTS
    from nas.run.words import in_words

    def line(title: str, value: object) -> None:
        print(f"{title + ':':22}{clean(value)}")

    line("name", facts["name"])
    line("source", facts["source"] or "-")
    for said in SAID:
        if facts[said]:
            line(said, facts[said])
    line("input", shape(facts["input"]))
    line("classes", facts["classes"])
    for cost in COSTS:
        if facts[cost] is not None and (facts[cost] or cost != "auxiliary_parameters"):
            line(in_words(cost), f"{facts[cost]:,}")
    if facts["receptive_field"] is not None:
        line("receptive field", shape(facts["receptive_field"]))
    if facts["parameters"] is None:
        line("size", f"{count(int(facts['size']))} genomes")
    if facts["choices"]:
        print("\n" + table(("choice", "times", "kind", "alternatives"), grouped(facts["choices"])))
    if "modules" in facts:
        rows = [[r["path"], shape(r["shape"]), r["parameters"], r["mult_adds"]] for r in facts["modules"]]
        print("\n" + table(("module", "shape", "parameters", "mult-adds"), rows))
    if "layers" in facts:
        columns = ("path", "operation", "shape", "parameters", "mult-adds")
        rows = [
            [r["path"], r["operation"], shape(r["shape"]), r["parameters"], r["mult_adds"]] for r in facts["layers"]
        ]
        print("\n" + table(columns, rows))


def shape(sizes: Any) -> str:
    """`3 × 224 × 224`."""
    return " × ".join(str(size) for size in sizes)


def grouped(choices: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows of a table: choices that differ only by numbers in their paths are one row, with `*` where they differ."""
    groups: dict[tuple[str, ...], list[list[str]]] = {}
    for choice in choices:
        parts = choice["path"].split(".")
        pattern = ("*" if part.isdecimal() else part for part in parts)
        key = (choice["kind"], alternatives(choice["alternatives"]), *pattern)
        groups.setdefault(key, []).append(parts)
    rows = []
    for (kind, among, *_), paths in groups.items():
        parts = [part[0] if len(set(part)) == 1 else "*" for part in zip(*paths, strict=True)]
        rows.append([".".join(parts), len(paths), kind, among])
    return rows


def alternatives(values: Any, most: int = 120) -> str:
    """Alternatives on one line as a document writes them, cut where the line would be long."""
    text = ", ".join(flow(value) for value in values)
    return text if len(text) <= most else text[: most - 3] + "..."


def flow(value: Any) -> str:
    """A value as YAML's flow style has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
