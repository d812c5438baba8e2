"""Reading YAML: plain values, their lines, and the bounds against hostile text."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.errors import UserError
from nas.space import reader
from nas.space.plain import plain
from nas.space.reader import MAX_BYTES, MAX_DEPTH, line_of, read_scalar, read_yaml
from tests.space.documents import assert_only_user_errors


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1e-3", 0.001),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("010", 10),
        ("-3", -3),
        (".5", 0.5),
        ("1.", 1.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("1:30", "1:30"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("2020-01-01", "2020-01-01"),
        ("=a + b", "=a + b"),
    ],
)
def test_scalars_as_yaml_1_2_reads_them(text: str, value: object):
    assert read_scalar(text) == value
    assert type(read_scalar(text)) is type(value)


def test_quoted_scalars_are_text():
    assert read_yaml('["1", \'2\', 3, "true"]') == ["1", "2", 3, "true"]


def test_every_key_and_item_knows_its_line():
    data = read_yaml("a: 1\nb:\n  - x\n  - y: 2\nc: {d: 3,\n    e: 4}\n", "f.yaml")
    assert [line_of(data, key) for key in "abc"] == ["f.yaml:1", "f.yaml:2", "f.yaml:5"]
    assert line_of(data["b"], 1) == "f.yaml:4"
    assert line_of(data["c"], "e") == "f.yaml:6"
    assert line_of(data["b"], 7) == "f.yaml:3"
    assert line_of({"plain": 1}, "plain") == ""


def test_numbers_as_keys_are_words():
    assert read_yaml("3: a\ntrue: b") == {"3": "a", "True": "b"}


def test_an_alias_stands_for_the_same_value():
    data = read_yaml("a: &x [1, 2]\nb: *x")
    assert data["a"] == data["b"] == [1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml: the document is empty"),
        ("# only a comment", "f.yaml: the document is empty"),
        ("a: 1\na: 2", "f.yaml:2: the key 'a' stands twice in one mapping; rename or remove one"),
        ("a: {b: 1, b: 2}", "f.yaml:1: the key 'b' stands twice"),
        ("? [a]\n: 1", "f.yaml:1: a key must be a word"),
        ("~: 1", "f.yaml:1: a key must be a word"),
        ("'': 1", "f.yaml:1: a key must be a word"),
        (f"? {'k' * 300}\n: 1", "f.yaml:1: a key must be a word of at most 200 characters"),
        ("a: &x {b: 1}\nc: {<<: *x}", "f.yaml:2: merge keys '<<' are not part of the language"),
        ("a: 1\n---\nb: 2", "f.yaml:2: a second document in one file"),
        (
            "a: !!python/object:os.system [ls]",
            "f.yaml:1: the tag tag:yaml.org,2002:python/object:os.system is not allowed",
        ),
        ("a: !x 1", "f.yaml:1: the tag !x is not allowed"),
        ("a: *x", "f.yaml:1: unknown alias '*x'"),
        ("a: &x [*x]", "f.yaml:1: unknown alias '*x'"),
        ("a: [1, 2", "not readable as YAML"),
        ("a: 'b", "not readable as YAML"),
        ("a:\n\t- b", "f.yaml:2: not readable as YAML"),
        ("a: b: c", "f.yaml:1: not readable as YAML"),
        ("a: [=max(1, 2), {b: =[1, 2]}", "quoted"),
        ("a: \x07", "f.yaml: not readable as YAML"),
    ],
)
def test_what_is_refused(text: str, message: str):
    with pytest.raises(UserError) as error:
        read_yaml(text, "f.yaml")
    assert message in str(error.value)


def test_bounds_on_size_depth_and_aliases():
    with pytest.raises(UserError, match="characters; a document has at most"):
        read_yaml("a" * (MAX_BYTES + 1))
    with pytest.raises(UserError, match="more than 100000 values"):
        read_yaml("[" + "1," * 100_001 + "]")
    bomb = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
        f"{here}: &{here} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, here in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(UserError, match="more than 100000 values, aliases expanded"):
        read_yaml(bomb)


@pytest.mark.parametrize("loader", [reader.Loader, yaml.SafeLoader])  # libyaml has a bound of its own since 2026
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1_200, 10_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("[{a: ", "}]"), ("- ", ""), ("? ", ""), ("[", "")]
)
def test_the_bound_on_depth_holds_whatever_the_parser_s_is(
    monkeypatch: pytest.MonkeyPatch, opening: str, closing: str, levels: int, loader: type
):
    monkeypatch.setattr(reader, "Loader", loader)
    with pytest.raises(UserError, match=rf"^deep.yaml:2: nested deeper than {MAX_DEPTH}$"):
        read_yaml(f"# deep\n{opening * levels}x{closing * levels}", "deep.yaml")


def test_as_deep_as_allowed():
    assert read_yaml("[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH)
    with pytest.raises(UserError, match="not readable as YAML"):  # a fault far inside is not taken for depth
        read_yaml("[" * MAX_DEPTH + "'x' 'y'" + "]" * MAX_DEPTH)


def test_aliases_cannot_smuggle_in_depth():
    half = MAX_DEPTH // 2
    nested = "[" * half + "{}" + "]" * half
    assert read_yaml(f"a: &a {nested.format('x')}")
    chain = "".join(
        f"{here}: &{here} {nested.format(f'*{before}')}\n" for before, here in zip("abc", "bcd", strict=True)
    )
    with pytest.raises(UserError, match="nested deeper"):
        read_yaml(f"a: &a {nested.format('x')}\n{chain}")


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab=-:,[]{}&*!|>'\"#%?~ \n\t0.")))
def test_any_text_is_a_value_or_an_error(text: str):
    assert_only_user_errors(lambda: read_yaml(text))


def test_an_expression_that_a_comma_cuts_off_is_told_apart():
    assert read_yaml("a: =max(1, 2)") == {"a": "=max(1, 2)"}
    assert read_yaml("{a: '=max(1, 2)'}") == {"a": "=max(1, 2)"}
    with pytest.raises(UserError, match=r"document:1: '=max\(1' is cut off at a comma; .* is quoted"):
        read_yaml("{a: =max(1, 2)}")


def test_values_from_python_become_plain():
    numpy = pytest.importorskip("numpy")
    given_values = {"a": (1, 2.5, numpy.int64(3), numpy.float32(0.5)), "b": [None, True, "x"]}
    assert plain(given_values, "here") == {"a": [1, 2.5, 3, 0.5], "b": [None, True, "x"]}
    assert type(plain(numpy.int64(3), "here")) is int
    endless: list[object] = []
    endless.append(endless)
    for value in (object(), {1: 2}, float("nan"), b"x", {1, 2}, endless):
        with pytest.raises(UserError, match=r"^here"):
            plain(value, "here")
