"""The command line: one file a command, found by `main`. Nothing heavy is imported before a command needs it."""

from nas.cli.command import main as main
