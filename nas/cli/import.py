"""Import a network that is written in torch: write the document of it, which can be changed, searched and trained."""

import argparse
from pathlib import Path

from nas.errors import UserError

EXAMPLES = """
nas import model.py:SmallNet --input 3,32,32 --to small_net.yaml --weights small_net.safetensors
nas import timm:dla34 --input 3,224,224 --to dla34.yaml
nas import torchvision:resnet18 --input 3,224,224 --to resnet18.yaml
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    source = "FILE.py:CLASS (the file is run, with all that it does), timm:NAME or torchvision:NAME"
    parser.add_argument("network", metavar="NETWORK", help=source)
    parser.add_argument("--input", required=True, type=sizes, metavar="SIZES", help="shape of an image: 3,32,32")
    parser.add_argument("--to", required=True, metavar="FILE", help="the document to write, a new .yaml")
    what = "also write the weights of a network of your own, a new .safetensors, for nas train --weights"
    parser.add_argument("--weights", metavar="FILE", help=what)


def sizes(text: str) -> tuple[int, ...]:
    """`3,32,32` as numbers."""
    parts = text.replace("x", ",").split(",")
    if not 2 <= len(parts) <= 4 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is no shape; write channels, height and width, as 3,32,32")
    return tuple(map(int, parts))


def run(args: argparse.Namespace) -> int:
    for option, file, suffix in (("--to", args.to, ".yaml"), ("--weights", args.weights, ".safetensors")):
        if file and not file.endswith(suffix):
            raise UserError(f"{option} {file}", "has another ending", f"write a name that ends with {suffix}")
        if file and Path(file).exists():
            raise UserError(f"{option} {file}", "exists already", "give another name, or remove it first")
        if file and not Path(file).parent.is_dir():
            raise UserError(f"{option} {file}", "the folder does not exist", "make it first")
    if args.weights and not args.network.rpartition(":")[0].endswith(".py"):
        what, hint = f"{args.network} is made here without training", "nas train DOCUMENT --weights takes trained ones"
        raise UserError("--weights", what, hint)
    from nas.imports import import_module
    from nas.imports.source import module_of

    module, name = module_of(args.network)
    described = f"imported from {args.network.rpartition('/')[2]}"
    imported = import_module(module, args.input, name, described, args.network)
    Path(args.to).write_text(imported.text, encoding="utf-8")
    print(args.to)
    if args.weights:
        from safetensors.torch import save_file

        save_file(imported.network.state_dict(), args.weights)
        print(args.weights)
    return 0
