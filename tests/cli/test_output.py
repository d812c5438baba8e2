import json
import math

import pytest

from nas.cli.output import clean, count, duration, exact, percent, print_json, table


def test_json_holds_nothing_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [math.nan, math.inf, 1.5], "b": {"c": -math.inf}, "d": (1, 2)})
    assert json.loads(capsys.readouterr().out) == {"a": [None, None, 1.5], "b": {"c": None}, "d": [1, 2]}


def test_exact_is_text_where_json_readers_round() -> None:
    assert exact(2**53) == 2**53
    assert exact(2**53 + 1) == "9007199254740993"
    assert exact(10**5000) == "1" + "0" * 5000  # more digits than str(int) agrees to


def test_count_has_separators_and_its_magnitude() -> None:
    assert count(15625) == "15,625"
    assert count(10**18) == "1,000,000,000,000,000,000 (about 1.0e18)"
    assert count(10**5000) == "about 1.0e5000"


def test_table_aligns_numbers_right_and_words_left() -> None:
    assert table(("name", "n"), [("a", 1), ("bcdef", None), ("c", 1234)]).splitlines() == [
        "name       n",
        "-----  -----",
        "a          1",
        "bcdef",
        "c      1,234",
    ]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert clean("a\x1b[31mb\nc") == "a [31mb c"


def test_percent_and_duration() -> None:
    assert percent(0.93254) == "93.25 %"
    assert percent(None) == percent(math.nan) == "-"
    assert [duration(s) for s in (41.7, 185, 7620, 273600)] == ["42 s", "3 min 05 s", "2 h 07 min", "3 d 04 h"]
