"""Against scores whose variance is known."""

import random
from typing import Any

from nas.integrations.optuna_importance import MOST, enough, importances


def drawn(count: int, seed: int = 0) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [{"a": rng.choice("xyz"), "b": rng.choice((1, 2, 3)), "c": rng.choice("uv"), "d": 7} for _ in range(count)]


def test_shares_are_those_of_the_variance() -> None:
    answers = drawn(300)
    shares = importances(answers, [3.0 * (one["a"] == "x") + 1.0 * (one["c"] == "u") for one in answers])
    assert list(shares)[:2] == ["a", "c"] and abs(sum(shares.values()) - 1) < 1e-6
    assert "d" not in shares  # it is always 7
    # 9 * 2/9 = 2 and 1/4: nine tenths, and a ninth of that
    assert abs(shares["a"] - 8 / 9) < 0.05 and shares["b"] < 0.02


def test_a_choice_that_is_not_asked_is_absent() -> None:
    rng = random.Random(1)
    answers: list[dict[str, Any]] = [{"deep": rng.choice("yn"), "other": rng.choice("pq")} for _ in range(200)]
    answers = [one | ({"inner": rng.choice("rs")} if one["deep"] == "y" else {}) for one in answers]
    shares = importances(answers, [{"r": 1.0, "s": 0.0}.get(one.get("inner", ""), 0.0) for one in answers])
    assert next(iter(shares)) == "inner" and shares["other"] < 0.05


def test_nothing_is_said_of_what_does_not_differ() -> None:
    assert importances(drawn(30), [0.5] * 30) == {}
    assert importances([{"a": 1}] * 30, list(range(30))) == {}
    assert importances([], []) == {}


def test_many_trials_are_sampled_and_the_same_gives_the_same() -> None:
    answers = drawn(3 * MOST)
    scores = [float(one["b"]) for one in answers]
    assert importances(answers, scores) == importances(answers, scores)
    assert (enough(2), enough(50)) == (30, 100)
