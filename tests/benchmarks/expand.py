"""Document to graph (shapes and costs): NAS-Bench-201 genomes a second, and milliseconds for resnet50.

`python tests/benchmarks/expand.py`: 550 genomes a second or more, 5 ms or less. Machines differ, so the time of
building torchvision's resnet50 without its weights, measured in the same run, stands beside them.
"""

import random
import time
from collections.abc import Callable

import torch
import torchvision

from nas.space import Space, load


def seconds(function: Callable[[], object], repeats: int) -> float:
    """The least time of five rounds, for one call."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        rounds.append((time.perf_counter() - start) / repeats)
    return min(rounds)


def expand(space: Space, genome: object) -> None:
    graph = Space(space.document).graph(genome)  # type: ignore[arg-type]  # a fresh Space remembers no graph
    assert graph.parameters and graph.mult_adds


def reference() -> None:
    with torch.device("meta"):
        torchvision.models.resnet50()


def main() -> None:
    cells, resnet = load("nasbench201"), load("resnet50")
    rng = random.Random(0)
    genomes = [cells.sample(rng) for _ in range(50)]

    def fifty() -> None:
        for genome in genomes:
            expand(cells, genome)

    a_second, resnet_time, module = (
        50 / seconds(fifty, 2),
        seconds(lambda: expand(resnet, None), 20),
        seconds(reference, 3),
    )
    print(f"nasbench201: {a_second:.0f} genomes a second (550 or more)")
    print(f"resnet50: {resnet_time * 1e3:.2f} ms (5 or less), {resnet_time / module:.3f} of torchvision's bare module")


if __name__ == "__main__":
    main()
