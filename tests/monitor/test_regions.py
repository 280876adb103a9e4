"""Region files: what holds when, and what an unusable one is called."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.events import DAY
from monitor.regions import PRODUCTION, Region, RegionError, Scope, load_region
from monitor.rules.rule import Limits, Mode


class Arithmetic(Limits, frozen=True, kw_only=True):
    tolerance: Decimal = Decimal("0.01")


class Night(Limits, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    start: str = "23:00"
    end: str = "06:00"


class Split(Limits, frozen=True, kw_only=True):
    days: int = 15
    days_grave: int = 7


RULES: dict[str, type[Limits]] = {"ARITHMETIC": Arithmetic, "NIGHT": Night, "SPLIT": Split}


def at(day: str) -> int:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY


def region(folder: Path, text: str) -> Region:
    path = folder / "region.toml"
    path.write_text(text, encoding="utf-8")
    return load_region(path, limits=RULES)


def test_the_built_in_region_is_the_rules_own_limits_since_ever() -> None:
    built_in = load_region(None, limits=RULES)
    assert [built_in.limits(rule_id, 0) for rule_id in RULES] == [Arithmetic(), Night(), Split()]
    assert (built_in.lateness_s, built_in.incident_max_days, built_in.answer_memory_days) == (300, 7, 7)
    assert (built_in.person_memory_days, built_in.provider_memory_days, built_in.trace_memory_days) == (
        400,
        40,
        730,
    )


def test_a_change_holds_from_the_first_second_of_its_day(tmp_path: Path) -> None:
    loaded = region(tmp_path, '[[change]]\nfrom = 2026-04-01\nrules.SPLIT = { mode = "shadow", days = 10 }')
    before, after = loaded.limits("SPLIT", at("2026-04-01") - 1), loaded.limits("SPLIT", at("2026-04-01"))
    assert before == Split()
    assert after == Split(mode=Mode.SHADOW, days=10)


def test_a_later_change_overrides_only_what_it_names(tmp_path: Path) -> None:
    loaded = region(
        tmp_path,
        """
        [[change]]
        from = 2026-01-01
        rules.SPLIT = { mode = "shadow", days = 10 }
        [[change]]
        from = 2026-04-01
        rules.SPLIT = { mode = "block" }
        rules.NIGHT = { from = "22:30", incident_gap_s = 60 }
        """,
    )
    assert loaded.limits("SPLIT", at("2026-04-01")) == Split(mode=Mode.BLOCK, days=10)
    assert loaded.limits("NIGHT", at("2026-03-31")) == Night()
    assert loaded.limits("NIGHT", at("2030-01-01")) == Night(start="22:30", incident_gap_s=60)


def test_a_decimal_limit_is_text_and_stays_exact(tmp_path: Path) -> None:
    loaded = region(tmp_path, '[[change]]\nfrom = 2026-01-01\nrules.ARITHMETIC = { tolerance = "0.05" }')
    assert loaded.limits("ARITHMETIC", at("2026-01-01")) == Arithmetic(tolerance=Decimal("0.05"))


def test_what_holds_for_the_region_is_read(tmp_path: Path) -> None:
    loaded = region(tmp_path, 'region = "430100"\nlateness_s = 60\nincident_max_days = 3')
    assert (loaded.region, loaded.lateness_s, loaded.incident_max_days) == ("430100", 60, 3)


def change(rules: str) -> str:
    return f"[[change]]\nfrom = 2026-01-01\n{rules}"


@pytest.mark.parametrize(
    "text,fault",
    [
        ("lateness = 60", "lateness: is unknown; known: "),
        ('lateness_s = "60"', "lateness_s: Expected `int`, got `str`"),
        ("lateness_s = -1", "lateness_s: must not be negative"),
        ("change = 1", "change: must be written [[change]]"),
        ("[[change]]\nrules.SPLIT = { days = 1 }", "change 1.from: must be a day without quotes"),
        ('[[change]]\nfrom = "2026-01-01"', "change 1.from: must be a day without quotes"),
        ("[[change]]\nfrom = 2026-01-01T08:00:00", "change 1.from: must be a day without quotes"),
        ("[[change]]\nfrom = 1926-01-01", "change 1.from: must lie in the years 2000 to 2100"),
        ("[[change]]\nfrom = 2026-02-01\n[[change]]\nfrom = 2026-01-01", "change 2.from: lies before"),
        (change("rule.SPLIT = {}"), "change 1.rule: is unknown; known: from, rules"),
        (change("rules = 1"), "change 1.rules: must be a table"),
        (change("rules.SPLIT = 1"), "change 1.rules.SPLIT: must be a table"),
        (change("rules.SPLITS = {}"), "change 1.rules.SPLITS: there is no such rule"),
        (
            change("rules.SPLIT = { day = 1 }"),
            "change 1.rules.SPLIT.day: is unknown; known: days, days_grave",
        ),
        (change('rules.SPLIT = { days = "1" }'), "change 1.rules.SPLIT.days: Expected `int`, got `str`"),
        (change("rules.SPLIT = { days = true }"), "change 1.rules.SPLIT.days: Expected `int`, got `bool`"),
        (change("rules.SPLIT = { days = -1 }"), "change 1.rules.SPLIT.days: must not be negative"),
        (change('rules.SPLIT = { mode = "blocked" }'), "change 1.rules.SPLIT.mode: Invalid enum value"),
        (change("rules.ARITHMETIC = { tolerance = 0.01 }"), "tolerance: write a decimal as text"),
        (change('rules.ARITHMETIC = { tolerance = "NaN" }'), "tolerance: must be a decimal that is not"),
        (change('rules.NIGHT = { from = "25:00" }'), "change 1.rules.NIGHT.from: must be a time of day"),
        (change("rules.NIGHT = { start = 1 }"), "change 1.rules.NIGHT.start: is unknown"),
        ("region = ", "is no TOML"),
    ],
)
def test_a_fault_names_the_file_and_the_key(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(RegionError) as raised:
        region(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'region.toml'}: ")
    assert fault in str(raised.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RegionError, match=r"nowhere.toml: can't be read"):
        load_region(tmp_path / "nowhere.toml", limits=RULES)


def test_a_rule_the_region_was_not_loaded_with_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        load_region(None, limits=RULES).limits("NONE", 0)
    with pytest.raises(ValueError, match="one epoch more"):
        Region(scope=Scope(), epochs=())


def test_production_lets_management_and_medical_rules_only_remind() -> None:
    ids = (
        *("GZ10000201002000", "GZ10000204001000", "GZ10000204003000", "GZ10000204006000"),
        *("GZ10000204007000", "GZ10000301002000", "GZ10000301004000", "GZ10000301006000"),
        *("GZ10000102012000", "LOC-DECEASED"),
    )
    production = load_region(PRODUCTION, limits=dict.fromkeys(ids, Limits))
    reminding = {
        rule_id for rule_id in ids if production.limits(rule_id, at("2026-03-10")).mode == Mode.SUSPECT
    }
    assert reminding == {rule_id for rule_id in ids if rule_id.startswith(("GZ100002", "GZ100003"))}


def test_the_digest_names_what_holds_not_how_it_is_written(tmp_path: Path) -> None:
    text = "[[change]]\nfrom = 2026-01-01\nrules.SPLIT = { days = 10, days_grave = 5 }"
    swapped = "# a comment\n[[change]]\nfrom = 2026-01-01\nrules.SPLIT = { days_grave = 5, days = 10 }"
    assert region(tmp_path, text).digest == region(tmp_path, swapped).digest
    assert region(tmp_path, text.replace("10", "11")).digest != region(tmp_path, text).digest
