"""From names and paths to documents: `extends`, variants, overrides, the packaged names."""

from pathlib import Path

import pytest

from nas.errors import UserError
from nas.space import load, packaged
from tests.space.documents import operations

BASE = """
name: base
source: somewhere
input: [4, 8, 8]
parameters: {act: relu, sizes: [1, 3]}
variants: {base_tanh: {act: tanh}}
blocks:
  b: {parameters: {n: 1}, body: [{repeat: =n, body: [=act]}]}
network: {stem: [b], head: {conv: {channels: 2, kernel: =sizes[0]}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE.replace("=sizes[0]", '"=sizes[0]"'))
    return tmp_path


def child(folder: Path, text: str, name: str = "child.yaml", **overrides: object) -> list[str]:
    path = folder / name.partition("#")[0]
    path.write_text(text)
    return operations(load(str(folder / name), **overrides).graph())


def test_mappings_merge_deeply_lists_and_scalars_replace(folder: Path):
    assert child(folder, "extends: base.yaml") == ["relu", "conv"]
    assert child(folder, "extends: base.yaml\nparameters: {act: tanh}") == ["tanh", "conv"]
    assert child(folder, "extends: base.yaml\nblocks: {b: {parameters: {n: 2}}}") == ["relu", "relu", "conv"]
    assert child(folder, "extends: base.yaml\nnetwork: {stem: [b, elu]}") == ["relu", "elu", "conv"]
    assert child(folder, "extends: base.yaml\nnetwork: [b]") == ["relu"]
    assert child(folder, "extends: base.yaml\nnetwork: {middle: silu}") == ["relu", "conv", "silu"]
    load(str(folder / "child.yaml"))
    (folder / "child.yaml").write_text(
        "extends: base.yaml\nparameters: {sizes: [5]}\nnetwork: {head: {conv: {stride: 2}}}"
    )
    node = load(str(folder / "child.yaml")).graph().nodes[-1]
    assert (node.arguments["kernel"], node.arguments["stride"], node.shape) == (5, 2, (2, 4, 4))


def test_another_operation_or_form_replaces_the_whole(folder: Path):
    assert child(folder, "extends: base.yaml\nnetwork: {head: {max_pool: {kernel: 2}}}") == ["relu", "max_pool"]
    assert child(folder, "extends: base.yaml\nnetwork: {head: {repeat: 2, body: [elu]}}") == ["relu", "elu", "elu"]


def test_a_forms_other_keys_may_be_changed_alone(folder: Path):
    (folder / "sum.yaml").write_text(
        "input: [4, 8, 8]\nnetwork: {unit: {residual: [relu], shortcut: identity}, two: {branches: [relu, tanh]}}"
    )
    found = child(folder, "extends: sum.yaml\nnetwork: {unit: {shortcut: [silu]}, two: {merge: add}}")
    assert found == ["relu", "silu", "add", "relu", "tanh", "add"]
    assert child(folder, "extends: sum.yaml\nnetwork: {unit: {repeat: 1, body: elu}}")[:2] == ["elu", "relu"]


def test_a_child_has_its_own_name_and_variants(folder: Path):
    child(folder, "extends: base.yaml\nvariants: {small: {sizes: [1]}}")
    space = load(str(folder / "child.yaml"))
    assert (space.name, space.source) == ("child", "somewhere")
    assert load(str(folder / "child.yaml#small")).name == "small"
    with pytest.raises(UserError, match="no variant 'base_tanh'"):
        load(str(folder / "child.yaml#base_tanh"))


def test_a_variant_says_things_of_its_own(folder: Path):
    said = "{sizes: [5], source: its paper, year: 1999, notes: with fire, deviation: two more weights}"
    child(folder, f"extends: base.yaml\nyear: 1998\nnotes: plain\nvariants: {{small: {said}}}")
    data = load(str(folder / "child.yaml")).document.data
    assert (data["source"], data["year"], data["notes"]) == ("somewhere", 1998, "plain")
    data = load(str(folder / "child.yaml#small")).document.data
    assert (data["source"], data["year"], data["notes"]) == ("its paper", 1999, "with fire")
    assert data["deviation"] == "two more weights" and data["parameters"]["sizes"] == [5]
    assert "fire" not in data["blocks"]  # a block of the library that the text for people happens to name
    (folder / "grandchild.yaml").write_text("extends: child.yaml#small\nyear: 2000")
    data = load(str(folder / "grandchild.yaml")).document.data
    assert (data["source"], data["year"]) == ("its paper", 2000)
    assert not {"notes", "deviation"} & set(data)


def test_a_child_of_a_variant_and_grandchildren(folder: Path):
    assert child(folder, "extends: base.yaml#base_tanh") == ["tanh", "conv"]
    assert child(folder, "extends: child.yaml\nblocks: {b: {parameters: {n: 3}}}", "grandchild.yaml") == [
        "tanh"
    ] * 3 + ["conv"]
    assert child(folder, "extends: resnet18\nparameters: {width: 8}", "thin.yaml")[0] == "conv"


def test_sections_of_names_merge_where_a_name_is_a_word(folder: Path):
    """A lone name that the library or an operation has too is no item of a chain that replaces another."""
    (folder / "parent.yaml").write_text(
        "defaults: {conv: {bias: false}}\nblocks: {b: [{conv: 3}], c: [tanh]}\nnetwork: [b, c, batch_norm, fire]"
    )
    text = "extends: parent.yaml\nblocks: {fire: [elu]}\ndefaults: {batch_norm: {eps: 0.5}, conv: {kernel: 5}}"
    assert child(folder, text) == ["conv", "tanh", "batch_norm", "elu"]
    data = load(str(folder / "child.yaml")).document.data
    assert data["defaults"] == {"conv": {"bias": False, "kernel": 5}, "batch_norm": {"eps": 0.5}}


def test_variants_and_overrides(folder: Path):
    path = str(folder / "base.yaml")
    assert operations(load(f"{path}#base_tanh").graph()) == ["tanh", "conv"]
    assert operations(load(path, act="elu").graph()) == ["elu", "conv"]
    assert load(path, sizes=(3,), input=(1, 8, 8)).graph().nodes[-1].arguments["kernel"] == 3
    assert not load(path, act={"choice": ["relu", "tanh"]}).fixed
    assert load("resnet50", classes=7).graph().shape == (7,)
    assert load("resnet50").graph().shape == (1000,)  # an override is its own


def test_an_overridden_document_leaves_the_file_as_it_is(folder: Path):
    path = str(folder / "base.yaml")
    load(path, act="elu")
    assert operations(load(path).graph()) == ["relu", "conv"]


def test_a_changed_file_is_read_again(folder: Path):
    assert child(folder, "network: [relu]", "x.yaml") == ["relu"]
    assert child(folder, "network: [tanh, relu]", "x.yaml") == ["tanh", "relu"]


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ("bse.yaml", "child.yaml:1: extends: no file 'bse.yaml' in this document's folder"),
        ("../base.yaml", "extends: no file '../base.yaml'"),
        ("/etc/hosts.yaml", "extends: no file '/etc/hosts.yaml'"),
        ("/etc/hosts", "extends: no packaged document or variant '/etc/hosts'"),
        ("resnet5", "child.yaml:1: extends: no packaged document or variant 'resnet5'; did you mean 'resnet"),
        ("base.yaml#small", "no variant 'small'"),
        ("child.yaml", "extends: more than 8 documents deep; does it extend itself?"),
        ("3", "extends: expected a name or a file beside this one, not 3"),
        ("[base.yaml]", "extends: expected a name"),
        ("''", "extends: no packaged document"),
    ],
)
def test_parents_that_cannot_be(parent: str, message: str, folder: Path):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "base.yaml").write_text(BASE.replace("=sizes[0]", "1"))
    (inner / "child.yaml").write_text(f"extends: {parent}\n")
    with pytest.raises(UserError) as error:
        load(str(inner / "child.yaml"))
    assert message in str(error.value)


def test_a_link_out_of_the_folder_is_no_parent(folder: Path, tmp_path: Path):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "link.yaml").symlink_to(folder / "base.yaml")
    (inner / "child.yaml").write_text("extends: link.yaml\n")
    with pytest.raises(UserError, match=r"no file 'link.yaml' in this document's folder"):
        load(str(inner / "child.yaml"))


@pytest.mark.parametrize(
    "name",
    [
        "resnet5",
        "",
        ".",
        "..",
        "/",
        "no/such.yaml",
        "x\0.yaml",
        "a" * 5000,
        "a" * 5000 + ".yaml",
        "#",
        "resnet18#x",
        "\n",
    ],
)
def test_names_that_cannot_be(name: str):
    with pytest.raises(UserError) as error:
        load(name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_packaged_names_are_unique_and_load():
    names = packaged()
    assert {"resnet", "resnet18", "resnet50", "nasbench201", "nasnet", "plain"} <= names.keys()
    for name in names:
        space = load(name)
        assert space.name == name
        assert space.source


def test_only_the_library_blocks_that_are_named_come_along():
    blocks = load("resnet18").document.data["blocks"]
    assert {"basic", "conv_bn_relu", "conv_bn"} <= set(blocks)
    assert not {"fire", "separable", "squeeze_excite"} & set(blocks)


def test_a_childs_parameter_that_nothing_reads_is_a_misspelt_one(folder: Path):
    (folder / "child.yaml").write_text("extends: base.yaml\nparameters: {size: [5]}")
    with pytest.raises(UserError, match=r"child.yaml:2: parameters.size: no expression reads it; did you mean 'sizes'"):
        load(str(folder / "child.yaml"))
    (folder / "child.yaml").write_text("extends: resnet\nparameters: {depth: [1, 1, 1, 1]}")  # a variable of its loop
    with pytest.raises(UserError, match="no expression reads it; did you mean 'depths'"):
        load(str(folder / "child.yaml"))
    (folder / "child.yaml").write_text(
        "extends: base.yaml\nparameters: {more: 2}\nblocks: {b: {parameters: {n: =more}}}"
    )
    assert operations(load(str(folder / "child.yaml")).graph()) == ["relu", "relu", "conv"]
