"""The checks can fail: each wrong thing, done to what a replay says, is seen, and counted as what it is."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.memory.pieces import decode, encode
from streams.topics import TableName
from tests.chaos.checks import Compared, Place, Said, compare_all, sales_of
from tests.streams.day import Day, Row, make_day

LETTERS: list[Place] = [("claims.raw", 0, 17), ("claims", 3, 4)]
TABLES_OF_FACTS = (TableName.PERSONS, TableName.PROVIDERS, TableName.TRACES)
REACHES = {
    TableName.PERSONS: "person_reach_s",
    TableName.PROVIDERS: "provider_reach_s",
    TableName.TRACES: "trace_reach_s",
}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return make_day(tmp_path_factory.mktemp("checks"), records=1_500, seed=5)


@pytest.fixture
def said(day: Day) -> Said:
    """Exactly what the replay says."""
    return Said(
        verdicts=_rows(day, "verdict"),
        findings=_rows(day, "finding"),
        incidents=_rows(day, "incident"),
        dead_letters=list(LETTERS),
        memories=_changelogs(day),
    )


def _rows(day: Day, kind: str) -> list[Row]:
    """As they stand on their topic, where the topic says which kind they are."""
    return [{name: value for name, value in row.items() if name != "type"} for row in day.of(kind)]


def _changelogs(day: Day) -> dict[TableName, dict[str, dict[str, bytes]]]:
    """The memories of a replay as stages would have written them."""
    persons, providers, traces = (
        day.pipeline._persons.values(),
        day.pipeline._providers.values(),
        day.pipeline._traces.values(),
    )
    books: dict[str, dict[str, bytes]] = {}
    for key, book in day.pipeline._books.items():
        pieces = {f"f{finding}": book._piece(f"f{finding}") for finding in book.findings}
        books[key] = {name: piece for name, piece in pieces.items() if piece is not None}
    return {
        TableName.PERSONS: {
            m.person: {"|".join(("fact", *call)): encode(fact) for call, fact in m.facts.by_call.items()}
            | {"|".join(("answer", *call)): encode(answer) for call, answer in m.answers.items()}
            for m in persons
        },
        TableName.PROVIDERS: {
            m.provider: {"|".join(("fact", *call)): encode(f) for call, f in m.facts.by_call.items()}
            for m in providers
        },
        TableName.TRACES: {
            m.code: {f"sale|{s.provider}|{s.settlement_id}": encode(s) for s in sales_of(m)} for m in traces
        },
        TableName.INCIDENTS: books,
    }


def wrong(said: Said, day: Day) -> dict[str, Compared]:
    """The comparisons that are not good, by what they compare."""
    return {one.what: one for one in compare_all(said, day, letters=LETTERS) if not one.good}


def test_what_a_replay_says_is_good(said: Said, day: Day) -> None:
    assert wrong(said, day) == {}


def test_a_verdict_that_is_missing_is_lost(said: Said, day: Day) -> None:
    gone = said.verdicts.pop(len(said.verdicts) // 2)
    found = wrong(said, day)["verdicts"]
    assert (found.lost, found.doubled, found.invented) == (1, 0, 0)
    assert gone["verdict_id"] in found.examples[0]


def test_a_verdict_that_is_there_twice_is_doubled(said: Said, day: Day) -> None:
    said.verdicts.append(said.verdicts[3])
    found = wrong(said, day)["verdicts"]
    assert (found.lost, found.doubled, found.invented) == (0, 1, 0)


def test_a_verdict_that_nobody_is_owed_is_invented(said: Said, day: Day) -> None:
    said.verdicts.append({**said.verdicts[3], "verdict_id": "none"})
    found = wrong(said, day)["verdicts"]
    assert (found.lost, found.doubled, found.invented) == (0, 0, 1)


def test_a_verdict_in_the_place_of_another_is_both_lost_and_doubled(said: Said, day: Day) -> None:
    said.verdicts[3] = said.verdicts[4]
    found = wrong(said, day)["verdicts"]
    assert (found.lost, found.doubled, found.invented) == (1, 1, 0)


def test_another_answer_than_the_replays_is_seen(said: Said, day: Day) -> None:
    row = next(row for row in said.verdicts if len(day.providers_of[row["person"]]) == 1)
    row["decision"] = "unchecked"
    assert wrong(said, day)["verdicts of persons of one provider"].other == 1


def test_a_finding_that_is_changed_missing_or_surplus_is_seen(said: Said, day: Day) -> None:
    last = [row for row in said.findings if row["status"] == "open"][-1]
    last["amount"] = "0.07"
    assert wrong(said, day)["open findings"].other == 1
    said.findings = [row for row in said.findings if row["finding_id"] != last["finding_id"]]
    assert wrong(said, day)["open findings"].lost == 1
    said.findings += [{**last, "finding_id": "none"}, {**last, "finding_id": "none", "revision": 2}]
    found = wrong(said, day)["open findings"]
    assert (found.lost, found.invented) == (1, 1)


def test_a_revision_that_is_said_twice_is_doubled(said: Said, day: Day) -> None:
    said.findings.append(said.findings[0])
    said.incidents.append(said.incidents[0])
    found = wrong(said, day)
    assert found["revisions of findings"].doubled == 1
    assert found["revisions of incidents"].doubled == 1


def test_an_incident_that_is_changed_missing_or_surplus_is_seen(said: Said, day: Day) -> None:
    row = next(row for row in said.incidents if row["state"] != "withdrawn")
    row["persons"] += 1
    assert wrong(said, day)["incidents"].other == 1
    said.incidents = [one for one in said.incidents if one is not row]
    assert wrong(said, day)["incidents"].lost == 1
    said.incidents.append({**row, "incident_id": "none"})
    assert wrong(said, day)["incidents"].invented == 1


@pytest.mark.parametrize(
    "letters, expected",
    [
        (LETTERS[1:], (1, 0, 0)),
        ([*LETTERS, LETTERS[0]], (0, 1, 0)),
        ([*LETTERS, ("claims.raw", 0, 18)], (0, 0, 1)),
    ],
)
def test_each_dead_letter_is_there_once(
    letters: list[Place], expected: tuple[int, int, int], said: Said, day: Day
) -> None:
    said.dead_letters = letters
    found = wrong(said, day)["dead letters"]
    assert (found.lost, found.doubled, found.invented) == expected


@pytest.mark.parametrize("table", list(TableName))
def test_a_fact_that_is_missing_in_a_memory_is_seen(table: TableName, said: Said, day: Day) -> None:
    key, pieces = _some(said, table)
    piece = next(iter(pieces))
    del said.memories[table][key][piece]
    assert wrong(said, day)[f"memory of {table}"].lost == 1


@pytest.mark.parametrize("table", TABLES_OF_FACTS)
@pytest.mark.parametrize(
    "change, seen",
    [(lambda fact: replace(fact, at=fact.at + 1), True), (lambda fact: replace(fact, late=True), False)],
)
def test_a_fact_that_is_another_is_seen_but_not_that_it_came_late(
    change: Callable[[Any], Any], seen: bool, table: TableName, said: Said, day: Day
) -> None:
    key, pieces = _some(said, table)
    piece, raw = next(iter(pieces.items()))
    changed = encode(change(decode(piece.partition("|")[0], raw)))
    said.memories[table][key][piece] = changed
    found = wrong(said, day)
    assert (found.keys() == {f"memory of {table}"}) is seen
    assert not seen or found[f"memory of {table}"].other == 1


@pytest.mark.parametrize("table", TABLES_OF_FACTS)
def test_a_fact_too_many_is_seen_unless_it_is_older_than_the_memory_reaches(
    table: TableName, said: Said, day: Day
) -> None:
    key, pieces = _some(said, table)
    piece, raw = next(iter(pieces.items()))
    fact = decode(piece.partition("|")[0], raw)
    reach = getattr(day.pipeline.knowledge, REACHES[table])
    name = "settlement_id" if table is TableName.TRACES else "msgid"
    for age, invented in ((reach, 1), (reach + 1, 0)):
        surplus = replace(fact, at=day.watermark - age, **{name: "none"})
        said.memories[table][key]["fact|none" if table is not TableName.TRACES else "sale|none"] = encode(
            surplus
        )
        found = wrong(said, day).get(f"memory of {table}")
        assert (0 if found is None else found.invented) == invented


def test_nothing_compared_with_nothing_is_not_good() -> None:
    assert not Compared("nothing", 0).good


def _some(said: Said, table: TableName) -> tuple[str, dict[str, bytes]]:
    """The key and the pieces of a fact that rules out nothing else: the first one there is."""
    key = next(key for key, pieces in said.memories[table].items() if pieces)
    return key, dict(said.memories[table][key])
