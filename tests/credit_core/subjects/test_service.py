"""The register: one file per subject, found by number and name, through renaming and merging."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.access.service import look, looks_at
from credit_core.errors import Refusal
from credit_core.lists.service import enter_list, entries_of
from credit_core.measures.models import Measure
from credit_core.measures.service import measures_of
from credit_core.records.service import records_of
from credit_core.reports.service import issue_report, reports_of
from credit_core.scoring import score
from credit_core.seeding.service import identifier_of
from credit_core.subjects.service import (
    age,
    duplicates,
    end_relation,
    find_by_name,
    find_subject,
    merge,
    register_subject,
    relate,
    related,
    rename,
)
from tests.credit_core.scoring.people import AT, TODAY, give, someone


def test_a_subject_is_found_by_its_identifier_however_written(database):
    with database.begin() as session:
        subject = someone(session)
        number = identifier_of("resident", 0, 3)
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
        assert find_subject(session, "resident", wide) is subject
        assert find_subject(session, "resident", identifier_of("resident", 9, 3)) is None


def test_nothing_private_stands_open_in_the_table(sqlite_database, tmp_path):
    with sqlite_database.begin() as session:
        subject = someone(session)
        number, name = subject.identifier, subject.name
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("test.sqlite3*"))
    assert number.encode() not in stored
    assert name.encode() not in stored


def test_the_same_code_may_be_an_institution_and_an_employer(sqlite_database):
    with sqlite_database.begin() as session:
        code = identifier_of("institution", 0, 3)
        first = register_subject(session, "institution", code, "甲医院", on=TODAY)
        second = register_subject(session, "employer", code, "甲医院", on=TODAY)
        assert first.id != second.id
        with pytest.raises(Refusal, match=r"subject\.taken"):
            register_subject(session, "employer", code, "甲医院", on=TODAY)


def test_renaming_keeps_the_file_and_the_old_name_still_finds_it(database):
    with database.begin() as session:
        subject = someone(session, "institution")
        old = subject.name
        rename(session, subject, "新名医院（总院）", on=TODAY)
        assert subject.name == "新名医院（总院）"
        assert find_by_name(session, old) == [subject]
        assert find_by_name(session, "新名医院(总院)", "institution") == [subject]


def test_merging_keeps_both_histories(database):
    with database.begin() as session:
        kept, duplicate = someone(session, number=0), someone(session, number=1)
        give(session, kept, "P-2", date(2026, 6, 1))
        give(session, duplicate, "P-3", date(2026, 7, 1))
        old_name, old_number = duplicate.name, duplicate.identifier
        merge(session, duplicate, kept, at=AT, by="clerk", reason="同一人两个号码")
        assert {record.item for record in records_of(session, kept)} == {"P-2", "P-3"}
        assert find_subject(session, "resident", old_number) is kept
        assert kept in find_by_name(session, old_name)
        assert kept.score == 850
        assert score(session, duplicate, TODAY).reason == "merged"
        with pytest.raises(Refusal, match="merged_already"):
            merge(session, duplicate, kept, at=AT, by="clerk", reason="")


def listed(session, subject, number, on):
    return enter_list(
        session,
        subject,
        "severe-fraud",
        document_no=f"罚〔2026〕{number}号",
        decided_on=on,
        entered_on=on,
        basis="735-40",
        source_unit="测试医保局",
        by="clerk",
        at=AT,
    )


def test_nobody_leaves_a_list_or_a_measure_behind_by_being_merged(database):
    with database.begin() as session:
        kept, duplicate = someone(session, number=0), someone(session, number=1)
        listed(session, kept, 1, date(2026, 6, 1))
        twin = listed(session, duplicate, 1, date(2026, 7, 1))
        other = listed(session, duplicate, 2, date(2026, 7, 1))
        measure = Measure(
            catalogue_id="ban-5y", state="active", subject_id=duplicate.id, document_no="禁1",
            matter="m", body="b", means="m", basis="b", starts_on=date(2026, 7, 1),
            ends_on=date(2031, 7, 2), drafted_by="a", drafted_at=AT,
        )  # fmt: skip
        session.add(measure)
        look(
            session, actor="clerk", actor_name="测试", subject_id=duplicate.id,
            purpose="inspection", matter="核查", content="档案", ip="", at=AT,
        )  # fmt: skip
        session.flush()
        merge(session, duplicate, kept, at=AT, by="clerk", reason="同一人两个号码")
        open_entries = [one for one in entries_of(session, kept.id) if one.left_on is None]
        assert [one.document_no for one in open_entries] == [other.document_no, "罚〔2026〕1号"]
        assert twin.left_on is not None
        assert measures_of(session, kept.id) == [measure]
        assert kept.grade == "D"
        assert len(looks_at(session, kept.id)) == 1


def test_only_subjects_of_one_kind_are_merged(sqlite_database):
    with sqlite_database.begin() as session:
        person, firm = someone(session), someone(session, "employer")
        with pytest.raises(Refusal, match="merge_kind"):
            merge(session, person, firm, at=AT, by="clerk", reason="")
        with pytest.raises(Refusal, match="merge_self"):
            merge(session, person, person, at=AT, by="clerk", reason="")


def test_same_name_under_two_numbers_is_shown_as_a_possible_duplicate(sqlite_database):
    with sqlite_database.begin() as session:
        first = someone(session, "institution", 0)
        second = register_subject(
            session, "institution", identifier_of("institution", 1, 3), first.name, on=TODAY
        )
        someone(session, "institution", 2)
        assert duplicates(session) == [[first, second]]


def test_relations_have_dates(sqlite_database):
    with sqlite_database.begin() as session:
        doctor, hospital = someone(session, "practitioner"), someone(session, "institution")
        edge = relate(session, "works_at", doctor, hospital, since=date(2025, 1, 1), at=AT)
        for kind, one, other in (
            ("works_at", hospital, doctor), ("insured_by", doctor, hospital),
            ("friend_of", doctor, hospital),
        ):  # fmt: skip
            with pytest.raises(Refusal, match="relation_sides"):
                relate(session, kind, one, other, since=date(2025, 1, 1), at=AT)
        with pytest.raises(Refusal, match="relation_open"):
            relate(session, "works_at", doctor, hospital, since=TODAY, at=AT)
        end_relation(session, edge, until=date(2026, 1, 1))
        assert related(session, hospital, date(2025, 12, 31)) == [(edge, doctor)]
        assert related(session, hospital, date(2026, 1, 1)) == []


def test_a_resident_is_evaluated_from_the_eighteenth_birthday(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        assert age(subject, subject.evaluable_from) == 18


def test_a_file_joined_twice_keeps_its_looks_and_reports(database):
    with database.begin() as session:
        first, second, last = (someone(session, number=number) for number in range(3))
        look(
            session, actor="a", actor_name="甲", subject_id=first.id, purpose="inspection",
            matter="日常检查", content="信用档案", ip="127.0.0.1", at=AT,
        )  # fmt: skip
        issue_report(session, first, on=TODAY, now=AT, purpose="投标")
        merge(session, first, second, at=AT, by="clerk", reason="同一人")
        merge(session, second, last, at=AT, by="clerk", reason="同一人")
        assert [row.matter for row in looks_at(session, last.id)] == ["日常检查"]
        assert len(reports_of(session, last, TODAY)) == 1
        assert find_subject(session, "resident", first.identifier) is last
