"""A network of 8-bit integers: ONNX, quantised after the training by onnxruntime, and what that cost in accuracy."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data import Dataset
    from nas.exports.source import Source

FILE, CALIBRATION, MOST, BATCH = "model.int8.onnx", 256, 10_000, 64  # images to calibrate on, and to measure at most


def int8(source: "Source", folder: Path) -> Path:
    """ONNX with a free batch size whose convolutions and linear layers compute in int8 (QDQ, weights by channel).

    Calibrated on images of the training set of the network's own data; `source.measured["int8"]` gets how often the
    quantised network and the network are right about those of its test set. Raises UserError without such data.
    """
    from nas.exports.onnx import onnx
    from nas.exports.predict import images_for

    try:
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError:
        raise UserError("format int8", "the package onnxruntime is missing", 'pip install "nas[onnx]"') from None
    record = source.record
    if source.data is None or record.preprocessing is None or record.classes is None:
        what = "nobody noted on which images the network was trained, and it is calibrated on some of them"
        raise UserError("format int8", what, "export a search, or a folder of nas train: nas export runs/NAME")
    data = images_for(source.data, record.preprocessing, record.classes, record.task)

    class Images(CalibrationDataReader):
        def __init__(self) -> None:
            chosen = _some(data, "train", CALIBRATION)[0]
            self.batches: Iterator[Tensor] = iter(_input(source, chosen).split(BATCH))

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self.batches, None)
            return None if batch is None else {"images": batch.numpy()}

    path = folder / FILE
    with tempfile.TemporaryDirectory() as place, _quiet():
        exact, ready = onnx(source, Path(place)), Path(place, "ready.onnx")
        quant_pre_process(str(exact), str(ready), skip_symbolic_shape=True)
        eight = {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8}
        quantize_static(str(ready), str(path), Images(), quant_format=QuantFormat.QDQ, per_channel=True, **eight)
    source.measured["int8"] = measured(source, path, data)
    return path


def measured(source: "Source", file: Path, data: "Dataset") -> dict[str, Any]:
    """`{split, images, accuracy, network, agree}`: how often the file, and the network, are right about images of the
    test set (the validation set where there is none), and how often they say the same, from 0 to 1. Of another task
    than classification `{split, images, metric, value, network}`: what the task watches, of the file and the network.
    """
    import torch

    from nas.exports.reader import runner

    split = "test" if "test" in data.labels else "valid"
    images, labels = _some(data, split, MOST)
    run = runner("int8", file, None)
    theirs, ours = [], []
    with torch.inference_mode():
        for batch in images.split(BATCH):
            x = _input(source, batch)
            theirs.append(torch.as_tensor(run(x.numpy())[0]))
            ours.append(source.whole(x))
    if not (task := source.record.task).counts_hits:
        scores = []
        for outputs in (theirs, ours):
            tally = task.tally(outputs[0].shape[1], labels.device)
            for output, truth in zip(outputs, labels.split(BATCH), strict=True):
                tally.add(output, truth)
            scores.append(tally.scores()[task.watched])
        said = {"metric": task.watched, "value": scores[0], "network": scores[1]}
        return {"split": split, "images": len(labels), **said}
    found, network = (torch.cat(each).argmax(1) for each in (theirs, ours))
    pairs = {"accuracy": (found, labels), "network": (network, labels), "agree": (found, network)}
    shares = {name: (a == b).double().mean().item() for name, (a, b) in pairs.items()}
    return {"split": split, "images": len(labels), **shares}


def _some(data: "Dataset", split: str, most: int) -> "tuple[Tensor, Tensor]":
    """Images and labels, drawn at random where there are more: folders have them class by class."""
    import torch

    order = torch.randperm(len(data.labels[split]), generator=torch.Generator().manual_seed(0))[:most]
    return data.images[split][order], data.labels[split][order]


def _input(source: "Source", images: "Tensor") -> "Tensor":
    assert source.record.preprocessing is not None
    return images.float() if source.raw else source.record.preprocessing.normalise(images)


@contextmanager
def _quiet() -> Iterator[None]:
    """onnxruntime's tool warns of each layer that it quantises otherwise."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
