"""Forward of the compiled resnet50 against torchvision's, same weights, alternating in one run: 1.05 or less.

`python tests/benchmarks/forward.py`
"""

import statistics
import time

import torch
import torchvision

import nas


def main() -> None:
    ours, theirs = nas.build("resnet50").eval(), torchvision.models.resnet50().eval()
    x = torch.randn(4, 3, 224, 224)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    with torch.inference_mode():
        for turn in range(24):
            for name, model in (("ours", ours), ("theirs", theirs)):
                start = time.perf_counter()
                model(x)
                if turn >= 4:
                    times[name].append(time.perf_counter() - start)
    ratios = [a / b for a, b in zip(times["ours"], times["theirs"], strict=True)]
    print(f"resnet50 forward, ours / torchvision: {statistics.median(ratios):.3f} (1.05 or less)")


if __name__ == "__main__":
    main()
