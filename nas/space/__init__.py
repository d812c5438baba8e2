"""Documents, and the spaces and genomes that they stand for."""

from nas.space.document import Document
from nas.space.files import packaged
from nas.space.genome import Genome
from nas.space.loading import load
from nas.space.place import Choice
from nas.space.space import KINDS, Space

__all__ = ["KINDS", "Choice", "Document", "Genome", "Space", "load", "packaged"]
