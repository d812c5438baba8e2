"""What a shell offers for the beginning of a word, by argcomplete.

A user's shell asks once it has evaluated what `register-python-argcomplete nas` prints.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from nas.cli.parser import Parser

ASKED = "_ARGCOMPLETE"  # in the environment, where the shell asks


def complete(commands: Mapping[str, str], add_arguments: Callable[[str, Parser], object]) -> None:
    """Answers, and ends the process. Arguments are added to the command that the line names: a shell does not wait."""
    try:
        import argcomplete
    except ImportError:
        sys.exit(1)
    parser = Parser(prog="nas")
    places = parser.add_subparsers(parser_class=Parser)
    words = os.environ.get("COMP_LINE", "").split()
    for name, text in commands.items():
        command = places.add_parser(name, help=text)
        if name in words[1:2]:
            add_arguments(name, command)
    argcomplete.autocomplete(parser)


def offer(words: Iterable[str]) -> Callable[..., list[str]]:
    """Of an argument that is one of these words."""
    return lambda prefix, **_: [word for word in words if word.startswith(prefix)]


def documents(prefix: str, **_: object) -> Iterator[str]:
    """The packaged names, and the files and folders, that a word may become."""
    from nas.space import packaged

    yield from (name for name in packaged() if name.startswith(prefix))
    folder = Path(prefix if prefix.endswith("/") else prefix.rpartition("/")[0] or ".")
    for path in folder.iterdir() if folder.is_dir() else ():
        word = f"{path}/" if path.is_dir() else str(path)
        if word.startswith(prefix):
            yield word
