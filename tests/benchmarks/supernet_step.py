"""A step of DARTS' supernet beside the same search network in plain torch: seconds and memory.

`python tests/benchmarks/supernet_step.py [--rounds N] [--batch N] [--channels C] [--layers N]`

A step: forward, backward to weights and alphas, clip, SGD; float32, one thread, CPU time, rounds in which the two take
turns. Ours as a search runs it: channels_last and `FastBackward`. Memory: what is saved for the backward, each storage
once.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.network.depthwise import FastBackward
from nas.network.supernet import Supernet
from nas.space import load
from tests.network.darts_network import EDGES, OPERATIONS, SearchNetwork, by_path, copy_weights

MIB = 2**20


class Stepping:
    """Steps of one of the two, always on the same batch."""

    def __init__(self, model: nn.Module, images: Tensor, labels: Tensor, logits: Callable[..., Tensor]) -> None:
        self.model, self.images, self.labels, self.logits = model.train(), images, labels, logits
        self.alphas = [(1e-3 * torch.randn(EDGES, len(OPERATIONS))).requires_grad_() for _ in range(2)]
        self.sgd = torch.optim.SGD(model.parameters(), 0.025, 0.9, weight_decay=3e-4)

    def loss(self) -> Tensor:
        logits = self.logits(self.images, *[alpha.softmax(1) for alpha in self.alphas])
        return functional.cross_entropy(logits, self.labels)

    def step(self) -> None:
        self.sgd.zero_grad()
        with FastBackward(self.model) if isinstance(self.model, Supernet) else nullcontext():
            self.loss().backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5)
        self.sgd.step()

    def seconds(self) -> float:
        began = time.process_time()
        self.step()
        return time.process_time() - began

    def saved(self) -> float:
        """MiB of activations."""
        own = {parameter.untyped_storage().data_ptr() for parameter in self.model.parameters()}
        found: dict[int, int] = {}
        kept = []

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                found[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor)  # so that no address is used twice
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            self.loss()
        return sum(found.values()) / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = torch.randn(options.batch, 3, 32, 32), torch.randint(10, (options.batch,))
    net = Supernet(load("darts", channels=options.channels, layers=options.layers))
    net.to(memory_format=torch.channels_last)
    (answers,) = {choice.answers for path, choice in net.choices.items() if path.endswith(".operation")}
    plain = SearchNetwork(options.channels, options.layers, 10)
    copy_weights(net, plain)

    def ours(images: Tensor, normal: Tensor, reduction: Tensor) -> Tensor:
        return net(images, by_path(normal, reduction, answers))

    both = [
        Stepping(plain, images, labels, plain),
        Stepping(net, images.contiguous(memory_format=torch.channels_last), labels, ours),
    ]
    memory = [stepping.saved() for stepping in both]
    for stepping in both:
        stepping.step()
    rounds = [[stepping.seconds() for stepping in both] for _ in range(options.rounds)]
    before, after = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, batch {options.batch}")
    print(f"step: plain {before:.2f} s, ours {after:.2f} s: {before / after:.2f} times as fast")
    print(f"saved: plain {memory[0]:.0f} MiB, ours {memory[1]:.0f} MiB: {memory[1] / memory[0]:.2f}")


if __name__ == "__main__":
    main()
