"""Linear classifiers on a network's features."""

import dataclasses

import pytest
import torch

import nas
from nas.errors import UserError
from nas.training.probe import before_head, features_of, probe
from tests.space.documents import space_of
from tests.training.small import small_data

NETWORK = nas.build(
    space_of(
        "{input: [1, 6, 6], classes: 2, network: {stem: {conv_bn_relu: {channels: 4, kernel: 3}}, "
        "blur: [{avg_pool: {kernel: 3, stride: 3}}], head: [flatten, {linear: =classes}]}}"
    )
)


def test_features_are_the_means_of_maps_of_normalised_images() -> None:
    data = small_data()
    images = (data.images["valid"].float() - 100) / 60
    expected = NETWORK.eval().features("stem")(images).mean((2, 3)).detach().numpy()
    assert features_of(NETWORK, data, "valid", "stem") == pytest.approx(expected, abs=1e-5)


def test_what_the_head_reads_tells_the_classes_apart_and_noise_does_not() -> None:
    data = small_data(train=200, valid=60)
    assert before_head(NETWORK) == "head.0"
    found = probe(NETWORK, data)
    assert found["features"] == 4 * 4 and found["test_accuracy"] >= 0.9
    labels = {
        split: labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(3))]
        for split, labels in data.labels.items()
    }
    shuffled = probe(NETWORK, dataclasses.replace(data, labels=labels))
    assert shuffled["test_accuracy"] < 0.8


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_the_same_call_gives_the_same(kind: str) -> None:
    data = small_data()
    assert probe(NETWORK, data, "blur", kind) == probe(NETWORK, data, "blur", kind)


@pytest.mark.parametrize(("place", "kind", "said"), [("stm", "svm", "'stem'"), ("stem", "tree", "logistic or svm")])
def test_mistakes(place: str, kind: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        probe(NETWORK, small_data(), place, kind)
    assert said in str(error.value)
