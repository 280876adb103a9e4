"""Tokens of callers: kept as hashes, told apart, changed without a gap."""

from hashlib import sha256
from pathlib import Path

import pytest

from monitor.gateway.keys import INDEX_BYTES, Keys, as_file, load_keys, new_tokens
from monitor.tables import ReferenceTableError


def test_a_file_of_hashes_opens_for_its_tokens_and_holds_none_of_them(tmp_path: Path) -> None:
    tokens = new_tokens(["H1", "P1", "platform"])
    path = tmp_path / "tokens.csv"
    path.write_text(as_file(tokens), encoding="utf-8")
    keys = load_keys(path)
    assert {code: keys.holder(f"Bearer {token}") for code, token in tokens.items()} == {
        code: code for code in tokens
    }
    assert not any(token in path.read_text(encoding="utf-8") for token in tokens.values())


def test_two_tokens_of_one_code_both_open_while_one_is_changed(tmp_path: Path) -> None:
    old, new = new_tokens(["H1"]), new_tokens(["H1"])
    path = tmp_path / "tokens.csv"
    path.write_text(as_file(old) + as_file(new).partition("\n")[2], encoding="utf-8")
    keys = load_keys(path)
    assert keys.holder(f"Bearer {old['H1']}") == keys.holder(f"bearer {new['H1']}") == "H1"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "abc", "Bearer " + "x" * 9999]
)
def test_any_other_header_is_nobody_s(header: str | None) -> None:
    assert Keys([("H1", bytes(32))]).holder(header) is None


def test_a_hash_that_only_begins_alike_does_not_open() -> None:
    begins_alike = sha256(b"a token").digest()[:INDEX_BYTES] + bytes(28)
    assert Keys([("H1", begins_alike)]).holder("Bearer a token") is None
    assert Keys([("H1", begins_alike), ("P1", sha256(b"a token").digest())]).holder("Bearer a token") == "P1"


def test_without_a_file_nobody_is_let_in() -> None:
    assert load_keys(None).holder("Bearer x") is None


@pytest.mark.parametrize(
    "content", ["fixmedins_code,token\nH1,x\n", "fixmedins_code,token_sha256\nH1,secret-token\n"]
)
def test_a_bad_row_is_named_by_line_and_quotes_no_token(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReferenceTableError, match=r"tokens\.csv:\d: ") as raised:
        load_keys(path)
    assert "secret-token" not in str(raised.value)
