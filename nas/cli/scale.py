"""Scale a network up in depth, width and resolution together, as EfficientNet does: find how, and write the family."""

import argparse
from typing import TYPE_CHECKING, Any

from nas.cli.parser import number

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.display import Display

EXAMPLES = """
nas scale resnet20 --cost 2 --dataset cifar10 --epochs 20 --to family
nas scale runs/nasbench201-regularized_evolution-1 --dataset cifar10 --epochs 20 --to family
nas scale runs/resnet20_scaled-grid-1 --phi 5 --to larger
"""
EVALUATION = ("epochs", "recipe", "recipe_set", "device", "class_weights")
PLACE = ("executor", "workers", "gpus_per_trial", "ray_address", "deadline", "runs", "name", "seed")


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import AUGMENTATION, DATA, IMAGES, add_settings
    from nas.cli.target import add_document

    what = "a network's name or document, a run (its best network), or a run of nas scale, which then trains nothing"
    add_document(parser, "arch", what)
    told = "how many times the mult-adds the candidates have (default: 2)"
    parser.add_argument("--cost", type=number(float, 1), metavar="F", help=told)
    parser.add_argument("--phi", type=number(int, 0), default=3, metavar="N", help="write the networks of phi = 0 to N")
    parser.add_argument("--to", metavar="DIR", help="the folder to write the family to, a document each")
    parser.add_argument("--json", action="store_true", help="print one JSON value: the grid, the best, the family")
    add_settings(parser, (*DATA, *IMAGES, *AUGMENTATION, *EVALUATION, *PLACE))


def run(args: argparse.Namespace) -> int:
    from nas.cli.options import AUGMENTATION, DATA, IMAGES, given
    from nas.cli.running import carry_out
    from nas.cli.target import find
    from nas.errors import UserError
    from nas.space.compound import is_grid

    subject = find(args.arch, args.set)
    done: list[Run] = []
    if subject.run is not None and is_grid(subject.space.document):
        from nas import load_run

        if args.cost is not None:
            raise UserError(f"--cost {args.cost:g}", f"{args.arch} has its grid already", "leave it out")
        done.append(load_run(subject.run))
    else:
        settings = given(args, (*DATA, *IMAGES, *AUGMENTATION, *EVALUATION, *PLACE))

        def search(display: "Display") -> "Run":
            from nas.run.compound import closed, scale

            space = subject.space if subject.genome is None else closed(subject.space, subject.genome)
            done.append(scale(space, args.cost or 2.0, progress=display, **settings))
            return done[0]

        status = carry_out(f"scaling {args.arch}", search)
        if status:
            return status
    _show(done[0], args)
    return 0


def _show(run: "Run", args: argparse.Namespace) -> None:
    from nas.cli.output import print_json, table
    from nas.run import words
    from nas.run.compound import members, objective, standing, write

    rows, networks, metric = standing(run), members(run, args.phi), objective(run)
    files = write(run, args.phi, args.to) if args.to else [None] * len(networks)
    family: list[dict[str, Any]] = [
        {
            "phi": phi,
            "resolution": list(graph.input[1:]),
            "parameters": graph.parameters,
            "mult_adds": graph.mult_adds,
            "file": None if file is None else str(file),
        }
        for phi, ((_, graph), file) in enumerate(zip(networks, files, strict=True))
    ]
    if args.json:
        print_json({"grid": rows, "best": rows[0], "family": family})
        return
    heads = ("candidate", "alpha", "beta", "gamma", "parameters", "mult-adds", "times", words.in_words(metric))
    names = ("candidate", "alpha", "beta", "gamma", "parameters", "mult_adds")
    lines = [
        [*(row[name] for name in names), f"{row['cost']:.2f}", row["error"] or words.number(metric, row[metric])]
        for row in rows
    ]
    print(table(heads, lines))
    best = ", ".join(f"{name} {rows[0][name]:g}" for name in ("alpha", "beta", "gamma"))
    print(f"\nbest: {best} (depth alpha ** phi, width beta ** phi, resolution gamma ** phi)\n")
    sizes = [
        [one["phi"], "x".join(map(str, one["resolution"])), one["parameters"], one["mult_adds"], one["file"] or ""]
        for one in family
    ]
    print(table(("phi", "resolution", "parameters", "mult-adds", "document"), sizes))
