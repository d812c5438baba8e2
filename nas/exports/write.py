"""From a network, or a search's best, to files in a folder, each compared with the network before it gets its name."""

import copy
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data.record import CONFIG, Record, read_config
from nas.errors import UserError, did_you_mean, shortened, stops_pass
from nas.exports.formats import FILES, FORMATS, RAW
from nas.tasks import Classification
from nas.training.trained import in_the_way, load_trained

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.preprocessing import Preprocessing
    from nas.exports.compare import Compared
    from nas.exports.source import Source
    from nas.run import Run
    from nas.space import Genome


@dataclass
class Written:
    """files: what was written. compared: of each format, how far it is from the network. failures: of the others."""

    files: list[Path] = field(default_factory=list)
    compared: "dict[str, Compared]" = field(default_factory=dict)
    failures: dict[str, UserError] = field(default_factory=dict)


def export(
    source: "nn.Module | Run",
    to: str | Path,
    formats: str | Sequence[str] = ("safetensors",),
    *,
    genome: "Genome | None" = None,
    input: Sequence[int] | None = None,
    preprocessing: "Preprocessing | None" = None,
    classes: Sequence[str] | None = None,
    with_preprocessing: bool = False,
    force: bool = False,
) -> list[Path]:
    """Write a network as files that other programs read, in inference mode and fp32.

    Each file is read back in a fresh process and compared with the network. config.json, beside the files, has the
    differences, how pictures become input, and the names of the classes.

    Args:
        source: a module, or a finished search, whose best network is written with the weights of its final training.
        to: the folder to write to; it is made where it is missing.
        formats: one or more of "safetensors", "state_dict", "torch", "onnx", "int8", "python", "bundle" and
            "torchvision".
        genome: the genome of a module, to be written as genome.json; that of a search is known.
        input: the shape (channels, height, width), for a module that `nas.build` did not make.
        preprocessing: how pictures become input; default: the attribute `preprocessing` of the module, if any.
        classes: the names of the classes; default: the attribute `classes` of the module, if any.
        with_preprocessing: put the normalisation into the torch, onnx and int8 files, which then take float32 pixels
            from 0 to 255.
        force: overwrite the files of another network in `to`, which is an error otherwise.

    Returns:
        The paths of the files.

    Raises:
        UserError: before anything is written, for an unknown format, for the files of another network in the folder, or
            for an unknown input shape; after all other formats are written, for one that cannot express the network or
            computes something else.
    """
    settings: dict[str, Any] = {"genome": genome, "input": input, "preprocessing": preprocessing, "classes": classes}
    written = write(source, to, formats, with_preprocessing=with_preprocessing, force=force, **settings)
    if written.failures:
        first, *rest = written.failures.values()
        what = "; ".join([first.what, *map(str, rest)])
        raise UserError(first.where, what, first.hint)
    return written.files


