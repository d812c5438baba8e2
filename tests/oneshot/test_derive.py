"""Deriving genomes from shares: the runner-up."""

from nas.oneshot.derive import runner_up, strongest
from nas.space import Genome, load
from nas.space.supernet import every, walk

SPACE = load("nasbench201")
CHOICES = walk(SPACE.document, every).choices
PATHS = list(CHOICES)


def shares(*own: dict[str, float]) -> dict[str, list[float]]:
    return {
        path: [weights.get(str(answer), 0.0) for answer in CHOICES[path].answers]
        for path, weights in zip(PATHS, own, strict=True)
    }


SURE = {"nor_conv_3x3": 0.8, "skip_connect": 0.2}
LEAST = {"nor_conv_1x1": 0.4, "avg_pool_3x3": 0.35, "none": 0.25}
NEXT = {"nor_conv_3x3": 0.5, "none": 0.42, "skip_connect": 0.08}


def test_the_runner_up_is_another_where_the_shares_differ_least() -> None:
    own = shares(SURE, SURE, LEAST, NEXT, SURE, SURE)
    derived = strongest(SPACE, CHOICES, own)
    second = runner_up(SPACE, CHOICES, own, derived)
    assert second == SPACE.genome({**derived.answers, PATHS[2]: "avg_pool_3x3"})


def test_the_runner_up_is_allowed() -> None:
    own = shares(SURE, SURE, LEAST, NEXT, SURE, SURE)
    derived = strongest(SPACE, CHOICES, own)

    def without_pool(genome: Genome) -> bool:
        return "avg_pool_3x3" not in genome.answers.values()

    second = runner_up(SPACE, CHOICES, own, derived, without_pool)
    assert second == SPACE.genome({**derived.answers, PATHS[3]: "none"})
    assert runner_up(SPACE, CHOICES, own, derived, lambda genome: False) is None
    assert runner_up(SPACE, CHOICES, {}, derived) is None


def test_the_runner_up_of_a_cell_with_sets_of_edges_keeps_them() -> None:
    space = load("darts", layers=3, channels=4)
    choices = walk(space.document, every, relaxed=True).choices
    own = {
        path: [0.5 + 0.001 * number + 0.1 * (at % 3) for number in range(len(choice.answers))]
        for at, (path, choice) in enumerate(choices.items())
        if not choice.sets
    }
    derived = strongest(space, choices, own)
    second = runner_up(space, choices, own, derived)
    assert second is not None
    different = [path for path, answer in derived.answers.items() if second.answers[path] != answer]
    assert len(different) == 1
    assert not choices[different[0]].sets
