import pytest

from nas.run.interval import less, wilson


def test_wilson() -> None:
    """Values from the formula as tabulated: Newcombe 1998, Two-sided confidence intervals for the single proportion,
    Table I, method 3.
    """
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(1.0, 20) == pytest.approx((0.8389, 1.0), abs=5e-5)


def test_a_difference_within_chance_is_none() -> None:
    assert less(0.80, 300, than=0.933, of=40)
    assert not less(0.90, 300, than=0.933, of=40)
    assert not less(0.95, 300, than=0.933, of=40)
    # Newcombe 1998, Interval estimation for the difference, Table II, method 10: 56/70 - 48/80 has 0.0524 to 0.3339
    assert less(48 / 80, 80, than=56 / 70, of=70)
    assert not less(48 / 80, 80, than=56 / 80, of=80)
