"""Reference tables: what is built in, what a folder replaces, and what an unusable row is called."""

from pathlib import Path

import pytest

from monitor.privacy import Tokens
from monitor.reference import AgeRange, Frequency, PersonEntry, Provider, Reference, Scheme
from monitor.reference_tables import BUILT_IN, TABLES, load_reference
from monitor.tables import ReferenceTableError

TOKENS = Tokens("a key for tests")
PSN_NO = "43010000007317135019"
PROVIDERS_HEADER = "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs"


def tables(folder: Path, **files: str) -> Reference:
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return load_reference(folder, tokens=TOKENS)


def test_every_table_of_the_contract_is_built_in() -> None:
    assert {path.stem for path in BUILT_IN.glob("*.csv")} == set(TABLES)


def test_the_built_in_exemption_from_split_admission_is_the_contract_s() -> None:
    assert load_reference(None, tokens=TOKENS).split_exempt == ("Z51.0", "Z51.1", "Z51.8", "Z49", "N18")


def test_only_beds_and_nursing_grades_are_built_in_as_once_per_day() -> None:
    numbers = {item.split("-")[0][2:11] for item in load_reference(None, tokens=TOKENS).once_per_day}
    assert numbers == {*(f"11090000{n}" for n in "1234"), *(f"12010000{n}" for n in "345")}


def test_the_readme_names_every_built_in_table() -> None:
    text = (BUILT_IN / "README.md").read_text(encoding="utf-8")
    assert [name for name in TABLES if f"`{name}`" not in text] == []


def test_a_table_of_the_folder_replaces_the_built_in_one_as_a_whole(tmp_path: Path) -> None:
    reference = tables(tmp_path, once_per_day="item\nA\n")
    assert reference.once_per_day == {"A"}
    assert reference.split_exempt == load_reference(None, tokens=TOKENS).split_exempt


def test_a_table_with_a_header_alone_is_empty(tmp_path: Path) -> None:
    assert tables(tmp_path, split_exempt="diagnosis_prefix\n").split_exempt == ()


def test_columns_may_stand_in_any_order_and_group_may_be_missing(tmp_path: Path) -> None:
    rows = f"group,{PROVIDERS_HEADER}\nG1,P1,某药店,2,,1,0,430100\n,H1,某医院,1,3,,1,430100\n"
    reference = tables(tmp_path, providers=rows)
    assert reference.providers["P1"] == Provider(
        code="P1", name="某药店", kind="2", open_24h=True, admvs="430100", group="G1"
    )
    assert reference.providers["H1"].face_check
    assert tables(tmp_path, providers=f"{PROVIDERS_HEADER}\n").providers == {}


def test_a_web_hook_is_signed_by_a_secret_unless_it_is_by_our_own_key(tmp_path: Path) -> None:
    head = f"{PROVIDERS_HEADER},hook_url,hook_secret,hook_on,hook_sign"
    row = "H{},某医院,1,3,,1,430100,https://his.example.org/in,{},1,{}"
    rows = (row.format(1, "s", ""), row.format(2, "s", "hmac-sm3"), row.format(3, "", "sm2"))
    providers = tables(tmp_path, providers="\n".join((head, *rows, ""))).providers
    hooks = [providers[f"H{number}"].hook for number in (1, 2, 3)]
    assert [hook.scheme for hook in hooks if hook] == [Scheme.HMAC_SHA256, Scheme.HMAC_SM3, Scheme.SM2]
    for secret, sign, why in (("", "hmac-sm3", "hook_secret"), ("s", "md5", "hook_sign")):
        with pytest.raises(ReferenceTableError, match=why):
            tables(tmp_path, providers=f"{head}\n{row.format(1, secret, sign)}\n")


def test_persons_are_known_by_token_alone(tmp_path: Path) -> None:
    reference = tables(tmp_path, persons=f"psn_no,gend,brdy,die_date\n{PSN_NO},2,1980-05-20,1970-01-02\n")
    assert reference.persons == {
        TOKENS.person(PSN_NO): PersonEntry(gender="2", birth_day=3792, death_day=1),
    }


