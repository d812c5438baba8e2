"""What a search at the command line says beside its results."""

import warnings

import pytest

from nas.cli.running import carry_out
from nas.run import Run
from nas.run.display import Display


def test_a_warning_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def search(_: Display) -> Run:
        warnings.warn("the data may have changed", stacklevel=1)
        raise KeyError  # an engine's fault goes through

    with warnings.catch_warnings(), pytest.raises(KeyError):
        warnings.simplefilter("default")
        carry_out("searching", search)
    assert "warning: the data may have changed\n" in capsys.readouterr().err
