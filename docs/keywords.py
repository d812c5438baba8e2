"""For the API page: the keywords of `nas.search`, and what it says of them, are made when it is loaded."""

import inspect
import re
from typing import Any

import griffe

import nas


class Keywords(griffe.Extension):
    """The signature and the docstring of `nas.search` as Python has them at run time."""

    def on_function(self, *, func: griffe.Function, **kwargs: Any) -> None:
        if func.path == f"{nas.search.__module__}.{nas.search.__name__}":
            func.docstring = griffe.Docstring(inspect.cleandoc(nas.search.__doc__ or ""), parent=func)
            func.parameters = griffe.Parameters(*map(parameter, inspect.signature(nas.search).parameters.values()))


def parameter(given: inspect.Parameter) -> griffe.Parameter:
    """Its annotation without the modules of its types."""
    text = given.annotation if isinstance(given.annotation, str) else inspect.formatannotation(given.annotation)
    kind = griffe.ParameterKind[given.kind.name.lower()]
    return griffe.Parameter(given.name, annotation=re.sub(r"\w+\.", "", text), kind=kind, default=repr(given.default))
