import pytest

from nas.errors import UserError
from nas.report.catalogue import facts, families
from nas.space import packaged


def test_every_packaged_name_is_in_one_family() -> None:
    names = [space.name for family in families() for space in family.spaces]
    assert sorted(names) == sorted(packaged())
    assert all(family.spaces[0].name == family.name for family in families())


def test_the_oldest_family_comes_first() -> None:
    years = [family.year for family in families() if family.year]
    assert years == sorted(years)
    assert families()[-1].year is None or all(family.year for family in families())


def test_a_variant_says_its_own() -> None:
    (family,) = families("resnet32")
    assert [space.name for space in family.spaces] == ["resnet32"]
    (fact,) = facts(family)
    assert (fact["name"], fact["family"], fact["parameters"]) == ("resnet32", "resnet_cifar", 464_154)


def test_a_word_that_nothing_has_in_its_name() -> None:
    with pytest.raises(UserError, match="did you mean 'googlenet'"):
        families("googlnet")
