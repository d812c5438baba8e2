"""Tables of numbers and of several labels."""

from pathlib import Path

import pytest
import torch

from nas.data import describe, load, task_of
from nas.errors import UserError
from tests.data.images import write_images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write_images(tmp_path / "photos", 60)
    return tmp_path


def write(folder: Path, head: str, values: list[str], name: str = "list.csv") -> Path:
    path = folder / name
    rows = [f"photos/{n:03}.png,{values[n % len(values)]}" for n in range(60)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_column_of_values_is_a_regression(photos: Path) -> None:
    path = write(photos, "path,value", [str(n / 4) for n in range(60)])
    data = load(str(path))
    assert data.task.name == task_of(str(path)) == "regression" and data.classes == ("value",)
    assert {split: labels.shape for split, labels in data.labels.items()} == {
        "train": (49, 1),
        "valid": (5, 1),
        "test": (6, 1),
    }
    assert data.task.mean == pytest.approx(data.labels["train"].mean(0).tolist())
    assert data.task.std == pytest.approx(data.labels["train"].std(0, correction=0).tolist())
    assert (data.flip, data.crop) == (False, 0)  # a mirrored image may have another number
    assert describe(str(path)) == (data.shape, 1)
    for split, images in data.images.items():  # write_images: the first pixel is the picture's number
        assert torch.equal(images[:, 0, 0, 0] / 4, data.labels[split][:, 0])


def test_several_columns_and_names_of_others(photos: Path) -> None:
    path = write(photos, "file,width,height,fold", ["1,2.5,train", "3,4,train", "-1e3,0,test", "1,1,val"])
    data = load(str(path), task="regression")
    assert data.classes == ("width", "height")
    assert data.labels["test"].tolist() == [[-1000.0, 0.0]] * 15
    labelled = load(str(write(photos, "path,target", ["1", "2"])), task="regression")
    assert labelled.classes == ("target",)


def test_a_class_is_never_taken_for_a_number(photos: Path) -> None:
    data = load(str(write(photos, "path,target,value", ["1,3.5", "2,4.5"])))
    assert data.task.name == "classification" and data.classes == ("1", "2")


def test_labels_are_a_list(photos: Path) -> None:
    path = write(photos, "path,labels", ["cat|dog", "dog", "", "10 | 9|cat"])
    data = load(str(path))
    assert data.task.name == "multi_label" and data.classes == ("cat", "dog", "9", "10")
    assert data.labels["train"].dtype == torch.float32
    expected = torch.tensor([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1]])
    for split, images in data.images.items():
        assert torch.equal(data.labels[split].long(), expected[images[:, 0, 0, 0].long() % 4])


def test_labels_are_columns(photos: Path) -> None:
    path = write(photos, "path,cat,dog", ["0,1", "true,False", "1,1"])
    data = load(str(path), task="multi_label")
    assert data.classes == ("cat", "dog")
    assert data.labels["train"].unique(dim=0).tolist() == [[0, 1], [1, 0], [1, 1]]
    assert data.flip


@pytest.mark.parametrize(
    ("head", "values", "task", "said"),
    [
        ("path,value", ["1", "two"], None, "list.csv:3: value is 'two', no number; correct it"),
        ("path,value", ["1", ""], None, "list.csv:3: value is '', no number"),
        ("path,value", ["1", "nan"], None, "list.csv:3: value is 'nan', no number"),
        ("path,class,value", ["cat,1"], "regression", "list.csv:2: class is 'cat', no number"),
        ("path,cat,dog", ["0,2"], "multi_label", "list.csv:2: dog is '2', neither 0 nor 1; all columns but path"),
        ("path,cat,dog", ["0,1"], None, "has no column class, and what cat, dog is, is not said; say which: --task"),
        ("path,labels", [""], None, "its training images have no label"),
        ("path", [""], "regression", "has no column of targets"),
        ("path,class", ["cat", "dog"], "segmentation", "is a table, and the task is segmentation; give a folder"),
        ("path,class", ["cat", "dog"], "guessing", "unknown task 'guessing'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    photos: Path, head: str, values: list[str], task: str | None, said: str
) -> None:
    path = write(photos, head, values)
    with pytest.raises(UserError) as error:
        load(str(path), task=task)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_label_that_training_does_not_know(photos: Path) -> None:
    path = photos / "list.csv"
    rows = [f"photos/{n:03}.png,{'a' if n < 50 else 'b'},{'train' if n < 50 else 'test'}" for n in range(60)]
    path.write_text("\n".join(["path,labels,set", *rows]), encoding="utf-8")
    with pytest.raises(UserError, match="the test set has the label b, and the training set does not"):
        load(str(path))


def test_a_folder_of_classes_is_no_table_of_numbers(photos: Path) -> None:
    with pytest.raises(UserError, match="is a folder, and the task is regression"):
        load(str(photos), task="regression")
    with pytest.raises(UserError, match="is regression, and digits is of classification"):
        load("digits", task="regression")
