"""Scores computed a second time, by other code, from the raw tables and the rule files.

Nothing of the product's scoring is called here: the rules are read as plain YAML, the rows as
plain SQL, and the law is written down once more, one subject at a time:

* a record counts from its day of decision until the end of its class (轻微 3, 一般 12, 严重 36
  months, a plus 12, 年度 to the new year), or until it was repaired or expired; revoked, corrected
  and merely suspected ones never do; under objection they do;
* one decision counts once, with its heaviest item; so many a month; rows of points by place;
* groups have limits; the sum has a floor and a ceiling; grades have conditions;
* a decision (severe list, an item that says so) lowers the grade, and so does the practitioners'
  counter of the year unless a decision of that year speaks;
* merged, ended and not yet evaluable subjects have no score.

    python -m tests.credit_core.scoring.independent DATABASE_URL DAY [DAY …]

rescores everybody for each day and compares; the exit code is 1 when anything differs.
"""

from __future__ import annotations

import calendar
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import create_engine, text

RULES = Path(__file__).resolve().parents[3] / "config" / "rules"
VOID = {"revoked", "corrected", "suspected"}
Row = dict[str, Any]


class Rules:
    """The rule file of one kind that holds on a day."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.items = {item["code"]: item for item in raw["items"]}
        self.order = {
            (item["code"], variant.get("level", "")): (number, place)
            for number, item in enumerate(raw["items"])
            for place, variant in enumerate(item["variants"])
        }
        self.grades = [grade["grade"] for grade in raw["grades"]]

    def variant(self, item: dict[str, Any], level: str) -> dict[str, Any]:
        levels = {one.get("level", ""): one for one in item["variants"]}
        if level in levels:
            return levels[level]
        usual = item.get("default_levels")
        return levels[usual[0]] if usual else item["variants"][0]


def rules_on(day: date) -> dict[str, Rules]:
    found = {}
    for path in sorted(RULES.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        last = raw["effective_to"]
        if raw["effective_from"] <= day and (last is None or day <= last):
            found[raw["kind"]] = Rules(raw)
    return found


def months_later(day: date, months: int) -> date:
    """The last day of a period of months after a day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def first_without(
    rules: Rules, item: dict[str, Any], variant: dict[str, Any], on: date
) -> date | None:
    """The day on which a record of this item no longer counts, when nothing ends it before."""
    lasts = item.get("lasts", "class")
    if lasts == "always":
        return None
    if lasts == "new_year":
        return date(on.year + 1, 1, 1)
    months = variant.get("months")
    if months is None and "class" in variant:
        months = rules.raw["classes"][variant["class"]]["months"]
    if months is None:
        months = rules.raw["positive_months"]
    return months_later(on, months) + timedelta(days=1)


def one_spelling(document: str) -> str:
    plain = unicodedata.normalize("NFKC", document)
    for sign, other in zip("〔〕[]【】", "()()()", strict=True):
        plain = plain.replace(sign, other)
    return "".join(plain.split()).upper()


class Record:
    """A record that counts on the day."""

    def __init__(self, rules: Rules, row: Row) -> None:
        self.row = row
        self.item = rules.items[row["item"]]
        self.variant = rules.variant(self.item, row["level"])
        number = rules.order[row["item"], self.variant.get("level", "")]
        self.negative = "class" in self.variant
        self.group = self.variant.get("group") or self.item.get("group")
        limits = self.item.get("open")
        if limits:
            stated = row["points"] if row["points"] is not None else limits.get("default") or 0
            self.points = stated * limits.get("per_point", 1)
        elif "sequence" in self.item:
            self.points = min(self.item["sequence"])
        else:
            self.points = self.variant["points"]
        heavy = (0, self.points) if self.points < 0 else (1, -self.points)
        self.weight = (heavy, number, row["effective_from"], row["occurred_on"], row["id"])
        self.counts = True


