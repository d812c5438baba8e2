"""Records of every kind as journals had them from the first version on, but for `costs`, `parents` and `worker`."""

import json
from typing import Any

import pytest

from nas.run.records import KINDS, Done, parse, to_json

LINES = [
    '{"kind":"issued","number":0,"answers":{"network.0.@.channels":16,"network.1":"elu"},"fingerprint":"aa1b",'
    '"parameters":98,"mult_adds":800,"seed":1471817666,"budget":null,"duplicates":0,"over_limit":0,"time":179571.03}',
    '{"kind":"issued","number":1,"answers":{},"fingerprint":"b4","parameters":1,"mult_adds":2,"seed":3,"budget":1,'
    '"duplicates":4,"over_limit":5,"time":6.5,"costs":{"depth":3},"identity":"6c","horizon":9}',
    '{"kind":"done","number":0,"metrics":{"valid_accuracy":0.25},"attempt":0,"seconds":0.0,"time":6.5}',
    '{"kind":"done","number":2,"error":"RuntimeError: a quarter fails","attempt":1,"seconds":0.001,"time":6.5}',
    '{"kind":"promoted","number":1,"budget":3,"time":6.5}',
    '{"kind":"end","reason":"all trials done","duplicates":0,"over_limit":7,"time":6.5}',
    '{"kind":"end","reason":"all trials done","time":6.5}',
    '{"kind":"session","settings":{"trials":12},"retried":[2],"time":6.5}',
    '{"kind":"warm_start","answers":[{"a":1}],"scored":6,"failed":0,"time":6.5}',
    '{"kind":"derived","number":0,"answers":[{"a":1}],"curve":[{"epoch":1,"metrics":{},"answers":{"a":1}}],'
    '"seconds":2.5,"time":6.5}',
    '{"kind":"final","number":5,"metrics":{"test_accuracy":0.5},"seconds":0.125}',
    '{"kind":"issued","number":3,"answers":{},"fingerprint":"b5","parameters":1,"mult_adds":2,"seed":3,"budget":1,'
    '"duplicates":0,"over_limit":0,"time":6.5,"parents":[0,2]}',
    '{"kind":"done","number":3,"metrics":{"valid_accuracy":0.5},"attempt":0,"seconds":0.5,"time":6.5,"worker":1}',
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_read_and_written_alike(line: str) -> None:
    assert json.dumps(to_json(parse(json.loads(line))), separators=(",", ":")) == line


def test_every_kind_is_among_them() -> None:
    assert {json.loads(line)["kind"] for line in LINES} == set(KINDS)


def test_what_a_later_version_notes_besides_is_passed_over() -> None:
    line = json.loads(LINES[2])
    assert parse({**line, "later": 1}) == parse(line)


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        (0, {"number": True}),
        (0, {"budget": 2.5}),
        (0, {"time": "now"}),
        (0, {"costs": {"depth": "deep"}}),
        (1, {"identity": 6}),
        (1, {"budget": None}),  # with a horizon
        (2, {"metrics": {}}),
        (2, {"metrics": {"valid_accuracy": float("nan")}}),
        (2, {"seconds": float("inf")}),
        (11, {"parents": [3]}),
        (11, {"parents": "02"}),
        (3, {"error": 1}),
        (7, {"retried": 2}),
        (8, {"answers": {}}),
        (9, {"curve": {}}),
        (10, {"metrics": {"test_accuracy": "high"}}),
    ],
)
def test_values_that_cannot_be(line: int, changes: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        parse({**json.loads(LINES[line]), **changes})


def test_a_result_has_metrics_or_an_error() -> None:
    with pytest.raises(ValueError, match="without metrics or an error"):
        Done(number=0, attempt=0, seconds=1.0, time=6.5)
