import random

import pytest

from nas.errors import UserError
from nas.searchers import SEARCHERS, create_searcher
from tests import cheap


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_searcher_proposes_genomes_of_its_space(name: str) -> None:
    space = cheap.space()
    genome = create_searcher(name, space).ask(random.Random(0), ())
    assert genome is not None
    assert space.genome(genome.answers) == genome


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("regularised_evolution", {}, "did you mean 'regularized_evolution'?"),
        ("regularized_evolution", {"populaton": 3}, "did you mean 'population'?"),
        ("random", {"population": 3}, "unknown option 'population'; it takes none"),
        ("regularized_evolution", {"population": 0}, "population is 0"),
        ("regularized_evolution", {"sample": 2.5}, "sample is 2.5"),
        ("regularized_evolution", {"sample": True}, "sample is True"),
        ("regularized_evolution", {"identity": 1}, "identity is 1"),
    ],
)
def test_mistakes_are_named(name: str, options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        create_searcher(name, cheap.space(), options)
