import pytest
import torch

from nas.errors import ArgumentError, ShapeError
from nas.graph.operations import RadialBasis


def test_radial_basis_gives_minus_the_squared_distance_to_fixed_points_of_signs() -> None:
    op, x = RadialBasis(10), torch.randn(4, 84, dtype=torch.float64)
    module = op.module((84,)).double()
    points = module.points
    assert set(points.unique().tolist()) == {-1, 1} and points.shape == (10, 84)
    assert len({tuple(point.tolist()) for point in points}) == 10
    torch.testing.assert_close(module(x), -((x[:, None] - points) ** 2).sum(2))
    assert module(points).argmax(1).tolist() == list(range(10))
    assert op.shape((84,)) == (10,) and op.mult_adds((84,)) == 840 and op.parameters((84,)) == 0


def test_the_points_follow_from_the_seed_and_are_not_weights() -> None:
    first, same, other = (RadialBasis(5, seed).module((9,)) for seed in (0, 0, 1))
    assert torch.equal(first.points, same.points) and not torch.equal(first.points, other.points)
    assert not first.state_dict() and not list(first.parameters())


def test_mistakes() -> None:
    with pytest.raises(ShapeError, match="takes a vector, not 3x4x5"):
        RadialBasis(2).shape((3, 4, 5))
    with pytest.raises(ArgumentError):
        RadialBasis(0)
