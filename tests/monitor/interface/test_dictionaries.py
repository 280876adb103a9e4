"""Codes and their names."""

import inspect

from monitor.interface import dictionaries
from monitor.interface.dictionaries import Dictionary, MedType, SevDeg

ALL = [
    each
    for _, each in inspect.getmembers(dictionaries, inspect.isclass)
    if issubclass(each, Dictionary) and each is not Dictionary
]


def test_a_code_is_its_text_and_has_two_names() -> None:
    assert str(MedType.PHARMACY) == "41"
    assert MedType.name_of("41") == "定点药店购药"
    assert MedType.name_of("41", "en") == "pharmacy"
    assert MedType.name_of(MedType.PHARMACY) == "定点药店购药"


def test_an_unknown_code_is_named_unknown_and_kept() -> None:
    assert SevDeg.name_of("99") == "未知 99"
    assert SevDeg.name_of("99", "en") == "unknown 99"


def test_every_code_of_every_dictionary_has_both_names() -> None:
    assert len(ALL) == 14
    for each in ALL:
        for member in each:
            assert member.zh
            assert member.en
            assert each.name_of(member.value, "en") == member.en
