"""List the packaged networks and search spaces by family, the oldest first, with their sizes and sources."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.report.catalogue import Family

KEYS = ("parameters", "mult_adds", "size", "year", "name")
EXAMPLES = """
nas list resnet
nas list --max-params 5M --sort mult_adds
nas list --spaces
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.parser import amount, one_of

    parser.add_argument("word", metavar="WORD", nargs="?", help="list only names and families that contain WORD")
    parser.add_argument("--spaces", action="store_true", help="list only search spaces")
    most = "list only networks of at most N parameters, such as 5M or 600000"
    parser.add_argument("--max-params", type=amount, metavar="N", help=most)
    order = f"list all by KEY, not by family: {', '.join(KEYS)} (without KEY: parameters)"
    parser.add_argument("--sort", nargs="?", const=KEYS[0], type=one_of(*KEYS), metavar="KEY", help=order)
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import clean, exact, print_json
    from nas.errors import UserError
    from nas.report.catalogue import families

    rows = []
    for family in families(args.word or ""):
        named = args.json or args.sort
        for fact in _wanted(family, args):
            rows.append(fact)
            if not named:
                year = f" ({family.year})" if family.year else ""
                print(f"{clean(family.name)}{year}: {clean(family.source) or 'no source'}", flush=True)
                named = True
            if not (args.json or args.sort):
                print(line(fact), flush=True)  # as it goes: expanding a deep network takes a moment
    if not rows:
        raise UserError("nas list", "nothing packaged is so", "leave out --spaces, or raise --max-params")
    if args.sort:
        rows.sort(key=lambda fact: (fact[args.sort] is None, fact[args.sort]))
    if args.json:
        print_json([{**fact, "size": exact(fact["size"])} for fact in rows])
    elif args.sort:
        print("\n".join(map(line, rows)))
    return 0


def _wanted(family: "Family", args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from nas.report.catalogue import facts

    for fact in facts(family, networks=not args.spaces, spaces=args.max_params is None):
        if args.max_params is None or fact["parameters"] <= args.max_params:
            yield fact


def line(fact: dict[str, Any]) -> str:
    """One document or variant: its parameters and mult-adds, or how many genomes a space has."""
    from nas.cli.output import clean, count
    from nas.run.words import short

    name = f"  {clean(fact['name']):30}"
    if fact["kind"] == "space":
        return f"{name}a space of {count(fact['size'])} genomes"
    differs = "  (differs from its source: see nas show)" if fact["deviation"] else ""
    return f"{name}{fact['parameters']:>14,} parameters  {short(fact['mult_adds']):>6} mult-adds{differs}"
