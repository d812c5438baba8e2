"""The module that a user names: a class or function in a file of theirs, or a network of torchvision or timm."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from torch import nn

from nas.errors import UserError, did_you_mean, shortened
from nas.network.libraries import TIMM, untrained_timm, untrained_torchvision

TORCHVISION = "torchvision:"
FORMS = f"FILE.py:CLASS, {TIMM}NAME or {TORCHVISION}NAME"


def module_of(word: str) -> tuple[nn.Module, str]:
    """The module of FILE.py:CLASS, timm:NAME or torchvision:NAME, and a name for its document.

    A file is run, as Python runs it when it is imported; the class is called without arguments.

    Raises:
        UserError: there is no such file, class or network, or the file or the class fails.
    """
    for prefix, make, library in (
        (TORCHVISION, untrained_torchvision, "torchvision"),
        (TIMM, untrained_timm, "timm"),
    ):
        if word.startswith(prefix):
            name = word.removeprefix(prefix)
            network = make(name)
            if network is None:
                raise UserError(word, f"{library} has no network of this name", _known(library, name))
            return network, name
    file, colon, name = word.rpartition(":")
    if not colon or not file.endswith(".py"):
        raise UserError(word, "names no network", f"write {FORMS}")
    return _of_file(Path(file), name), name


def _of_file(path: Path, name: str) -> nn.Module:
    if not path.is_file():
        raise UserError(str(path), "no such file", f"write {FORMS}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    python = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[spec.name] = python
    try:
        spec.loader.exec_module(python)
        found: Any = getattr(python, name, None)
        if found is None:
            raise UserError(str(path), f"has no '{name}'", did_you_mean(name, _networks(python)))
        made = found if isinstance(found, nn.Module) else found()
    except UserError:
        raise
    except Exception as error:  # of code that is not ours
        what = f"{type(error).__name__}: {shortened(' '.join(str(error).split()))}"
        hint = "the class is called without arguments: write a function that calls it with some"
        raise UserError(f"{path}:{name}", what, hint) from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    if not isinstance(made, nn.Module):
        raise UserError(f"{path}:{name}", f"gives {type(made).__name__}, not a torch.nn.Module", "name another one")
    return made


def _networks(python: Any) -> list[str]:
    """The classes of networks that a file defines."""
    classes = {name: value for name, value in vars(python).items() if isinstance(value, type)}
    return [
        name for name, kind in classes.items() if issubclass(kind, nn.Module) and kind.__module__ == python.__name__
    ]


def _known(library: str, name: str) -> str:
    if library == "torchvision":
        from torchvision import models

        return did_you_mean(name, models.list_models(module=models))
    try:
        import timm
    except ImportError:
        return "pip install timm"
    return did_you_mean(name, timm.list_models())
