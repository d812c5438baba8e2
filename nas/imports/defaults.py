"""Arguments that all calls of a word have alike are said once, among the document's `defaults`."""

from collections.abc import Iterator
from typing import Any

WORDS = ("batch_norm", "conv_bn", "conv_bn_act", "conv_bn_relu", "squeeze_excite")
ARGUMENTS = ("activation", "gate")
FEWEST = 3


def common_arguments(data: dict[str, Any], norm: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What may stand among the defaults of a document; it is taken out of the calls in `data`.

    norm: the arguments that all batch norms have, those of projections too, which cannot say theirs.
    """
    defaults: dict[str, dict[str, Any]] = {}
    calls: dict[str, list[dict[str, Any] | None]] = {}
    for word, arguments in _calls(data):
        calls.setdefault(word, []).append(arguments)
    for word, found in sorted(calls.items()):
        common = dict(norm) if word != "squeeze_excite" else {}
        for name in ARGUMENTS:
            values = [arguments.get(name) if arguments else None for arguments in found]
            word_alone = isinstance(values[0], str) and not values[0].startswith("=")
            if len(values) >= FEWEST and word_alone and all(value == values[0] for value in values):
                common[name] = values[0]
        for arguments in found:
            for name in common if arguments else ():
                arguments.pop(name, None)  # type: ignore[union-attr]
        if common:
            defaults[word] = common
    _bare(data)
    return defaults


def _calls(value: Any) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each call of a word, with its arguments where it has any."""
    if isinstance(value, str) and value in WORDS:
        yield value, None
    elif isinstance(value, list):
        for item in value:
            yield from _calls(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if (key, item) == ("shortcut", "projection"):
                yield "conv_bn", None
            elif key in WORDS and isinstance(item, dict):
                yield key, item
            else:
                yield from _calls(item)


def _bare(value: Any) -> None:
    """Calls that no argument is left of are the word alone."""
    items = (
        list(enumerate(value)) if isinstance(value, list) else list(value.items()) if isinstance(value, dict) else []
    )
    for place, item in items:
        if isinstance(item, dict) and len(item) == 1 and next(iter(item)) in WORDS and next(iter(item.values())) == {}:
            value[place] = next(iter(item))
        else:
            _bare(item)