def counting(rules: Rules, rows: list[Row], day: date) -> list[Record]:
    """Records in effect, oldest first, without those that a later correction closed."""
    held = [
        row
        for row in rows
        if row["state"] not in VOID
        and row["effective_from"] <= day
        and all(row[end] is None or day < row[end] for end in ("effective_to", "ended_on"))
        and row["item"] in rules.items
    ]
    closed_by: dict[str, date] = {}
    for row in held:
        for code in rules.items[row["item"]].get("closes", ()):
            closed_by[code] = max(row["effective_from"], closed_by.get(code, date.min))
    held = [row for row in held if row["effective_from"] > closed_by.get(row["item"], date.min)]
    held.sort(key=lambda row: (row["effective_from"], row["occurred_on"], row["id"]))
    return [Record(rules, row) for row in held]


def only_heaviest(records: list[Record], key: Any, most: int) -> None:
    """Of the records that share a key the heaviest count, so many of them."""
    together: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        together[key(record)].append(record)
    for some in together.values():
        for record in sorted(some, key=lambda one: one.weight)[most:]:
            record.points, record.counts = 0, False


def rate(
    rules: Rules, subject: Row, rows: list[Row], listed: bool, day: date
) -> tuple[int | None, str | None]:
    """Score and grade of one subject on a day; None: not evaluated."""
    raw = rules.raw
    if subject["status"] == "merged" or (subject["ended_on"] and subject["ended_on"] <= day):
        return None, None
    if (
        raw["not_evaluated"].get("before_start")
        and subject["evaluable_from"]
        and day < subject["evaluable_from"]
    ):
        return None, None
    records = counting(rules, rows, day)
    only_heaviest(records, lambda one: one_spelling(one.row["document_no"]), 1)
    for code, item in rules.items.items():
        mine = [one for one in records if one.row["item"] == code and one.counts]
        if "monthly_limit" in item:
            month = lambda one: (one.row["occurred_on"].year, one.row["occurred_on"].month)  # noqa: E731
            only_heaviest(mine, month, item["monthly_limit"])
            mine = [one for one in mine if one.counts]
        for place, record in enumerate(mine if "sequence" in item else ()):
            record.points = item["sequence"][min(place, len(item["sequence"]) - 1)]
    sums = {name: sum(one.points for one in records if one.group == name) for name in raw["groups"]}
    limited = {name: limit(raw["groups"], name, sums) for name in sums}
    free = sum(one.points for one in records if one.group is None)
    score = min(max(raw["base"] + free + sum(limited.values()), raw["floor"]), raw["cap"])
    worst = worst_by_decision(rules, records, rows, listed, day, sums, limited)
    holds = {
        "no_negative": not any(one.negative for one in records),
        "identity_verified": bool(subject["identity_verified"]),
        "commitment": bool(
            subject["committed_from"]
            and subject["committed_from"] <= day
            and (subject["committed_until"] is None or day < subject["committed_until"])
        ),
    }
    for rank, grade in enumerate(raw["grades"]):
        reached = score >= grade["at_least"] and all(holds[c] for c in grade.get("conditions", ()))
        if reached or rank == len(raw["grades"]) - 1:
            return score, rules.grades[max(rank, worst)]
    raise AssertionError


def limit(groups: dict[str, Any], name: str, sums: dict[str, int]) -> int:
    group, value = groups[name], sums[name]
    value = min(value, group.get("at_most", value))
    value = max(value, group.get("at_least", value))
    if "not_above_loss_of" in group:
        value = min(value, -sums[group["not_above_loss_of"]])
    return value


def worst_by_decision(
    rules: Rules,
    records: list[Record],
    rows: list[Row],
    listed: bool,
    day: date,
    sums: dict[str, int],
    limited: dict[str, int],
) -> int:
    """Position of the best grade that decisions leave."""
    grades = rules.grades
    worst = grades.index(rules.raw["severe_list"]["at_most"]) if listed else 0
    for one in records:
        if "at_most" in one.variant:
            worst = max(worst, grades.index(one.variant["at_most"]))
    counter = rules.raw.get("counter")
    if counter is None:
        return worst
    points = sums[counter["group"]] + limited.get(counter.get("reduced_by"), 0)
    decided = any(
        row["item"] in counter.get("governed_by", ())
        and row["state"] not in VOID
        and row["effective_from"] <= day
        and row["effective_from"].year == day.year
        for row in rows
    )
    value = points // counter["points_each"]
    reached = [step for step in counter["steps"] if not decided and value >= step["at_least"]]
    return max(worst, grades.index(reached[-1]["at_most"])) if reached else worst


