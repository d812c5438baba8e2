"""Network morphism on graphs: which layers and channels of a child are those of its parent."""

from nas.graph.morphism.align import align
from nas.graph.morphism.walk import Alignment, Layer

__all__ = ["Alignment", "Layer", "align"]
