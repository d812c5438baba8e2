"""Write a network as files that other programs read, with its trained weights where it has them."""

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.parser import one_of
    from nas.cli.target import add_document
    from nas.export.formats import FORMATS

    add_document(parser, "arch", "a packaged name (nas list), a document, a genome file, a run, or what nas train made")
    parser.add_argument("--to", metavar="DIR", required=True, help="the folder to write to")
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        type=one_of(*FORMATS),
        help=f"{', '.join(FORMATS)}; again for more (safetensors if left out)",
    )


def run(args: argparse.Namespace) -> int:
    from pathlib import Path

    import nas
    from nas.cli.target import find
    from nas.errors import UserError
    from nas.export.trained import trained

    folder = Path(args.arch)
    if (folder / "run.yaml").exists():
        folder = folder / "best"
    if (folder / "weights.safetensors").exists():
        if args.set:
            raise UserError(args.arch, "--set would change a network that is already trained", "leave --set out")
        model, genome = trained(folder)
    else:
        target = find(args.arch, args.set)
        if not target.fixed:
            raise UserError(args.arch, "an open search space is not one network", "export one of its genomes")
        model, genome = nas.build(target.space, target.genome), target.genome or target.space.genome({})
        print(f"{args.arch} has no trained weights: these are initial ones", file=sys.stderr)
    for file in nas.export(model, args.to, args.format or ["safetensors"], genome=genome):
        print(file)
    return 0
