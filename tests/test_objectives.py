import pytest

from nas.errors import UserError
from nas.objectives import Objective, parse_objectives, values


def test_reading_objectives():
    assert parse_objectives(()) == (Objective("valid_accuracy"),)
    found = parse_objectives(("valid_accuracy:max", "parameters:min"))
    assert [str(objective) for objective in found] == ["valid_accuracy", "parameters:min"]
    assert values(found, {"valid_accuracy": 0.5, "parameters": 100.0, "other": 1.0}) == (0.5, -100.0)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["valid_accuracy:mn"], "objective valid_accuracy: unknown direction 'mn'; did you mean 'min'?"),
        (["a b"], "objective: 'a b' names no metric; write METRIC or METRIC:min"),
        (["x", "x:min"], "objective: 'x' is given twice; leave one out"),
    ],
)
def test_objectives_that_cannot_be(texts: list[str], message: str):
    with pytest.raises(UserError) as error:
        parse_objectives(texts)
    assert str(error.value) == message
