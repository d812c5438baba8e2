"""Runs exported files in a process of its own, which knows of them what is in them. Run as a script; see `compare`.

    python reader.py TASK.json     {"files": {format: path}, "inputs": {format: path}, "to": folder, "genome": path or
                                    null}

Writes `to`/FORMAT.safetensors, the outputs for each input by its name, or `to`/FORMAT.txt, why there are none. Of
weights without a genome the outputs are the weights. Ends when its standard input does, so that it outlives nobody.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

ONNX = ("onnx", "int8")


def leaves(output: Any) -> list[Any]:
    """The tensors that a network returns."""
    if isinstance(output, dict):
        output = list(output.values())
    return [leaf for item in output for leaf in leaves(item)] if isinstance(output, list | tuple) else [output]


def runner(format: str, file: Path, genome: str | None) -> Callable[[Any], Any]:
    """A function of a batch (a numpy array for ONNX, else a tensor)."""
    if format in ONNX:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda x: session.run(None, {name: x})
    import torch

    if format == "torch":
        return torch.export.load(file).module()
    from safetensors.torch import load_file

    if format == "bundle":
        import re

        (entry,) = re.findall(r"^def (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        return torch.hub.load(str(file.parent), entry, source="local")
    if format == "python":
        import runpy

        names = runpy.run_path(str(file))
        model = names[names["__all__"][0]]()
        model.load_state_dict(load_file(file.with_suffix(".safetensors")))
    elif format == "torchvision":
        from safetensors import safe_open

        from nas.exports.torchvision import network

        with safe_open(file, "pt") as tensors:
            settings = json.loads(tensors.metadata()["config.json"])["torchvision"]
        model = network(settings)
        model.load_state_dict(load_file(file))
    else:
        state = load_file(file) if format == "safetensors" else torch.load(file, weights_only=True)
        if genome is None:
            return lambda x: [state[name] for name in sorted(state)]
        from nas.network import build
        from nas.space import Genome, Space

        loaded = Genome.load(genome)
        model = build(Space(loaded.document), loaded)
        model.load_state_dict(state)
    return model.eval()


def outputs(run: Callable[[Any], Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """By input and position; arrays or tensors, as the function gives them."""
    return {f"{name}/{i}": leaf for name, x in inputs.items() for i, leaf in enumerate(leaves(run(x)))}


def main(task: dict[str, Any]) -> None:
    for format, file in task["files"].items():
        to = Path(task["to"], format)
        try:
            run = runner(format, Path(file), task["genome"])
            if format in ONNX:
                from safetensors.numpy import load_file, save_file

                arrays = outputs(run, load_file(task["inputs"][format]))
                save_file({name: value.copy() for name, value in arrays.items()}, to.with_suffix(".safetensors"))
            else:
                import torch
                from safetensors.torch import load_file as load_tensors
                from safetensors.torch import save_file as save_tensors

                torch.set_num_threads(1)
                with torch.no_grad():
                    tensors = outputs(run, load_tensors(task["inputs"][format]))
                whole = {name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
                save_tensors(whole, to.with_suffix(".safetensors"))
        except Exception as error:  # noqa: BLE001 - whatever a file leads to is what is to be known of it
            to.with_suffix(".txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