def write(
    source: "nn.Module | Run",
    to: str | Path,
    formats: str | Sequence[str] = ("safetensors",),
    *,
    genome: "Genome | None" = None,
    input: Sequence[int] | None = None,
    preprocessing: "Preprocessing | None" = None,
    classes: Sequence[str] | None = None,
    with_preprocessing: bool = False,
    force: bool = False,
    pictures: "Tensor | None" = None,
    trained: bool | None = None,
    facts: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Written:
    """As `export`, with the failures of formats in what it returns.

    pictures: uint8 images (N, channels, height, width) of the network's data to compare with. trained: noted. facts:
    for the card of a bundle. data: arguments of `nas.data.load`, to calibrate int8 on. Both are known of a search.
    """
    from nas.evaluators import trainer_of
    from nas.exports.card import of_run
    from nas.exports.source import Source
    from nas.run import Run

    if not isinstance(to, str | Path):
        raise UserError("nas.export", f"to is {shortened(repr(to))}", "give the folder to write into")
    several = [formats] if isinstance(formats, str) else formats
    if not isinstance(several, Sequence) or not all(isinstance(name, str) for name in several):
        raise UserError("nas.export", f"formats is {shortened(repr(formats))}", f"give some of {', '.join(FORMATS)}")
    names = list(dict.fromkeys(several))
    for name in names:
        if name not in FORMATS:
            raise UserError("nas.export", f"unknown format '{name}'", did_you_mean(name, FORMATS))
    if isinstance(source, Run):
        facts, data = facts or of_run(source), data or trainer_of(source.config.evaluator).source
    model, genome, pictures, trained = _network(source, genome, pictures, trained)
    shape = input or getattr(getattr(model, "graph", None), "input", None)
    if shape is None:
        raise UserError("nas.export", "the shape of the input is not known", "give input=(channels, height, width)")
    preprocessing = preprocessing or getattr(model, "preprocessing", None)
    named = getattr(model, "classes", None) if classes is None else tuple(classes)
    record = Record(tuple(shape), preprocessing, named, getattr(model, "task", None) or Classification())
    if with_preprocessing:
        _check_raw(record, names)
    prepared = Source(plain(model), record, genome, with_preprocessing, facts or {}, data, formats=tuple(names))
    _check_classes(prepared)
    return _write(prepared, Path(to), names, force, pictures, trained)


def plain(model: "nn.Module") -> "nn.Module":
    """A copy for inference on the CPU: fp32, contiguous, nothing of the training left on."""
    import torch

    return copy.deepcopy(model).to("cpu", torch.float32).to(memory_format=torch.contiguous_format).eval()


def _network(
    source: Any, genome: "Genome | None", pictures: "Tensor | None", trained: bool | None
) -> "tuple[nn.Module, Genome | None, Tensor | None, bool | None]":
    import torch

    if isinstance(source, torch.nn.Module):
        return source, genome, pictures, trained
    from nas.evaluators import trainer_of
    from nas.exports.pictures import few
    from nas.run import Run

    if not isinstance(source, Run):
        what = f"takes a network or a finished search, not {shortened(repr(source))}"
        raise UserError("nas.export", what, "build it first: nas.export(nas.build(space, genome), ...)")
    model, genome = load_trained(source.weights())
    return model, genome, few(trainer_of(source.config.evaluator).dataset, model.preprocessing), True


def _check_raw(record: Record, names: Sequence[str]) -> None:
    if not set(names) & set(RAW):
        raise UserError("with_preprocessing", "the formats are others", f"it is for {', '.join(RAW)}")
    if record.preprocessing is None:
        what = "nobody noted how pictures become this network's input"
        raise UserError("with_preprocessing", what, "train it again, or give nas.export(..., preprocessing=...)")


def _check_classes(source: "Source") -> None:
    """Raises UserError where the classes have other names than the network has outputs, after its head was replaced."""
    import torch

    if (classes := source.record.classes) is None:
        return
    with torch.no_grad():
        output = source.model(source.example)
    if isinstance(output, torch.Tensor) and output.ndim >= 2 and output.shape[1] != len(classes):
        what = f"has {output.shape[1]} outputs and the names of {len(classes)} classes"
        raise UserError("the network", what, "set model.classes, or give nas.export(..., classes=[...])")


def _write(
    source: "Source", folder: Path, names: Sequence[str], force: bool, pictures: "Tensor | None", trained: bool | None
) -> Written:
    from nas.exports.compare import TOLERANCE, compare

    fingerprint, weights = _identity(source.model)
    others = in_the_way(folder, fingerprint, force)
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    written, drafts = Written(), dict[str, Path]()
    work = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name in sorted(names, key=lambda name: name == "bundle"):  # whose card tells of the others
            (work / name).mkdir()
            file = _draft(source, name, work / name)
            if isinstance(file, UserError):
                written.failures[name] = file
            else:
                drafts[name] = file
        for name, result in compare(source, drafts, pictures).items():
            if isinstance(result, UserError):
                written.failures[name] = _named(source, name, result)
            else:
                written.compared[name] = result
        if written.compared:
            before = read_config(folder) or {} if not others else {}
            if before.get("weights", weights) != weights:  # trained again: its old files are stale
                others = [path for path in map(folder.joinpath, FILES) if path.exists()]
                before = {}
            config = {**source.record.to_json(), "fingerprint": fingerprint, "weights": weights, "trained": trained}
            config["tolerance"] = TOLERANCE
            config["genome"] = source.genome.to_json()["answers"] if source.genome is not None else None
            config["verified"] = {**_kept(before, folder), **_verified(source, written, drafts)}
            for path in others:
                path.unlink(missing_ok=True)
            if source.genome is not None:
                written.files.append(_place(work, folder, "genome.json", source.genome.to_json()))
            for name in written.compared:
                parts = sorted((work / name).iterdir())
                for part in parts:
                    part.replace(folder / part.name)
                written.files += [folder / drafts[name].name, *(folder / part.name for part in parts)]
            written.files.append(_place(work, folder, CONFIG, config))
            written.files = list(dict.fromkeys(written.files))
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if new and not any(folder.iterdir()):
            folder.rmdir()
    return written


def _draft(source: "Source", name: str, folder: Path) -> Path | UserError:
    """The file of one format, or why there is none."""
    from nas.exports.compare import one_line

    try:
        with stops_pass():
            return FORMATS[name](source, folder)
    except UserError as error:
        return error
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - exporters say in any way what they cannot express
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        what = f"cannot express the network: {one_line(str(cause)) or type(cause).__name__}"
        return _named(source, name, UserError(f"format {name}", what))


def _named(source: "Source", name: str, error: UserError) -> UserError:
    """The error, with the operation that it is about where one can be found."""
    from nas.exports.compare import LOSSY
    from nas.exports.culprit import culprit

    operation = culprit(source, name) if name in RAW and name not in LOSSY else ""
    return UserError(f"{error.where}{operation}", error.what, error.hint or "other formats may hold it")


def _identity(model: "nn.Module") -> tuple[str, str]:
    """What tells a network from others, and its weights from others of the same network."""
    state = model.state_dict()
    graph = getattr(model, "graph", None)
    weights = hashlib.sha256()
    for name, value in sorted(state.items()):
        weights.update(f"{name} {list(value.shape)}\n".encode())
        weights.update(value.contiguous().numpy().tobytes())
    if graph is not None:
        return graph.fingerprint(), weights.hexdigest()
    names = "".join(f"{name} {list(value.shape)}\n" for name, value in sorted(state.items()))
    return hashlib.sha256(names.encode()).hexdigest(), weights.hexdigest()


def _kept(before: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is known of other formats' files of the same network, which stay."""
    verified = before.get("verified")
    if not isinstance(verified, dict):
        return {}
    return {name: each for name, each in verified.items() if name in FORMATS and isinstance(each, dict)}


def _verified(source: "Source", written: Written, drafts: dict[str, Path]) -> dict[str, Any]:
    files = {}
    for name, result in written.compared.items():
        images = source.takes(source.raw and name in RAW)
        counts = {"random": result.random, "real": result.real}
        files[name] = {"file": drafts[name].name, "difference": result.difference, "compared": counts, "images": images}
        if result.accuracy is not None:
            files[name]["accuracy"] = dict(result.accuracy)
    return files


def _place(work: Path, folder: Path, name: str, value: Any) -> Path:
    (work / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    (work / name).replace(folder / name)
    return folder / name
