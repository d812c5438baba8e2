"""Every packaged document and variant: kind, parameters, source."""

import argparse
from typing import Any


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON list on standard output")


def run(args: argparse.Namespace) -> int:
    import nas
    from nas.cli.output import exact, print_json, table
    from nas.space import packaged

    rows: list[dict[str, Any]] = []
    for name in packaged():
        space = nas.load(name)
        rows.append(
            {
                "name": name,
                "kind": "network" if space.fixed else "space",
                "parameters": space.graph().prune().parameters if space.fixed else None,
                "size": exact(space.size()),
                "source": space.source,
            }
        )
    if args.json:
        print_json(rows)
    else:
        heads = ("name", "kind", "parameters", "source")
        print(table(heads, [[row[head] for head in heads] for row in rows]))
    return 0
