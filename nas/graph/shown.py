"""How a notebook shows what is drawn."""

from importlib import import_module


class Shown:
    """Has a fragment of a page, as `nas.report.notebook` makes it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("nas.report.notebook").html(self)  # a room above all that are shown
        return html
