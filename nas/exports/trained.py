"""A trained network as a search, or `nas train`, leaves it in a folder."""

from nas.training.trained import load_trained as trained

__all__ = ["trained"]