def test_limits_are_scaled_and_empty_ages_are_no_bound(tmp_path: Path) -> None:
    reference = tables(
        tmp_path,
        item_frequency="item,max,days\nA,0.5,1\nA,12,30\n",
        drug_age="drug,min_age,max_age\nX1,,17\nX1,65,\n",
        drug_supply="drug,max_days\nX1,14\n",
    )
    assert reference.item_frequency == {"A": (Frequency(5_000, 1), Frequency(120_000, 30))}
    assert reference.drug_age == {"X1": (AgeRange(None, 17), AgeRange(65, None))}
    assert reference.drug_supply == {"X1": 14}


def test_an_age_lies_within_its_bounds_inclusively() -> None:
    ages = AgeRange(3, 5)
    assert [age for age in range(8) if ages.holds(age)] == [3, 4, 5]
    assert AgeRange(None, 5).holds(0)
    assert AgeRange(3, None).holds(120)


def test_a_drug_finds_its_groups_and_a_group_its_drugs(tmp_path: Path) -> None:
    reference = tables(tmp_path, drug_group="drug,group\nX2,G\nX1,G\nX1,K\n")
    assert reference.drug_group == {"X2": {"G"}, "X1": {"G", "K"}}
    assert reference.drugs_of_group == {"G": ("X1", "X2"), "K": ("X1",)}


def test_prefixes_of_diagnoses_are_found_by_sex(tmp_path: Path) -> None:
    reference = tables(tmp_path, diagnosis_sex="diagnosis_prefix,gend\nC53,2\nC61,1\nO,2\n")
    assert reference.prefixes_of_sex == {"2": ("C53", "O"), "1": ("C61",)}


def test_calls_go_before_the_register_but_the_earlier_death_counts() -> None:
    reference = Reference(persons={"t": PersonEntry(gender="2", birth_day=10, death_day=500)})
    assert (reference.gender("1", "t"), reference.gender("", "t"), reference.gender("", "?")) == (
        "1",
        "2",
        "",
    )
    assert (reference.birth_day(20, "t"), reference.birth_day(None, "t")) == (20, 10)
    assert reference.birth_day(None, "?") is None
    assert [reference.death_day(day, "t") for day in (400, 600, None)] == [400, 500, 500]
    assert reference.death_day(7, "?") == 7


def test_who_is_a_pharmacy_is_the_table_s_word_then_the_call_s() -> None:
    reference = Reference(providers={"A": Provider(code="A", kind="1"), "B": Provider(code="B", kind="2")})
    assert not reference.is_pharmacy("A", "2102")
    assert reference.is_pharmacy("B", "2207")
    assert reference.is_pharmacy("?", "2102")
    assert not reference.is_pharmacy("?", "2207")


def test_a_byte_order_mark_blank_lines_and_repeated_rows_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "drug_sex.csv").write_bytes(b"\xef\xbb\xbfdrug,gend\r\nX1,1\r\n\r\nX1,1\r\n")
    assert load_reference(tmp_path, tokens=TOKENS).drug_sex == {"X1": "1"}


