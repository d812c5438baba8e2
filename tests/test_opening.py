"""What `nas.load` and `nas.build` make of the folder of a run."""

from pathlib import Path

import pytest
import torch

import nas

SPACE = """\
name: tiny
input: [1, 8, 8]
classes: 10
parameters: {width: 4}
network: [{conv_bn_relu: {channels: =width, kernel: {choice: [1, 3]}}}, global_avg_pool, {linear: =classes}]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nas.Run:
    folder = tmp_path_factory.mktemp("opening")
    (folder / "tiny.yaml").write_text(SPACE)
    space = nas.load(folder / "tiny.yaml")
    return nas.search(space, trials=2, epochs=1, final_epochs=1, runs=folder, name="r", progress=False)


def test_the_space_of_a_run(run: nas.Run) -> None:
    assert nas.load(run.path).document == run.space.document
    assert nas.load(str(run.path), width=8).document.data["parameters"]["width"] == 8


def test_the_best_network_of_a_run_is_trained(run: nas.Run) -> None:
    model, _ = run.model()
    built = nas.build(run.path)
    assert not built.training
    for one, other in zip(built.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_with_other_answers_or_parameters_its_weights_are_new(run: nas.Run) -> None:
    assert run.best is not None
    wider = nas.build(run.path, width=8)
    assert wider.graph.nodes[1].shape[0] == 8
    kernels = {path: 4 - int(answer) for path, answer in run.best.trial.genome.answers.items()}
    other = nas.build(run.path, kernels)
    assert [node.path for node in other.graph.nodes] == [node.path for node in run.space.graph(kernels).nodes]


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(nas.UserError):
        nas.load(tmp_path)
    with pytest.raises(nas.UserError):
        nas.build("no\0name")
