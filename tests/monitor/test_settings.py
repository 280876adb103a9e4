"""Settings: where they come from, what a wrong one is called, and that the README shows them all."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.settings import DEVELOPMENT_KEY, PREFIX, Settings, SettingsError, load, settings_table

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def test_each_setting_has_a_default_so_a_trial_needs_none() -> None:
    settings = load()
    assert (settings.gateway_budget_ms, settings.language, settings.partitions) == (800, "zh", 24)


def test_an_environment_variable_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_PARTITIONS", "8")
    monkeypatch.setenv("MONITOR_REFERENCE", "/tables")
    assert (load().partitions, load().reference) == (8, Path("/tables"))


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_REFERENCE", "")
    monkeypatch.setenv("MONITOR_TOKEN_KEY", "")
    assert load().reference is None
    assert load().uses_development_key


def test_without_a_token_key_the_development_key_stands_in_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (load().uses_development_key, load().token_secret) == (True, DEVELOPMENT_KEY)
    monkeypatch.setenv("MONITOR_TOKEN_KEY", "k")
    assert (load().uses_development_key, load().token_secret) == (False, "k")


def test_a_wrong_setting_is_named_and_its_value_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_PARTITIONS", "plenty")
    monkeypatch.setenv("MONITOR_RAW_RETENTION_DAYS", "8")
    with pytest.raises(SettingsError) as raised:
        load()
    assert "MONITOR_PARTITIONS: Input should be a valid integer" in str(raised.value)
    assert "MONITOR_RAW_RETENTION_DAYS: Input should be less than or equal to 7" in str(raised.value)
    assert "plenty" not in str(raised.value)


def test_a_secret_does_not_show() -> None:
    settings = Settings(token_key=SecretStr("a secret of the office"))
    assert "a secret of the office" not in repr(settings)
    assert "a secret of the office" not in settings.model_dump_json()


def test_every_setting_says_what_it_is_and_numbers_say_their_unit() -> None:
    table = settings_table()
    assert table.count("\n") == len(Settings.model_fields) + 2
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"`{PREFIX}{name.upper()}`" in table
        unit = field.json_schema_extra["unit"] if isinstance(field.json_schema_extra, dict) else ""
        assert unit or not isinstance(field.default, int) or name.endswith("_port"), name


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_the_readme_shows_the_settings_as_they_are() -> None:
    assert settings_table() in README.read_text(encoding="utf-8")
