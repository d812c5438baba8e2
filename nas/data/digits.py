"""The embedded data set: 1,797 handwritten digits of 8x8 pixels, as scikit-learn ships them.

Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998
(doi:10.24432/C50P49, CC BY 4.0). `digits.csv.gz` has 64 pixels of 0..16 and the label in each line.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from nas.data.dataset import Dataset, build

TEST_FRACTION = 0.2


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """Images (1, 8, 8): 1,078 to train, 360 to validate and 359 to test, each class in its proportion."""
    import torch

    with gzip.open(Path(__file__).with_name("digits.csv.gz"), "rt") as file:
        rows = torch.tensor([[int(float(value)) for value in line.split(",")] for line in file])
    images = (rows[:, :64] * 255 / 16).round().to(torch.uint8).view(-1, 1, 8, 8)
    return build(
        name,
        {"train": images},
        {"train": rows[:, 64].clone()},
        tuple("0123456789"),
        valid_fraction=0.25 if valid_fraction is None else valid_fraction,
        test_fraction=TEST_FRACTION,
        flip=False,  # a mirrored digit is none
        crop=1,
    )