@pytest.mark.parametrize(
    "name,content,fault",
    [
        ("drug_sex", "drug,gend\nX1,3\n", "2: gend: must be 1 or 2"),
        ("drug_sex", "drug,gend\nX1,1\nX1,2\n", "3: drug: stands in two rows that differ"),
        ("drug_sex", "drug,gend\n,1\n", "2: drug: is empty"),
        ("drug_sex", "drug,gend\nX1\n", "2: has 1 cells, the header has 2"),
        ("drug_sex", "drug\nX1\n", "1: header: lacks gend"),
        ("drug_sex", "drug,gend,gend\nX1,1,1\n", "1: header: column 'gend' stands twice"),
        ("drug_sex", "drug,gend,sex\nX1,1,1\n", "1: header: column 3 'sex' is unknown; known: drug, gend"),
        ("drug_sex", "", "1: has no header; it must be drug,gend"),
        ("drug_sex", 'drug,gend\n"X1,1\n', "2: unexpected end of data"),
        ("drug_age", "drug,min_age,max_age\nX1,x,\n", "2: min_age: must be a whole number from 0 to 150"),
        ("drug_age", "drug,min_age,max_age\nX1,9,3\n", "2: max_age: is below min_age"),
        ("drug_supply", "drug,max_days\nX1,0\n", "2: max_days: must be a whole number from 1 to 400"),
        ("item_frequency", "item,max,days\nA,nan,1\n", "2: max: must be a number that is not negative"),
        ("item_frequency", "item,max,days\nA,1e999999,1\n", "2: max: must be a number that is not negative"),
        ("item_frequency", "item,max,days\nA,0.00001,1\n", "2: max: must be a number that is not negative"),
        ("split_exempt", "diagnosis_prefix\n51.0\n", "2: diagnosis_prefix: must begin like a code of ICD-10"),
        ("providers", f"{PROVIDERS_HEADER}\nP1,,3,,,,\n", "2: fixmedins_type: must be 1 or 2"),
        ("providers", f"{PROVIDERS_HEADER}\nP1,,2,,ja,,\n", "2: open_24h: must be 0 or 1 or empty"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_column(
    tmp_path: Path, name: str, content: str, fault: str
) -> None:
    with pytest.raises(ReferenceTableError) as raised:
        tables(tmp_path, **{name: content})
    assert f"{tmp_path / name}.csv:{fault}" in str(raised.value)


def test_bytes_that_are_no_utf8_are_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "once_per_day.csv").write_bytes(b"item\nA\n\xff\n")
    with pytest.raises(ReferenceTableError, match=r"once_per_day\.csv:3: is not UTF-8"):
        load_reference(tmp_path, tokens=TOKENS)


@pytest.mark.parametrize(
    "content",
    [
        f"{PSN_NO},1,1980-05-20,\n",
        f"psn_no,gend,brdy,die_date\n{PSN_NO},male,1980-05-20,\n",
        f"psn_no,gend,brdy,die_date\n{PSN_NO},1,{PSN_NO},\n",
        f"psn_no,gend,brdy,die_date\n{PSN_NO},1,,\n{PSN_NO},2,,\n",
        f'psn_no,gend,brdy,die_date\n"{PSN_NO},1,,\n',
    ],
)
def test_an_error_never_quotes_a_psn_no_whichever_file_it_stands_in(tmp_path: Path, content: str) -> None:
    for name in ("persons", "drug_sex"):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        with pytest.raises(ReferenceTableError) as raised:
            load_reference(tmp_path, tokens=TOKENS)
        assert PSN_NO not in str(raised.value)
        (tmp_path / f"{name}.csv").unlink()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReferenceTableError, match="no such folder"):
        load_reference(tmp_path / "nowhere", tokens=TOKENS)


def test_a_file_that_is_no_table_is_told(tmp_path: Path) -> None:
    assert tables(tmp_path, drug_ages="drug\n").unused_files == ("drug_ages.csv",)


def test_the_digest_changes_with_any_table_and_with_nothing_else(tmp_path: Path) -> None:
    built_in = load_reference(None, tokens=TOKENS)
    assert load_reference(None, tokens=Tokens("another key")).digest == built_in.digest
    assert tables(tmp_path).digest == built_in.digest
    assert tables(tmp_path, trace_ignore="drug_trac_codg\n1\n").digest != built_in.digest


def test_budgets_of_the_fund_are_kept_by_provider_and_year_and_judge_nothing(tmp_path: Path) -> None:
    before = tables(tmp_path).digest
    reference = tables(tmp_path, fund_budget="fixmedins_code,year,budget\nH1,2026,1200000.5\nH1,2027,0\n")
    assert reference.fund_budget == {("H1", "2026"): 120_000_050, ("H1", "2027"): 0}
    assert reference.digest == before, "a new budget is no new version of the rules"


@pytest.mark.parametrize("row", ["H1,26,1.00", "H1,2026,-1", "H1,2026,0.001", ",2026,1"])
def test_a_budget_that_is_none_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(ReferenceTableError, match=r"fund_budget.csv:2: "):
        tables(tmp_path, fund_budget=f"fixmedins_code,year,budget\n{row}\n")
