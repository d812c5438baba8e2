import random
from collections import Counter

from nas.searchers.random import Random
from tests import cheap


def test_each_answer_is_drawn_uniformly() -> None:
    searcher, rng = Random(cheap.space(1)), random.Random(0)
    counts = Counter(searcher.ask(rng, ()) for _ in range(4000))
    assert len(counts) == 20
    assert all(140 < count < 260 for count in counts.values()), counts  # 200 expected, standard deviation 14


def test_it_depends_on_its_generator_alone() -> None:
    first, second = (Random(cheap.space()).ask(random.Random("0/7"), ()) for _ in range(2))
    assert first == second
