"""What each augmentation costs an image of CIFAR-10's size, in microseconds of one core.

`python tests/benchmarks/augmentation.py [--pixels N]`
"""

import argparse
import time

import torch

from nas.data import Dataset
from nas.training import Recipe
from nas.training.augmentation import Augmentation

SETTINGS = {
    "crop and flip": {},
    "random_resized_crop": {"random_resized_crop": 0.3},
    "rotation": {"rotation": 15},
    "elastic": {"elastic": 50},
    "color_jitter": {"color_jitter": 0.4},
    "randaugment": {"auto_augment": "randaugment"},
    "trivialaugment": {"auto_augment": "trivialaugment"},
    "random_erasing": {"random_erasing": 0.25},
    "mixup": {"mixup": 0.2},
    "cutmix": {"cutmix": 1.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    images = torch.randint(256, (256, 3, asked.pixels, asked.pixels), dtype=torch.uint8)
    labels = torch.arange(256) % 10
    data = Dataset(
        "noise", {"train": images}, {"train": labels}, tuple("abcdefghij"), (128.0,) * 3, (70.0,) * 3, True, 4
    )
    generator = torch.Generator().manual_seed(0)
    for name, settings in SETTINGS.items():
        augmentation = Augmentation(data, Recipe(**settings), torch.device("cpu"))
        seconds = []
        for _ in range(asked.rounds):
            began = time.process_time()
            augmentation.mixed(augmentation(images, generator), labels, generator)
            seconds.append(time.process_time() - began)
        print(f"{name:20} {1e6 * min(seconds) / len(images):8.1f} us an image")


if __name__ == "__main__":
    main()
