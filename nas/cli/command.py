"""From the command line to a command, and from every mistake of the user to one line."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from nas.cli.completion import ASKED, complete
from nas.cli.parser import Parser, Said
from nas.errors import UserError, did_you_mean, stops_pass
from nas.run.interrupt import Stop, exit_status

COMMANDS = {
    "list": "list the packaged networks and search spaces, with their sizes and sources",
    "show": "show the sizes, costs and choices of a network or a search space",
    "compare": "compare networks: sizes, costs, latency here, and the accuracy of those that were trained",
    "import": "import a network that is written in torch: your own, timm's or torchvision's",
    "draw": "draw a network, or a search space with its choices open, as SVG, PNG or PDF",
    "search": "search a space for the best network, and train that",
    "scale": "scale a network up in depth, width and resolution together, as EfficientNet does",
    "resume": "continue a search that was stopped, or take a finished one further",
    "runs": "list the searches in a folder: how far they are, and their best",
    "results": "list the trials of a search, best first",
    "report": "write the report of a search, one self-contained HTML page",
    "watch": "show that report in a browser while the search runs",
    "dashboard": "show a search in optuna-dashboard, also while it runs",
    "train": "train one network: a packaged one, your own, or the best of a search",
    "probe": "fit a linear classifier on the features of a trained network",
    "predict": "say what a trained network sees in pictures",
    "inspect": "show what a trained network looks at, as pictures",
    "evaluate": "measure the accuracy of a trained network on a data set",
    "benchmark": "compare searchers on a table of networks that were trained before",
    "tabulate": "make such a table by training every distinct network of a small space",
    "export": "write a network as weights, ONNX, a torch.export program or Python code",
}
WITHOUT_CODE = ("list", "runs", "dashboard", "import")  # these build no network of a document
WAYS_OUT = {  # of what a system says of a file
    errno.ENOENT: "make the folder that it is to be in, or name another place",
    errno.EEXIST: "a file is where a folder is to be: name another place, or move it away",
    errno.ENOTDIR: "a file is where a folder is to be: name another place, or move it away",
    errno.EISDIR: "it is a folder: give the name of a file",
    errno.EACCES: "name a place that you may read and write, or change its permissions",
    errno.EPERM: "name a place that you may read and write, or change its permissions",
    errno.EROFS: "name a place that can be written",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room on the disk",
}
USAGE = "usage: nas COMMAND ...   (nas COMMAND --help explains it, nas --version prints the version)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status: 0; 1 a search that could not finish; 2 bad input; 130 stopped by
    Ctrl-C, 143 by SIGTERM."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal's encoding lacks must not end a search
            stream.reconfigure(errors="backslashreplace")
    if ASKED in os.environ:
        complete(COMMANDS, add_arguments)
    return guarded(lambda: _run(list(sys.argv[1:] if argv is None else argv)))


def guarded(command: Callable[[], int]) -> int:
    """The exit status of a command, whose mistakes are told in one line."""
    try:
        with Stop(at_once=True), stops_pass():
            status = command()
        sys.stdout.flush()
        return status
    except Said as said:
        return said.status
    except UserError as error:
        return _complain(str(error))
    except BrokenPipeError:  # the reader of our output (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where, hint = str(error.filename or "nas"), WAYS_OUT.get(error.errno or 0, "")
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return _complain(str(UserError(where, error.strerror or str(error), hint)), 1 if full else 2)
    except KeyboardInterrupt as stopped:
        print("stopped", file=sys.stderr)
        return exit_status(stopped)


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        width = max(map(len, COMMANDS))
        print("\n".join([USAGE, "", *(f"  {name:{width}}  {text}" for name, text in COMMANDS.items())]))
        return 0
    if argv[0] in ("-V", "--version"):
        from nas import __version__

        print(__version__)
        return 0
    name = argv[0]
    if name not in COMMANDS:
        raise UserError("nas", f"unknown command '{name}'", did_you_mean(name, COMMANDS))
    command = import_module(f"nas.cli.{name}")
    args = parser_of(name).parse(argv[1:])
    if not vars(args).pop("allow_code", False):
        return int(command.run(args))
    from nas.space.own import code_allowed

    with code_allowed():
        return int(command.run(args))


def parser_of(name: str) -> Parser:
    """Of a command."""
    command = import_module(f"nas.cli.{name}")
    return add_arguments(name, Parser(prog=f"nas {name}", description=command.__doc__, examples=command.EXAMPLES))


def add_arguments(name: str, parser: Parser) -> Parser:
    """Those of a command, to a parser that is returned."""
    import_module(f"nas.cli.{name}").arguments(parser)
    if name not in WITHOUT_CODE:
        what = "import the code that documents name as operations of their own: only of those that you trust"
        parser.add_argument("--allow-code", action="store_true", default=argparse.SUPPRESS, help=what)
    return parser


def _complain(line: str, status: int = 2) -> int:
    sys.stdout.flush()
    print(f"error: {line}", file=sys.stderr)
    return status
