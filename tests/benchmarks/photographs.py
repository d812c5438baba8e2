"""A folder of photographs of all sizes: memory, the time to read it, and images a second beside a plain DataLoader.

    python tests/benchmarks/photographs.py --count 20000 --size 224

The photographs are made up: smooth noise of 200 to 800 pixels a side, as JPEG. Each way runs in a process of its own:
ours at the first time (decoding), ours when it has been decoded, torchvision's ImageFolder in torch's DataLoader, and
timm's loader, all with the same size and mirroring. Peak memory is that of the whole process tree.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
from PIL import Image

WAYS = ("decoding", "decoded", "dataloader", "timm")
CLASSES, BATCH = 10, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--ways", nargs="+", default=WAYS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        return pass_through(asked.way, asked.folder, asked.size)
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        write(Path(folder) / "photos", asked.count)
        print(f"{asked.count:,} photographs made in {time.time() - began:.0f} s", flush=True)
        for way in asked.ways:
            command = [
                sys.executable,
                __file__,
                "--way",
                way,
                "--folder",
                f"{folder}/photos",
                "--size",
                str(asked.size),
            ]
            process = subprocess.Popen(command, env={**os.environ, "NAS_DATA": f"{folder}/cache"})
            peak = 0
            while process.poll() is None:
                peak = max(peak, tree_memory(process.pid))
                time.sleep(0.1)
            print(f"    peak memory {peak / 1e9:.2f} GB", flush=True)
    return None


def pass_through(way: str, folder: str, size: int) -> None:
    """One pass over the training images, in batches of float32."""
    import torch

    torch.set_num_threads(1)
    began = time.time()
    if way in ("decoding", "decoded"):
        from nas.data import load
        from nas.data.dataset import take
        from nas.training import Recipe
        from nas.training.augmentation import Augmentation

        data = load(folder, image_size=size)
        augmentation, generator = Augmentation(data, Recipe(crop=0), torch.device("cpu")), torch.Generator()
        print(f"{way}: opened in {time.time() - began:.1f} s", flush=True)
        began, seen = time.time(), 0
        for chosen in torch.randperm(len(data.labels["train"])).split(BATCH):
            seen += len(augmentation(take(data.images["train"], chosen), generator))
            data.release()
    else:
        batches = dataloader(folder, size) if way == "dataloader" else timms(folder, size)
        print(f"{way}: opened in {time.time() - began:.1f} s", flush=True)
        began, seen = time.time(), 0
        for images, _ in batches:
            seen += len(images)
    print(f"    {seen / (time.time() - began):,.0f} images a second", flush=True)


def dataloader(folder: str, size: int) -> object:
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    chain = [transforms.Resize(size), transforms.CenterCrop(size), transforms.RandomHorizontalFlip()]
    chain += [transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.25,) * 3)]
    return DataLoader(ImageFolder(folder, transforms.Compose(chain)), BATCH, shuffle=True, num_workers=2)


def timms(folder: str, size: int) -> object:
    from timm.data import create_dataset, create_loader

    dataset = create_dataset("", folder)
    return create_loader(
        dataset, (3, size, size), BATCH, is_training=True, no_aug=False, scale=(0.99, 1.0), num_workers=2,
        use_prefetcher=False, auto_augment=None, color_jitter=0.0, persistent_workers=False,
    )  # fmt: skip


def write(folder: Path, count: int) -> None:
    rng = numpy.random.default_rng(0)
    for number in range(count):
        place = folder / f"class{number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        noise = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=numpy.uint8))
        width, height = rng.integers(200, 800, 2)
        noise.resize((int(width), int(height)), Image.Resampling.BILINEAR).save(place / f"{number}.jpg", quality=85)


def tree_memory(pid: int) -> int:
    """Bytes: proportional, so that what processes share counts once."""
    total = 0
    try:
        for process in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        pass
    return total


if __name__ == "__main__":
    main()
