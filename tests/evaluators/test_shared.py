"""Scores on a supernet's weights: equal to the extracted network's; files that cannot be are refused."""

import json
import pickle
import random
from pathlib import Path

import pytest
import torch

import nas
from nas.data import load as load_data
from nas.errors import UserError
from nas.evaluators import Settings, Shared, Train, chosen, describe, revive
from nas.evaluators.shared import BATCH, read_supernet
from nas.oneshot import create_method
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from nas.training.augmentation import Augmentation
from nas.training.recipe import Recipe
from nas.types import Trial


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with a supernet of two epochs."""
    run, space = tmp_path_factory.mktemp("run"), load("nasbench_digits")
    folder = run / "oneshot" / "0000"
    folder.mkdir(parents=True)
    method = create_method("spos", {"candidates": 1})
    training = Training(space, load_data("digits"), method, RECIPE.replace(epochs=2), threads=1, device="cpu")
    training.run(checkpoint=folder / "supernet.safetensors")
    description = {"method": "spos", "options": {}, "seed": 0, "relaxed": False, "space": dict(space.document.data)}
    (folder / "oneshot.json").write_text(json.dumps(description))
    return run


def shared(run: Path) -> Shared:
    return Shared(str(run), Train(device="cpu", threads=1), images=1000)


def nothing(epoch: int, metrics: object) -> bool:
    return True


def test_a_score_is_that_of_the_extracted_network_with_its_own_statistics(trained: Path) -> None:
    evaluator, space = pickle.loads(pickle.dumps(shared(trained))), load("nasbench_digits")
    data = load_data("digits")
    normalise = Augmentation(data, Recipe(), torch.device("cpu")).normalise
    first = None
    for number in range(3):
        genome = space.sample(random.Random(number))
        found = evaluator(Trial(number, genome, 0), nothing)
        first = first or (genome, found)
        net = read_supernet(str(trained), "cpu").extract(genome)
        norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum, norm.track_running_stats = None, True
        with torch.no_grad():
            net.train()
            for part in data.with_train_images(1000).images["train"].split(BATCH):
                net(normalise(part))
            net.eval()
            right = net(normalise(data.images["valid"])).argmax(1) == data.labels["valid"]
        assert found["valid_accuracy"] == pytest.approx(float(right.float().mean()))
    assert first is not None and evaluator(Trial(0, first[0], 1), nothing) == first[1]  # whatever came between


def test_a_search_over_shared_weights(trained: Path, tmp_path: Path) -> None:
    settings = {"searcher": "random", "trials": 3, "final_epochs": 1, "runs": tmp_path, "name": "a"}
    run = nas.search("nasbench_digits", evaluator=f"supernet:{trained}", **settings)
    assert run.config.evaluator["run"] == str(trained) and len(run.trials) == 3
    assert run.final is not None and "test_accuracy" in run.final
    evaluator = revive(run.config.evaluator)
    assert isinstance(evaluator, Shared) and revive(describe(evaluator)) == evaluator
    assert evaluator.about() == {"supernet": str(trained / "oneshot" / "0000" / "supernet.safetensors")}


def test_a_genome_that_was_not_foreseen_is_one_line(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UserError("network.0", "the supernet has no conv here: its answers were not foreseen")

    net = read_supernet(str(trained), "cpu")
    monkeypatch.setattr(net, "plan", refuse)
    with pytest.raises(UserError, match="not foreseen"):
        shared(trained)(Trial(0, load("nasbench_digits").sample(random.Random(0)), 0), nothing)


def test_what_is_no_supernet_of_this_space_is_refused(trained: Path, tmp_path: Path) -> None:
    space, small = load("nasbench_digits"), load("nasbench_digits", channels=4)
    with pytest.raises(UserError, match=r"oneshot.json.*cannot be read: No such file.*give a run directory"):
        shared(tmp_path).check(space)
    with pytest.raises(UserError, match=r"of another space \(parameters differ\); search the space"):
        shared(trained).check(small)
    folder = tmp_path / "oneshot" / "0000"
    folder.mkdir(parents=True)
    for text in ("[]", "{", '{"relaxed": 1}'):
        (folder / "oneshot.json").write_text(text)
        with pytest.raises(UserError, match="is no description of a supernet"):
            shared(tmp_path).check(space)
    text = (trained / "oneshot" / "0000" / "oneshot.json").read_text()
    (folder / "oneshot.json").write_text(text)
    with pytest.raises(UserError, match=r"supernet.safetensors: cannot be read"):
        shared(tmp_path).check(space)
    (folder / "supernet.safetensors").write_bytes(pickle.dumps({"net/a": 1}))
    with pytest.raises(UserError, match=r"supernet.safetensors: cannot be read"):
        shared(tmp_path).check(space)
    whole = (trained / "oneshot" / "0000" / "supernet.safetensors").read_bytes()
    (folder / "supernet.safetensors").write_bytes(whole)
    (folder / "oneshot.json").write_text(json.dumps({**json.loads(text), "space": dict(small.document.data)}))
    with pytest.raises(UserError, match="of another network"):
        shared(tmp_path).check(small)


def test_how_it_is_named() -> None:
    with pytest.raises(UserError, match="write supernet:RUN"):
        chosen("supernet", Settings())
    with pytest.raises(UserError, match="':x' follows its name"):
        chosen("train:x", Settings())
    with pytest.raises(UserError, match="have no epochs"):
        Shared("x").most_epochs(3, "hyperband")
