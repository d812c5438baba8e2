"""Lengths of time as people write them: `8h`, `90m`, `1h30m`, `1d`, `45s`, or a number of seconds."""

import math
import re
from typing import Any

from nas.errors import UserError

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
PARTS = re.compile("".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit})?" for unit in SECONDS))
LONGEST = 1e9


def parse_duration(value: Any, where: str) -> float:
    """Seconds, more than none. Raises UserError."""
    text = "".join(str(value).lower().split())
    try:
        parts = PARTS.fullmatch(text)
        seconds = (
            sum(float(part) * SECONDS[unit] for unit, part in parts.groupdict("0").items()) if parts else float(text)
        )
    except ValueError:
        seconds = math.nan
    if isinstance(value, bool) or not 0 < seconds < LONGEST:
        raise UserError(where, f"{value!r} is no length of time", "give one like 8h, 90m, 1h30m, 1d, or seconds")
    return seconds
