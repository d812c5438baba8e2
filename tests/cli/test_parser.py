import argparse
import shlex
from importlib import import_module

import pytest

from nas.cli.command import COMMANDS, main, parser_of
from nas.cli.parser import Parser, Said, number, one_of, pairs
from nas.errors import UserError


def parser() -> Parser:
    made = Parser(prog="nas search")
    made.add_argument("space", nargs="?")
    made.add_argument("--executor", type=one_of("serial", "ray"))
    made.add_argument("--trials", type=number(int, 1))
    made.add_argument("--gpus-per-trial", type=number(float, 0))
    return made


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--executor", "rai"], "nas search: --executor: unknown value 'rai'; did you mean 'ray'?"),
        (["--trails", "5"], "nas search: unknown option '--trails'; did you mean '--trials'?"),
        (["--trails=5"], "nas search: unknown option '--trails'; did you mean '--trials'?"),
        (["a", "b"], "nas search: one argument too many: 'b'; see nas search --help"),
        (["--trials", "0"], "nas search: --trials: '0' does not fit; give a whole number of at least 1"),
        (["--trials", "many"], "nas search: --trials: 'many' does not fit; give a whole number of at least 1"),
        (["--gpus-per-trial", "nan"], "nas search: --gpus-per-trial: 'nan' does not fit; give a number of at least 0"),
        (["--gpus-per-trial", "inf"], "nas search: --gpus-per-trial: 'inf' does not fit; give a number of at least 0"),
        (["--trials"], "nas search: --trials: expected one argument; see nas search --help"),
    ],
)
def test_mistakes_are_one_line_with_the_way_out(argv: list[str], line: str) -> None:
    with pytest.raises(UserError) as caught:
        parser().parse(argv)
    assert str(caught.value) == line


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(UserError, match="unknown option '--trial'"):
        parser().parse(["--trial", "3"])


def test_good_arguments_come_through() -> None:
    expected = argparse.Namespace(space="nasnet", executor="ray", trials=3, gpus_per_trial=0.25)
    assert parser().parse(["nasnet", "--executor=ray", "--trials", "3", "--gpus-per-trial", ".25"]) == expected


def test_help_stops_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Said) as caught:
        parser().parse(["--help"])
    assert caught.value.status == 0
    assert "--executor" in capsys.readouterr().out


def test_pairs() -> None:
    assert pairs(["a=1", "b = c=d"], "--set", str.strip) == {"a": "1", "b": "c=d"}


@pytest.mark.parametrize(
    ("items", "line"),
    [
        (["depth"], "--set: 'depth' is not of the form name=value; write --set name=value"),
        (["=3"], "--set: '=3' is not of the form name=value; write --set name=value"),
        (["a=1", "a=2"], "--set: 'a' is given twice; leave one out"),
        (["a=x"], "--set a: 'x': invalid literal for int() with base 10: 'x'; write --set a=value"),
    ],
)
def test_bad_pairs(items: list[str], line: str) -> None:
    with pytest.raises(UserError) as caught:
        pairs(items, "--set", int)
    assert str(caught.value) == line


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_says_which_options_are_repeatable(command: str) -> None:
    made = Parser(prog=f"nas {command}")
    import_module(f"nas.cli.{command}").arguments(made)
    for action in made._actions:
        assert isinstance(action, argparse._AppendAction) == ("(repeatable" in str(action.help)), action.option_strings


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_the_help_are_command_lines(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = import_module(f"nas.cli.{command}").EXAMPLES.strip().splitlines()
    assert examples
    for line in examples:
        program, name, *words = shlex.split(line)
        assert (program, name) == ("nas", command)
        parser_of(command).parse(words)
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.endswith("examples:\n" + "".join(f"  {line}\n" for line in examples))
