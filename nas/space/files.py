"""Documents by name: those that come with the package, and files."""

import re
from functools import lru_cache
from pathlib import Path

from nas.errors import UserError, did_you_mean, shortened
from nas.space.document import check_top
from nas.space.reader import MAX_BYTES, Mapping, read_yaml

PACKAGE = Path(__file__).resolve().parent.parent
FOLDER = next(path for path in (PACKAGE / "search_spaces", PACKAGE.parent / "search_spaces") if path.is_dir())
NAME = re.compile(r"[A-Za-z_]\w*")


@lru_cache(maxsize=1)
def packaged() -> dict[str, tuple[Path, str | None]]:
    """Every packaged name: the file, and the variant (None: the document itself)."""
    names: dict[str, tuple[Path, str | None]] = {}
    for path in _documents():
        for name, variant in _names(path):
            if name in names:
                raise UserError(str(path), f"the name '{name}' is taken by {names[name][0].name}")
            names[name] = (path, variant)
    return names


def _documents() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "library.yaml")


def _names(path: Path) -> list[tuple[str, str | None]]:
    """The names that a packaged file gives: its own and its variants'."""
    data = read_document(path)
    return [(data.get("name", path.stem), None), *((name, name) for name in data.get("variants") or {})]


def find_packaged(name: str) -> tuple[Path, str | None] | None:
    """(file, variant) of a packaged name. Only files that have the word in them are parsed."""
    for path in _documents() if NAME.fullmatch(name) else ():
        if path.stem == name or re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")):
            variant = next((variant for candidate, variant in _names(path) if candidate == name), "")
            if variant != "":
                return path, variant
    return None


def find_document(name: str) -> tuple[Path, str | None]:
    """(file, variant) of a name or path."""
    text, _, variant = name.partition("#")
    if text.endswith((".yaml", ".yml")) or "/" in text:
        path = Path(text)
        if not is_file(path):
            raise UserError(
                shortened(text), "no such file", "give a packaged name (`nas list`) or a path to a document"
            )
        return path, variant or None
    file_and_variant = find_packaged(name)
    if file_and_variant is None:
        raise UserError(shortened(name), "no packaged document or variant of this name", did_you_mean(name, packaged()))
    return file_and_variant


def is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


@lru_cache(maxsize=256)
def _parsed(path: Path, stamp: tuple[int, int]) -> Mapping:
    file = str(path.relative_to(FOLDER.parent) if path.is_relative_to(FOLDER) else path)
    if stamp[1] > 4 * MAX_BYTES:
        raise UserError(file, f"{stamp[1]} bytes; a document has at most {MAX_BYTES} characters")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(file, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(file, f"cannot be read as UTF-8: {error.reason} at byte {error.start}") from None
    data = read_yaml(text, file)
    check_top(data, file)
    return data


def read_document(path: Path) -> Mapping:
    stat = path.stat()
    return _parsed(path, (stat.st_mtime_ns, stat.st_size))
