import nas
from nas.space.trace import trace


def test_what_numbers_mean_is_seen_from_what_they_do() -> None:
    found = trace(nas.load("resnet50").document)
    uses = {".".join(map(str, place)): {argument for _, argument in uses} for place, uses in found.uses.items()}
    assert uses["parameters.width"] == {"channels"}  # 64 channels here
    assert uses["parameters.depths.0"] == {"repeat"}
    assert uses["blocks.bottleneck.body.unit.residual.convolve.conv_bn_relu.kernel"] == {"kernel"}
    width = ("parameters", "width")
    said = [found.widths[number] for number in found.widths if found.widths[number].channels != 1000]
    assert len(said) == 53 and all(one.slopes[width] == one.channels for one in said)


def test_a_multiplier_stands_for_what_it_is_computed_from() -> None:
    found = trace(nas.load("efficientnet_b0").document)
    assert found.numbers["parameters", "width"] == 1.0 and ("parameters", "beta") not in found.uses
    assert {argument for _, argument in found.uses["parameters", "depth"]} == {"repeat", "rate"}


def test_channels_that_follow_those_before_have_their_slopes() -> None:
    """`last: {channels: =4 * in_channels}` of EfficientNet names no width, and yet follows it."""
    found = trace(nas.load("efficientnet_b0").document)
    last = max(found.widths)  # the classifier
    before = max(number for number in found.widths if number != last)
    assert found.widths[last].slopes == {}
    assert found.widths[before].channels == 1280 and found.widths[before].slopes["parameters", "width"] == 1280