def _day(value: Any) -> date | None:
    """A day as SQLite (a number or a text) or PostgreSQL gives it."""
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, int):
        return date(1970, 1, 1) + timedelta(days=value)
    return date.fromisoformat(value)


_DAYS = {
    "effective_from", "effective_to", "ended_on", "occurred_on", "decided_on", "evaluable_from",
    "committed_from", "committed_until", "entered_on", "left_on",
}  # fmt: skip


def _rows(connection: Any, query: str) -> Iterator[Row]:
    result = connection.execution_options(stream_results=True).execute(text(query))
    names = list(result.keys())
    for values in result:
        yield {
            name: _day(value) if name in _DAYS else value
            for name, value in zip(names, values, strict=True)
        }


def differences(url: Any, day: date) -> Iterator[str]:
    """What the stored ratings and ends say otherwise than this file, after a rescore for a day."""
    rules = rules_on(day)
    oldest = {kind: Rules(raw) for kind, raw in _oldest().items()}
    engine = create_engine(url)
    with engine.connect() as lists, engine.connect() as left, engine.connect() as right:
        listed = {
            row["subject_id"]
            for row in _rows(lists, "SELECT subject_id, entered_on, left_on FROM list_entry "
                             "WHERE list = 'severe'")
            if row["entered_on"] <= day and (row["left_on"] is None or day < row["left_on"])
        }  # fmt: skip
        subjects = _rows(
            left,
            "SELECT id, kind, status, evaluable_from, ended_on, identity_verified, "
            "committed_from, committed_until, score, grade FROM subject ORDER BY id",
        )
        records = _rows(
            right,
            "SELECT id, subject_id, item, level, points, document_no, state, occurred_on, "
            "decided_on, effective_from, effective_to, ended_on FROM record ORDER BY subject_id",
        )
        waiting = next(records, None)
        for subject in subjects:
            mine = []
            while waiting is not None and waiting["subject_id"] == subject["id"]:
                mine.append(waiting)
                waiting = next(records, None)
            held = rules[subject["kind"]]
            made = rate(held, subject, mine, subject["id"] in listed, day)
            stored = (subject["score"], subject["grade"])
            if made != stored:
                yield f"{subject['kind']} {subject['id']}: {stored} stored, {made} by hand"
            yield from _ends(oldest[subject["kind"]], mine)
        if waiting is not None:
            yield f"record {waiting['id']} belongs to nobody"
    engine.dispose()


def _oldest() -> dict[str, Any]:
    """The rules of each kind, while there is one set of them only."""
    found: dict[str, Any] = {}
    for path in sorted(RULES.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.setdefault(raw["kind"], raw)
    return found


def _ends(rules: Rules, rows: list[Row]) -> Iterator[str]:
    for row in rows:
        item = rules.items[row["item"]]
        end = first_without(rules, item, rules.variant(item, row["level"]), row["effective_from"])
        if end != row["effective_to"]:
            yield f"record {row['id']} ({row['item']}): ends {row['effective_to']}, by hand {end}"


def main() -> int:
    import bot.schema  # noqa: F401
    from credit_core.crypto import Keyring, install_keyring
    from credit_core.database import Database
    from credit_core.scoring.bulk import rescore

    install_keyring(Keyring("independent-check-0123456789-abcdefghijklmnop"))
    database = Database(sys.argv[1])
    wrong = 0
    for day in map(date.fromisoformat, sys.argv[2:]):
        started = time.monotonic()
        done = rescore(database, on=day, at=datetime.now(UTC), complete=True)
        took = time.monotonic() - started
        found = list(differences(database.url, day))
        wrong += len(found)
        print(f"{day}: {done.subjects} subjects, {done.records} records, {took:.1f} s; "
              f"{len(found)} differences", *found[:5], sep="\n  ", flush=True)  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
