"""The graphs of recent genomes, which searches ask for again and again."""

from collections import OrderedDict

from nas.space.build import Built
from nas.space.genome import Genome

MAX_NODES = 100_000  # of all graphs, tens of megabytes: a population's parents are among them


class Recent:
    """Keeps the latest, as many as have MAX_NODES nodes; None stands for the genome of a document without choices."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Genome | None, Built] = OrderedDict()
        self.nodes = 0

    def get(self, genome: Genome | None) -> Built | None:
        built = self.kept.get(genome)
        if built is not None:
            self.kept.move_to_end(genome)
        return built

    def keep(self, genome: Genome | None, built: Built) -> None:
        if genome in self.kept:
            self.nodes -= len(self.kept.pop(genome).graph.nodes)
        self.kept[genome] = built
        self.nodes += len(built.graph.nodes)
        while self.nodes > MAX_NODES and len(self.kept) > 1:
            self.nodes -= len(self.kept.popitem(last=False)[1].graph.nodes)
