"""matplotlib's Figure that shows itself in a notebook, where nobody has set up pyplot. Importing this imports that."""

import io

from matplotlib.figure import Figure


class ShownFigure(Figure):
    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=100)
        return file.getvalue()
