import torch

from nas.data import describe, load
from nas.data.cylinder_bell_funnel import drawn


def test_it_is_as_described() -> None:
    data = load("cylinder_bell_funnel")
    assert describe("cylinder_bell_funnel") == (data.shape, len(data.classes)) == ((1, 128), 3)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 300, "valid": 300, "test": 900}
    assert torch.equal(data.images["test"], load("cylinder_bell_funnel").images["test"])


def test_the_mean_signal_is_that_of_the_definition() -> None:
    """The height is 6 on average, and P(a <= t <= b) follows from the two uniform draws; at t = 40, all have begun."""
    generator = torch.Generator().manual_seed(1)
    cylinders = drawn(torch.zeros(20_000, dtype=torch.long), generator)[:, 0].mean(0)
    starts, widths = torch.arange(16, 33), torch.arange(32, 97)
    for step in (10, 24, 40, 60, 90, 128):
        inside = (step >= starts[:, None]) & (step <= starts[:, None] + widths)
        assert abs(float(cylinders[step - 1]) - 6 * inside.double().mean().item()) < 0.1
    bells, funnels = (drawn(torch.full((20_000,), label), generator)[:, 0].mean(0) for label in (1, 2))
    for step in (24, 40, 60, 90):
        rise = (step - starts[:, None]) / widths
        inside = ((step >= starts[:, None]) & (step <= starts[:, None] + widths)).double()
        assert abs(float(bells[step - 1]) - 6 * (inside * rise).mean().item()) < 0.1
        assert abs(float(funnels[step - 1]) - 6 * (inside * (1 - rise)).mean().item()) < 0.1
