"""argparse, with its mistakes in the house's one line: `error: WHERE: WHAT; HINT`."""

import argparse
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from nas.errors import UserError, did_you_mean

EXAMPLES = "examples:"


class Said(Exception):
    """The parser has said all there is to say (`--help`); what it would have exited with is `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Help(argparse.HelpFormatter):
    """Shows the default of an option that has one, and examples line by line."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(EXAMPLES):
            return "\n".join(f"{indent}{line}" for line in text.splitlines())
        return super()._fill_text(text, width, indent)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        told = action.default not in (None, argparse.SUPPRESS, []) and action.default is not False
        return f"{action.help} (default: %(default)s)" if told else action.help


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UserError for bad arguments, with the nearest option or choice as the hint.

    examples: command lines, one a line, that its help ends with.
    """

    def __init__(self, examples: str = "", **settings: Any) -> None:
        lines = [f"  {line}" for line in examples.strip().splitlines()]
        epilog = "\n".join([EXAMPLES, *lines]) if lines else None
        super().__init__(allow_abbrev=False, formatter_class=Help, epilog=epilog, **settings)

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """The parsed arguments; raises UserError, also for what is left over."""
        arguments, rest = self.parse_known_args(argv)
        if rest:
            word = rest[0].split("=")[0]
            if not word.startswith("-"):
                raise UserError(self.prog, f"one argument too many: '{rest[0]}'", f"see {self.prog} --help")
            options = [option for option in self._option_string_actions if option.startswith("--")]
            raise UserError(self.prog, f"unknown option '{word}'", did_you_mean(word, options))
        return arguments

    def error(self, message: str) -> NoReturn:
        match = re.match(r"argument ([^:]+): (.*)", message, re.DOTALL)
        where, what = (f"{self.prog}: {match[1].split('/')[-1]}", match[2]) if match else (self.prog, message)
        what, _, hint = what.partition("; ")
        raise UserError(where, what, hint or f"see {self.prog} --help")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise Said(status)


def one_of(*words: str) -> Callable[[str], str]:
    """A type for arguments that are one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"unknown value '{text}'; {did_you_mean(text, words)}")
        return text

    return parse


def number(kind: type[int] | type[float], least: float, most: float = float("inf")) -> Callable[[str], Any]:
    """A type for numbers between `least` and `most`, both included."""
    word = "a whole number" if kind is int else "a number"
    bounds = [f"at least {least:g}"] if least > float("-inf") else []
    bounds += [f"at most {most:g}"] if most < float("inf") else []
    wanted = f"{word} of {' and '.join(bounds)}" if bounds else word

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most or value != value or value in (float("inf"), float("-inf")):
            raise argparse.ArgumentTypeError(f"'{text}' does not fit; give {wanted}")
        return value

    return parse


def amount(text: str) -> float:
    """A type for numbers such as 3.5M."""
    from nas.graph.limits import AMOUNT, parse_amount

    value = parse_amount(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"'{text}' does not fit; give {AMOUNT}")
    return value


def real(text: str) -> float:
    """A number as Python writes it, for `pairs`; raises ValueError for what is none, and for infinities."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def pairs(items: Iterable[str], option: str, value: Callable[[str], Any]) -> dict[str, Any]:
    """`["depth=3", ...]` as a dictionary; raises UserError for an item without `=` and for a name given twice."""
    pairs: dict[str, Any] = {}
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UserError(option, f"'{item}' is not of the form name=value", f"write {option} name=value")
        if name in pairs:
            raise UserError(option, f"'{name}' is given twice", "leave one out")
        try:
            pairs[name] = value(text)
        except ValueError as error:
            if isinstance(error, UserError):
                raise UserError(f"{option} {name}", error.what, error.hint) from None
            raise UserError(f"{option} {name}", f"'{text}': {error}", f"write {option} {name}=value") from None
    return pairs
