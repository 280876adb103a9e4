"""Tokens and masks."""

import pytest

from monitor.privacy import Tokens


def test_a_token_is_32_hex_characters_and_the_same_each_time() -> None:
    token = Tokens("key").person("43010000007317142938")
    assert len(token) == 32
    assert set(token) <= set("0123456789abcdef")
    assert token == Tokens(b"key").person("43010000007317142938")


def test_another_key_another_person_or_another_use_is_another_token() -> None:
    tokens = Tokens("key")
    others = [Tokens("yek").person("1"), Tokens("k" * 65).person("1")]
    assert len({tokens.person("1"), tokens.person("2"), tokens.mac("1"), *others}) == 5


def test_long_keys_differ_to_their_last_character() -> None:
    assert Tokens("k" * 100).person("1") != Tokens("k" * 101).person("1")


def test_without_a_key_there_are_no_tokens() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Tokens("")
