"""Tables from their authors' files: TFRecords and protocol buffers as the packages write that are theirs."""

import base64
import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from nas.benchmark.published import convert
from nas.benchmark.tfrecord import fields, records
from nas.cli import main
from nas.errors import UserError
from nas.evaluators.tables import read_table
from nas.evaluators.tables.nasbench101 import answers
from nas.evaluators.tables.nasbench201 import PATHS
from nas.space import load

# vertices: input, a convolution, a pooling, output; the second is the first with its middle vertices exchanged
MATRIX = [[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
OPERATIONS = ["input", "conv3x3-bn-relu", "maxpool3x3", "output"]


def metrics(valid: float, test: float, seconds: float) -> str:
    """A `ModelMetrics` with three evaluations, of which the last counts, as protobuf writes it."""
    descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2", reason="pip install protobuf")
    from google.protobuf import descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="nasbench", syntax="proto2")
    one = file.message_type.add(name="EvaluationData")
    for number, name in enumerate(("current_epoch", "training_time", "train_accuracy", "valid", "test"), start=1):
        one.field.add(name=name, number=number, type=kinds.TYPE_DOUBLE, label=kinds.LABEL_OPTIONAL)
    one.field.add(name="checkpoint_path", number=6, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    whole = file.message_type.add(name="ModelMetrics")
    whole.field.add(
        name="data", number=1, type=kinds.TYPE_MESSAGE, label=kinds.LABEL_REPEATED, type_name=".nasbench.EvaluationData"
    )
    whole.field.add(name="parameters", number=2, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    whole.field.add(name="total_time", number=3, type=kinds.TYPE_DOUBLE, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("nasbench.ModelMetrics"))()
    for part in (0.0, 0.5, 1.0):
        message.data.add(
            current_epoch=108 * part,
            training_time=seconds * part,
            train_accuracy=part,
            valid=valid * part,
            test=test * part,
            checkpoint_path="model.ckpt",
        )
    message.parameters, message.total_time = 1_234_567, 2 * seconds
    return base64.b64encode(message.SerializeToString()).decode()


def tfrecord(path: Path, rows: list[list[Any]]) -> Path:
    writer = pytest.importorskip("tensorboardX.record_writer", reason="pip install tensorboardX").RecordWriter(
        str(path)
    )
    for row in rows:
        writer.write(json.dumps(row).encode())
    writer.close()
    return path


def trained(epochs: int, valid: float, test: float, seconds: float) -> list[Any]:
    digits = "".join(str(bit) for row in MATRIX for bit in row)
    return ["0" * 32, epochs, digits, ",".join(OPERATIONS), metrics(valid, test, seconds)]


def test_nasbench101_is_the_mean_of_each_cells_trainings(tmp_path: Path) -> None:
    rows = [trained(108, 0.92, 0.91, 1000), trained(4, 0.5, 0.4, 40), trained(108, 0.94, 0.95, 1100)]
    source, to = tfrecord(tmp_path / "nasbench_full.tfrecord", rows), tmp_path / "nasbench101.csv.gz"
    space = load("nasbench101")
    assert convert(source, space, "cifar10", to) == 2
    table = read_table(str(to), "cifar10")
    curve = table.curve(space.genome(answers(MATRIX, OPERATIONS)))
    assert curve[4] == pytest.approx({"valid_accuracy": 0.5, "test_accuracy": 0.4, "simulated_seconds": 40})
    assert curve[108] == pytest.approx({"valid_accuracy": 0.93, "test_accuracy": 0.93, "simulated_seconds": 1050})


def test_a_file_that_is_cut_off_or_none_is_said_so(tmp_path: Path) -> None:
    whole = tfrecord(tmp_path / "a.tfrecord", [trained(4, 0.5, 0.4, 40)] * 2).read_bytes()
    for name, data in {"cut": whole[:-7], "pointer": b"version https://git-lfs.github.com/spec/v1\n" * 3}.items():
        path = tmp_path / f"{name}.tfrecord"
        path.write_bytes(data)
        with pytest.raises(UserError, match="no TFRecord file, or cut off"):
            list(records(path))
    with pytest.raises(UserError, match="record 0 is no training of NAS-Bench-101"):
        convert(tfrecord(tmp_path / "b.tfrecord", [["hash", 4, "01", "input,output", "AAAA"]]), *rest(tmp_path))
    with pytest.raises(UserError, match="does not exist"):
        convert(tmp_path / "c.tfrecord", *rest(tmp_path))


def rest(folder: Path) -> tuple[Any, ...]:
    return load("nasbench101"), "cifar10", folder / "x.csv"


@pytest.mark.parametrize(
    "data", [b"\x0a\x05ab", b"\x80", b"\x09\x00", b"\x0b"], ids=["bytes", "number", "double", "group"]
)
def test_a_damaged_protocol_buffer_is_an_error_that_is_caught(data: bytes) -> None:
    import struct

    with pytest.raises((ValueError, IndexError, struct.error)):
        list(fields(data))


def test_accuracies_of_nas_bench_suite_zero(tmp_path: Path) -> None:
    cells = "[[(0, 0), (1, 5), (1, 1), (0, 1), (1, 3), (0, 3), (1, 3), (3, 2)], "
    cells += "[(1, 0), (0, 2), (1, 3), (0, 3), (3, 0), (0, 1), (2, 0), (3, 6)]]"
    source, to = tmp_path / "zc_nasbench301.json", tmp_path / "nb301.csv"
    source.write_text(json.dumps({"cifar10": {cells: {"val_accuracy": 93.25, "params": {"score": 0.8, "time": 1}}}}))
    assert convert(source, load("darts"), "cifar10", to) == 1
    (curve,) = read_table(str(to), "cifar10").rows.values()
    assert dict(curve[100]) == pytest.approx({"valid_accuracy": 0.9325})
    with pytest.raises(UserError, match="no file of NAS-Bench-Suite-Zero with svhn"):
        convert(source, load("darts"), "svhn", to)
    with pytest.raises(UserError, match="name nasbench101 or darts"):
        convert(source, load("nasbench201"), "cifar10", to)


def test_any_table_becomes_one_of_the_projects_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = "arch_str,ops,c10_valid_12,c10_test_12,c10_test_200,c10_sec_per_epoch"
    source, to = tmp_path / "nb201.csv", tmp_path / "own.csv.gz"
    source.write_text(f"{columns}\n-,012340,84.5,85,93.25,10\n-,333333,90,90.5,94,20\n")
    assert main(["tabulate", "nasbench201", "--from", str(source), "--to", str(to)]) == 0
    assert capsys.readouterr().err == f"{to}: 2 rows\n"
    with gzip.open(to, "rt") as file:
        rows = list(csv.DictReader(file))
    assert [row[PATHS[1]] for row in rows] == ["skip_connect", "nor_conv_3x3"]
    old, new = read_table(str(source), "cifar10"), read_table(str(to), "cifar10")
    genomes = [load("nasbench201").genome({path: row[path] for path in PATHS}) for row in rows]
    assert [new.curve(genome) for genome in genomes] == [old.curve(genome) for genome in genomes]
