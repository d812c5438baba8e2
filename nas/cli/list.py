"""List the packaged networks and search spaces by family, the oldest first, with their sizes and sources."""

import argparse
from typing import Any


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("word", metavar="WORD", nargs="?", help="list only names and families that contain WORD")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import clean, exact, print_json
    from nas.report.catalogue import facts, families

    rows = []
    for family in families(args.word or ""):
        if not args.json:
            year = f" ({family.year})" if family.year else ""
            print(f"{clean(family.name)}{year}: {clean(family.source) or 'no source'}", flush=True)
        for fact in facts(family):
            rows.append({**fact, "size": exact(fact["size"])})
            if not args.json:
                print(line(fact), flush=True)  # as it goes: expanding a deep network takes a moment
    if args.json:
        print_json(rows)
    return 0


def line(fact: dict[str, Any]) -> str:
    """One document or variant: its parameters and mult-adds, or how many genomes a space has."""
    from nas.cli.output import clean, count
    from nas.report.svg import short

    name = f"  {clean(fact['name']):30}"
    if fact["kind"] == "space":
        return f"{name}a space of {count(fact['size'])} genomes"
    differs = "  (differs from its source: see nas show)" if fact["deviation"] else ""
    return f"{name}{fact['parameters']:>14,} parameters  {short(fact['mult_adds']):>6} mult-adds{differs}"
