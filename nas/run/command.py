"""The command that repeats a search: of `nas search` where that can say it, else the call in Python."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from nas.graph.limits import parse_amount
from nas.run.arguments import bare
from nas.run.asked import asked
from nas.run.keywords import flag_of
from nas.run.settings import SETTINGS
from nas.space.reader import read_yaml
from nas.training.recipe import Recipe

if TYPE_CHECKING:
    from nas.run.results import Run

PLAIN = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_]\w*(?:\.\w+)*)?")  # a user's own function
AMOUNTS = {"G": 1e9, "M": 1e6, "K": 1e3}


def command(run: "Run") -> str:
    """One line, to be typed where the files are that it names: without folders, without what is as by default.

    What a command line cannot say, as a function of the user's, makes it a call of `nas.search`. Every word is quoted:
    a run may come from anyone. Raises UserError where its settings mean nothing.
    """
    keywords = asked(run.config)
    evaluator = keywords.get("evaluator", "train")
    own = not isinstance(evaluator, str) or "function" in run.config.evaluator
    if own or "start_from" in keywords or {"train", "loss", "metrics"} & {*keywords}:
        return _python(keywords, own)
    return _shell(keywords) + (" --allow-code" if run.config.space.get("operations") else "")


def _shell(keywords: Mapping[str, Any]) -> str:
    words = ["nas", "search", str(keywords["space"])]
    for name, value in keywords.items():
        item = SETTINGS[name]
        if not item.kw_only:
            continue
        if bare(item.type) is bool:
            words.append(flag_of(item))
            continue
        several = value if isinstance(value, list | tuple) and name != "image_size" else [value]
        if isinstance(value, Mapping):
            several = [f"{key}={_amount(one) if name == 'limits' else _value(one)}" for key, one in value.items()]
        for one in several:
            text = "x".join(map(str, one)) if isinstance(one, list | tuple) else str(one)
            words += [f"{flag_of(item)}={text}"] if text.startswith("-") else [flag_of(item), text]
    return shlex.join(words)


def _value(value: Any) -> str:
    """As the command line reads it: a word as it is, where it is not taken for anything else."""
    import json

    if isinstance(value, str):
        try:
            if value == value.strip() and read_yaml(value, "value") == value:
                return value
        except ValueError:
            pass
    return json.dumps(value, ensure_ascii=False)


def _amount(value: float) -> str:
    """3.5M of 3500000.0."""
    texts = (f"{value / unit:.10g}{letter}" for letter, unit in AMOUNTS.items() if value >= unit)
    return next((text for text in texts if len(text) < 8 and parse_amount(text) == value), f"{value:.17g}")


def _python(keywords: Mapping[str, Any], own: bool) -> str:
    said = []
    for name, value in keywords.items():
        if name == "evaluator" and own and isinstance(value, str):
            text = value.rpartition(":")[2] if PLAIN.fullmatch(value) else "..."
        else:
            text = _code(value)
        said.append(text if not SETTINGS[name].kw_only else f"{name}={text}")
    return f"nas.search({', '.join(said)})"


def _code(value: Any) -> str:
    """Python that makes it; `...` for what nobody keeps."""
    if value is ...:
        return "..."
    if isinstance(value, dict) and ... in value.values():
        return f"{{{', '.join(f'{name!r}: ...' for name in value)}}}"
    if isinstance(value, Recipe):
        base = Recipe.named("search").to_json()
        otherwise = {name: one for name, one in value.to_json().items() if one != base[name]}
        return f"Recipe.named('search').replace({_arguments(otherwise)})"
    if is_dataclass(value):
        plain: Any = type(value)
        given = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        try:
            before = plain()
        except TypeError:  # it has something that must be said
            return f"{plain.__name__}({_arguments(given)})"
        return f"{plain.__name__}({_arguments({k: one for k, one in given.items() if one != getattr(before, k)})})"
    return repr(value)


def _arguments(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_code(value)}" for name, value in given.items())
