from pathlib import Path

import pytest

import nas
from nas.space import Space
from nas.space.compound import TOLERANCE, candidates, factors_of, family, grid_of, is_grid, scaling_of, solve
from nas.space.scaled import scalable
from tests.space.documents import space_of

PLAIN = """
input: [3, 10, 10]
classes: 10
network:
  stem: {conv: {channels: 80, kernel: 1}}
  trunk: {repeat: 2, body: [{conv: {channels: 80, kernel: 1}}]}
  head: [global_avg_pool, {linear: =classes}]
"""


def cost(channels: int, repeats: int = 2, size: int = 10) -> int:
    """Mult-adds of that network, by hand."""
    return size**2 * (3 * channels + repeats * channels**2) + 10 * channels


def test_beta_is_what_makes_the_cost() -> None:
    """Twice 1,304,800 lies between 112 channels (2,543,520) and 120 (2,917,200); 112 are nearer."""
    space = Space(scalable(space_of(PLAIN).document))
    assert space.graph().mult_adds == cost(80) == 1_304_800
    beta = solve(space, 1.0, 1.0, 2 * cost(80))
    assert beta is not None and round(80 * beta + 4) // 8 * 8 in (112, 120)
    found = {(one.alpha, one.gamma): one for one in candidates(space.document, 2.0)}
    assert found[1.0, 1.0].mult_adds == cost(112) == 2_543_520
    assert found[1.68, 1.0].mult_adds == cost(80, repeats=4)  # ceil(2 * 1.68): so has alpha 2, which is left out
    assert found[1.0, 1.41].mult_adds == cost(80, size=14)


def test_a_step_that_is_too_large_has_no_beta() -> None:
    """Of 8 channels there are no 8.5: from 8 to 9 is 24 % more, and the cost asked for lies between."""
    space = Space(scalable(space_of(PLAIN.replace("80", "8")).document))
    assert solve(space, 1.0, 1.0, 1.12 * cost(8)) is None
    assert solve(space, 1.0, 1.0, cost(9)) is not None


def test_all_candidates_cost_what_was_asked_for_and_differ() -> None:
    space = nas.load("resnet20")
    grid, among = scaling_of(space.document, 2.0)
    base = space.graph().mult_adds
    assert len(among) >= 6 and len({one.mult_adds for one in among}) > 1
    assert all(abs(one.mult_adds / base / 2 - 1) <= TOLERANCE for one in among)
    assert all(min(one.alpha, one.beta, one.gamma) >= 1 for one in among)
    genomes = list(Space(grid).enumerate())
    assert [Space(grid).graph(genome).mult_adds for genome in genomes] == [one.mult_adds for one in among]
    assert is_grid(grid) and not is_grid(space.document)


def test_a_family_stands_for_itself(tmp_path: Path) -> None:
    grid, among = scaling_of(space_of(PLAIN).document, 2.0)
    number = next(place for place, one in enumerate(among) if one.gamma > 1)
    members = [Space(member) for member in family(grid, number, 2)]
    assert [member.graph().mult_adds for member in members][:2] == [cost(80), among[number].mult_adds]
    assert [member.name for member in members] == ["document_phi0", "document_phi1", "document_phi2"]
    gamma = factors_of(grid, number)["gamma"]
    assert [member.input[1] for member in members] == [round(10 * gamma**phi) for phi in range(3)]
    small = members[2].with_parameters(input=[3, 10, 10])  # images of another size are brought to its own
    assert small.graph().mult_adds == members[2].graph().mult_adds


def test_mistakes_are_named() -> None:
    document = scalable(space_of(PLAIN).document)
    with pytest.raises(nas.UserError, match="give a number above 1"):
        candidates(document, 1.0)
    taken = space_of(PLAIN.replace("classes: 10", "classes: 10\nparameters: {candidate: 3}"))
    with pytest.raises(nas.UserError, match="a parameter 'candidate'"):
        grid_of(scalable(taken.document), [])
