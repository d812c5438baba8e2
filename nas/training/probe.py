"""How much a trained network's features say of other images: a linear classifier on what leaves one of its places.

Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes, arXiv:1610.01644; on features
of networks for other tasks: Razavian et al. 2014, CNN Features off-the-shelf, arXiv:1403.6382.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import UserError
from nas.network import Network
from nas.network.parts import layers_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nas.data import Dataset

KINDS = ("logistic", "svm")
STRENGTHS = tuple(10.0**power for power in range(-4, 3))  # C, the inverse of the penalty: the validation images choose
BATCH = 256
ROUNDS = 2000


def probe(model: Network, data: Dataset, place: str | None = None, kind: str = "logistic") -> dict[str, Any]:
    """Fit a linear classifier on the features that leave a place, averaged over their positions.

    Args:
        model: the network; only its evaluation is used.
        data: the images, as the network's were normalised.
        place: where, as `Network.features` takes it; None: what the head reads.
        kind: "logistic": multinomial logistic regression; "svm": a linear support vector machine, one class against
            the rest. The validation images choose the strength of the penalty, then both sets train.

    Returns:
        `place`, `features` (their number), `C` (the inverse of the penalty), `valid_accuracy` and `test_accuracy`.

    Raises:
        UserError: there is no such place or kind.
    """
    if kind not in KINDS:
        raise UserError("probe", f"unknown kind '{kind}'", f"give {' or '.join(KINDS)}")
    if not data.task.counts_hits:
        raise UserError("probe", f"it classifies, and the data are of {data.task.name}", "give data of classes")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    place = place or before_head(model)
    features = {split: features_of(model, data, split, place) for split in ("train", "valid", "test")}
    labels = {split: data.labels[split].cpu().numpy() for split in features}

    def fitted(strength: float, *splits: str) -> Any:
        import numpy

        chain = make_pipeline(StandardScaler(), _classifier(kind, strength))
        return chain.fit(*(numpy.concatenate([part[split] for split in splits]) for part in (features, labels)))

    scores = {c: fitted(c, "train").score(features["valid"], labels["valid"]) for c in STRENGTHS}
    best = max(scores, key=lambda c: (scores[c], -c))  # of equals the stronger penalty
    test = fitted(best, "train", "valid").score(features["test"], labels["test"])
    found = {"features": features["train"].shape[1], "C": best, "valid_accuracy": float(scores[best])}
    return {"place": place, **found, "test_accuracy": float(test)}


def features_of(model: Network, data: Dataset, split: str, place: str) -> NDArray[Any]:
    """float32 (N, channels): what leaves the place for each image, averaged over its positions."""
    extract, form = model.eval().features(place), data.preprocessing
    device = next(model.parameters()).device
    with torch.inference_mode():
        maps = (extract(form.normalise(images.to(device))).float() for images in data.images[split].split(BATCH))
        return torch.cat([each.flatten(2).mean(2) if each.ndim > 2 else each for each in maps]).cpu().numpy()


def before_head(model: Network) -> str:
    """The place whose features the last layer reads."""
    number = model.names.index(layers_in(model, "head")[-1])
    return model.names[model.graph.nodes[number].inputs[0]]


def _classifier(kind: str, strength: float) -> Any:
    if kind == "svm":
        from sklearn.svm import LinearSVC

        return LinearSVC(C=strength, max_iter=ROUNDS, random_state=0)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=ROUNDS)
