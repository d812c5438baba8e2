"""torchvision's classifiers are imported to the packaged documents of their names, and timm's to equal networks."""

import fnmatch

import pytest
import torchvision
from torch import nn

import nas
from nas.errors import UserError
from nas.imports.document import document_of
from nas.imports.module import graph_of
from nas.imports.text import yaml_of
from nas.network.libraries import untrained_timm, untrained_torchvision
from tests.imports.networks import agreement
from tests.space.documents import space_of

NAMES = [
    name
    for name in torchvision.models.list_models(module=torchvision.models)
    if not any(fnmatch.fnmatch(name, pattern) for pattern in ("maxvit_*", "swin_*", "vit_*"))
]
QUICK = ("resnet18", "mobilenet_v3_small", "densenet121", "shufflenet_v2_x0_5", "convnext_tiny", "regnet_y_400mf")
HEADS = ("googlenet", "inception_v3")  # whose heads are left out
TIMM = [
    "cs3darknet_s",
    "cspdarknet53",
    "cspresnet50",
    "darknet53",
    "dla34",
    "dla60_res2net",
    "dpn68",
    "ecaresnet26t",
    "ese_vovnet19b_dw",
    "fbnetc_100",
    "gernet_s",
    "ghostnet_100",
    "hardcorenas_a",
    "hgnet_tiny",
    "hrnet_w18_small",
    "inception_next_atto",
    "lcnet_050",
    "legacy_seresnet18",
    "mobilenetv4_conv_small",
    "mixnet_s",
    "regnetz_b16",
    "repvgg_a0",
    "res2net50_26w_4s",
    "resnest14d",
    "resnet26d",
    "resnetv2_50",
    "resnext26ts",
    "rexnet_100",
    "selecsls42",
    "seresnet18",
    "skresnet18",
    "spnasnet_100",
    "tf_efficientnet_b0",
    "tinynet_a",
    "vovnet39a",
    "xception41",
]
REFUSED = {
    "convnextv2_atto": "stages.0.blocks.0.mlp.grn: linalg_vector_norm has no operation",
    "densenetblur121d": "features.pool0.1: pad with mode='reflect'",
    "gcresnext26ts": "stages.0.0.attn: softmax over other axes",
    "hgnetv2_b0": "stem.stem1.lab: mul of weights of 1",
    "nf_resnet26": "stem.conv: conv2d with weights that are computed",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in NAMES]
)
def test_torchvisions_are_the_packaged_documents(name: str) -> None:
    module, packaged = untrained_torchvision(name), nas.load(name)
    assert module is not None
    graph, ours = graph_of(module, packaged.input, name), packaged.graph()
    assert graph.fingerprint() == ours.fingerprint()
    assert (graph.fingerprint(training=True) == ours.fingerprint(training=True)) == (name not in HEADS)
    said = yaml_of(document_of(graph, {"name": name}))
    assert space_of(said).graph().fingerprint(training=True) == graph.fingerprint(training=True)
    assert "blocks:" in said or name.startswith(("alexnet", "vgg"))


def of_timm(name: str) -> nn.Module:
    pytest.importorskip("timm")
    module = untrained_timm(name)
    assert module is not None
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMM)
def test_timms_agree(name: str) -> None:
    error, imported = agreement(of_timm(name), (3, 64, 64))
    assert error <= 1e-6
    assert len(imported.text.splitlines()) <= 125  # written with its repetitions


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_timms_that_have_no_document_say_why(name: str) -> None:
    with pytest.raises(UserError) as caught:
        nas.from_module(of_timm(name), (3, 64, 64), name)
    assert f"{name}: {REFUSED[name]}" in str(caught.value)
