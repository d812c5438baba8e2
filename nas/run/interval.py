"""How far an accuracy measured on so many images can be trusted: Wilson's score interval (Wilson 1927, Probable
inference, the law of succession, and statistical inference), and that of a difference (Newcombe 1998, Interval
estimation for the difference between independent proportions, method 10).
"""

from math import sqrt

Z = 1.959964  # of the normal distribution: 95 % lie between -Z and Z


def wilson(accuracy: float, images: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy, a fraction, on so many images."""
    centre = accuracy + Z * Z / (2 * images)
    reach = Z * sqrt(accuracy * (1 - accuracy) / images + Z * Z / (4 * images * images))
    scale = 1 + Z * Z / images
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def less(accuracy: float, images: int, than: float, of: int) -> bool:
    """Whether an accuracy is less than another by more than chance: 0 is below the interval of the difference."""
    _, upper = wilson(accuracy, images)
    lower, _ = wilson(than, of)
    return than - accuracy > sqrt((than - lower) ** 2 + (upper - accuracy) ** 2)
