import math
from typing import Any

import pytest

from nas.errors import UserError
from nas.searchers.options import check_option


@pytest.mark.parametrize(
    ("value", "kind", "bounds"),
    [
        (1, int, {"least": 1}),
        (1, float, {"most": 1}),
        (0.5, float, {"least": 0.5, "below": 0.6}),
        (10**30, int, {}),
    ],
)
def test_what_is_allowed(value: Any, kind: Any, bounds: dict[str, float]) -> None:
    check_option("x", "y", value, kind, **bounds)


@pytest.mark.parametrize(
    ("value", "kind", "bounds", "hint"),
    [
        (0, int, {"least": 1}, "give a whole number of at least 1"),
        (1, float, {"least": 0, "below": 1}, "give a number of at least 0 and below 1"),
        (1.5, float, {"least": 0, "most": 1}, "give a number of at least 0 and at most 1"),
        (1.0, int, {}, "give a whole number"),
        (True, int, {}, "give a whole number"),
        ("3", float, {}, "give a number"),
        (None, float, {}, "give a number"),
        (math.nan, float, {}, "give a number"),
    ],
)
def test_what_is_not(value: Any, kind: Any, bounds: dict[str, float], hint: str) -> None:
    with pytest.raises(UserError) as error:
        check_option("x", "y", value, kind, **bounds)
    assert str(error.value) == f"searcher x: y is {value!r}; {hint}"
