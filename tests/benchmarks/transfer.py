"""Transfer learning on a small folder of photographs: from scratch, the backbone frozen, and fine-tuned; several seeds.

    python tests/benchmarks/transfer.py --data DIR --seeds 3

A network is trained on six classes of CIFAR-10 (1,500 images each), then moved to four others, of which the folder has
50 images each, and 500 to test. Ten minutes on a core. `nas probe` on its layers ends it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from nas import data

OLD, NEW = ("airplane", "automobile", "bird", "deer", "frog", "ship"), ("cat", "dog", "horse", "truck")
BATCH = ("--recipe-set", "batch_size=32")
WAYS = {
    "from scratch, 15 epochs": ("--recipe", "final", "--epochs", "15", *BATCH),
    "from scratch, 60 epochs": ("--recipe", "final", "--epochs", "60", *BATCH),
    "frozen backbone": ("--weights", "source", "--freeze", "backbone", *BATCH),
    "fine-tuned": ("--weights", "source", *BATCH),
    "fine-tuned, its first half frozen": ("--weights", "source", "--freeze", "upto:stages.0", *BATCH),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="where CIFAR-10 lies")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root / "old", OLD, 1500, 200, asked.data)
        write(root / "new", NEW, 50, 500, asked.data)
        told = trained(root, "source", "--dataset", "old", "--epochs", "12")
        print(f"resnet20 on {', '.join(OLD)}: {100 * told:.2f} % of its test images", flush=True)
        for name, options in WAYS.items():
            seeds = range(asked.seeds)
            scores = [
                100 * trained(root, f"{name} {seed}", "--dataset", "new", *options, "--seed", str(seed))
                for seed in seeds
            ]
            spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
            each = ", ".join(f"{score:.2f}" for score in scores)
            print(f"{name}: {statistics.mean(scores):.2f} +- {spread:.2f} ({each})", flush=True)


def write(root: Path, classes: tuple[str, ...], train: int, test: int, place: str | None) -> None:
    """A folder with so many images of each class."""
    cifar = data.load("cifar10", place)
    for split, count in (("train", train), ("test", test)):
        for name in classes:
            folder = root / split / name
            folder.mkdir(parents=True)
            chosen = (cifar.labels[split] == cifar.classes.index(name)).nonzero().flatten()[:count]
            for i in chosen.tolist():
                Image.fromarray(cifar.images[split][i].permute(1, 2, 0).numpy()).save(folder / f"{i}.png")


def trained(root: Path, to: str, *options: str) -> float:
    """The accuracy on the test images of one `nas train`."""
    command = [sys.executable, "-m", "nas", "train", "resnet20", "--to", to, *options]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    accuracy: float = json.loads((root / to / "result.json").read_text())["final"]["test_accuracy"]
    return accuracy


if __name__ == "__main__":
    main()
