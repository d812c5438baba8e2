"""A document's data as the YAML that a person would write."""

from typing import Any

import yaml

WIDTH = 108


def yaml_of(data: dict[str, Any]) -> str:
    """What fits on a line stands on one, but for the sections of a document."""
    lines: list[str] = []
    for key, value in data.items():
        if key in ("blocks", "network", "defaults"):
            lines += [f"{key}:", *(_block(value, 2) if isinstance(value, dict | list) else [f"  {_flow(value)}"])]
        else:
            lines += _entry(key, value, 0)
    return "\n".join([*lines, ""])


def _block(value: Any, indent: int) -> list[str]:
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in _entry(key, item, indent)]
    return [line for item in value for line in _listed(item, indent)]


def _entry(key: str, value: Any, indent: int) -> list[str]:
    line = f"{' ' * indent}{_flow(key)}: {_flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return [line]
    if all(not isinstance(item, dict | list | str) for item in value) and isinstance(value, list):
        return [line]  # numbers
    return [f"{' ' * indent}{_flow(key)}:", *_block(value, indent + 2)]


def _listed(item: Any, indent: int) -> list[str]:
    if isinstance(item, dict):
        first, *rest = [line for key, value in item.items() for line in _entry(key, value, indent + 2)]
        return [f"{' ' * indent}- {first[indent + 2 :]}", *rest]
    line = f"{' ' * indent}- {_flow(item)}"
    if len(line) <= WIDTH or not isinstance(item, list):
        return [line]
    first, *rest = _block(item, indent + 2)
    return [f"{' ' * indent}- {first[indent + 2 :]}", *rest]


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return yaml.safe_dump([value], default_flow_style=True, width=10**6, allow_unicode=True)[1:-2]
