"""Exported files compared with the network: what each computes, in a fresh process that reads the file alone."""

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nas.errors import UserError
from nas.exports import reader
from nas.exports.formats import RAW
from nas.exports.source import Source

TOLERANCE = 1e-4  # of the largest difference between two outputs, as a part of the largest output
BATCHES, LARGE, FEWER = (1, 2, 5), 30e9, (1, 2)  # images in a batch; mult-adds from which a network gets fewer
SECONDS = 600  # for one process
WEIGHTS = ("safetensors", "state_dict")
LOSSY = ("int8",)  # formats that compute something else, whose accuracy is measured instead


@dataclass(frozen=True)
class Compared:
    """difference: the largest, as a part of the largest output of the network; None: nothing can read such a file here.

    random, real: how many images of each kind. accuracy: of a format that loses some, as `int8.measured` has it.
    """

    difference: float | None
    random: int = 0
    real: int = 0
    accuracy: Mapping[str, Any] | None = None


def compare(source: Source, files: Mapping[str, Path], real: Tensor | None = None) -> dict[str, Compared | UserError]:
    """Each format's file, with an error where it computes something else or cannot be read.

    real: uint8 images (N, channels, height, width) to look at beside random ones.
    """
    results: dict[str, Compared | UserError] = {}
    left = dict(files)
    if "onnx" in left and importlib.util.find_spec("onnxruntime") is None:
        results["onnx"] = Compared(None)
        del left["onnx"]
    with tempfile.TemporaryDirectory() as folder:
        inputs = {name: _inputs(source, name, real) for name in left}
        task = _task(source, inputs, Path(folder))
        expected = _Expected(source)
        while left:
            ended = _read({**task, "files": {name: str(path) for name, path in left.items()}}, Path(folder))
            for name in list(left):
                del left[name]
                result = _result(expected, name, inputs[name], Path(folder))
                results[name] = result or UserError(f"format {name}", f"the process that read it back {ended}")
                if result is None:  # those after it were not reached
                    break
    return results


def _inputs(source: Source, name: str, real: Tensor | None) -> dict[str, Tensor]:
    """Batches by name, as the file takes them; of weights alone, which take none, one."""
    if source.genome is None and name in WEIGHTS:
        return {"weights": torch.zeros(1)}
    raw, preprocessing = _raw(source, name), source.record.preprocessing
    mult_adds = getattr(getattr(source.model, "graph", None), "mult_adds", 0)
    generator = torch.Generator().manual_seed(0)
    batches = {}
    for count in FEWER if mult_adds > LARGE else BATCHES:
        shape = (count, *source.record.input)
        pixels = torch.randint(256, shape, generator=generator).float()
        batches[f"random{count}"] = pixels if raw else torch.randn(shape, generator=generator)
    if real is not None and preprocessing is not None:
        batches["real"] = real.float() if raw else preprocessing.normalise(real)
    return batches


def _raw(source: Source, name: str) -> bool:
    return source.raw and name in RAW


def _task(source: Source, inputs: Mapping[str, Mapping[str, Tensor]], folder: Path) -> dict[str, Any]:
    """All that the reader is told, but for the files."""
    from safetensors.torch import save_file

    for name, batches in inputs.items():
        save_file(dict(batches), folder / f"{name}.inputs")
    if source.genome is not None:
        source.genome.save(folder / "genome.json")
    return {
        "inputs": {name: str(folder / f"{name}.inputs") for name in inputs},
        "to": str(folder),
        "genome": str(folder / "genome.json") if source.genome is not None else None,
    }


def _read(task: Mapping[str, Any], folder: Path) -> str:
    """Runs the reader to its end. Returns how it ended."""
    file = folder / "task.json"
    file.write_text(json.dumps(task), encoding="utf-8")
    package = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-P", str(Path(reader.__file__)), str(file)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env=env) as process:
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"took longer than {SECONDS} s"
        except BaseException:
            process.kill()
            raise
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


class _Expected:
    """What the network computes, once for each kind of input."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.outputs: dict[bool, dict[str, Tensor]] = {}

    def of(self, name: str, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the reader of a format should have found."""
        if "weights" in inputs:
            state = sorted(self.source.model.state_dict().items())
            return {f"weights/{i}": value for i, (_, value) in enumerate(state)}
        raw = _raw(self.source, name)
        if raw not in self.outputs:
            with torch.no_grad():
                self.outputs[raw] = reader.outputs(self.source.whole if raw else self.source.model, dict(inputs))
        return self.outputs[raw]


def _result(expected: _Expected, name: str, inputs: Mapping[str, Tensor], folder: Path) -> Compared | UserError | None:
    """Of one format, from what the reader wrote; None where it wrote nothing."""
    from safetensors.torch import load_file

    why, file = folder / f"{name}.txt", folder / f"{name}.safetensors"
    if why.exists():
        return UserError(f"format {name}", f"cannot be read back: {one_line(why.read_text(encoding='utf-8'))}")
    if not file.exists():
        return None
    ours, theirs = expected.of(name, inputs), load_file(file)
    if {key: value.shape for key, value in ours.items()} != {key: value.shape for key, value in theirs.items()}:
        return UserError(f"format {name}", "what it computes has another shape than the network's output")
    apart = {key: difference(ours[key], theirs[key]) for key in ours}
    lossy = name in LOSSY and max(apart.values()) < math.inf
    like_real = {key: value for key, value in apart.items() if key.startswith("real")} if lossy else {}
    worst = max((like_real or apart).values(), default=0.0)
    if not lossy and not worst <= TOLERANCE:
        what = f"differs from the network by {worst:.2g} of the largest output, more than {TOLERANCE:g}"
        return UserError(f"format {name}", what)
    counts = {key: len(value) for key, value in inputs.items() if key != "weights"}
    random = sum(counts.values()) - counts.get("real", 0)
    return Compared(worst, random, counts.get("real", 0), expected.source.measured.get(name))


def difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest, as a part of the largest number in `ours`; numbers that are not finite must be the same ones."""
    ours, theirs = ours.double(), theirs.double()
    finite = ours.isfinite()
    same = torch.equal(ours[~finite].nan_to_num(0.5), theirs[~finite].nan_to_num(0.5))
    if not same or not bool(theirs[finite].isfinite().all()):
        return float("inf")
    scale = float(ours[finite].abs().max()) if bool(finite.any()) else 0.0
    largest = float((ours - theirs)[finite].abs().max()) if bool(finite.any()) else 0.0
    return largest / (scale or 1.0)


def one_line(text: str) -> str:
    """The first line that says something, without a terminal's colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    return next((line for line in lines if line), "no reason given")[:300]
