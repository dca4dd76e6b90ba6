"""Where facts come from, which wins, and how values are written."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_core.ids import new_id
from credit_core.lists.models import ListEntry
from credit_core.offers.catalogue import FactError, fact_catalogue
from credit_core.offers.facts import gather, store_fact, typed
from credit_core.offers.models import WalletAccount
from credit_core.offers.service import evaluate_one
from credit_core.offers.wallet import earn
from credit_core.subjects.models import SubjectKind

from .conftest import MONDAY, MORNING, Given, graded


def gathered(session, subject, given=None, on=MONDAY, rated=None):
    return gather(session, subject, on, given, rated=rated or graded("A"))


def test_the_credit_file_speaks(database, person):
    with database.begin() as session:
        subject = person(session, born=date(2008, 11, 23))
        facts = gathered(session, subject)
        assert facts["grade"] == "A"
        assert facts["score"] == 1000
        assert facts["age"] == 18
        assert facts["adult"] is True
        assert facts["identity_verified"] is True
        assert facts["severe_list"] is False
        the_day_before = gathered(session, subject, on=date(2026, 11, 22))
        assert the_day_before["adult"] is False


def test_who_is_not_evaluated_has_no_grade(database, person):
    with database.begin() as session:
        facts = gathered(session, person(session), rated=Given(None, None, evaluated=False))
        assert "grade" not in facts
        assert facts["evaluated"] is False


def test_a_commitment_counts_from_its_day(database, person):
    with database.begin() as session:
        subject = person(session, kind=SubjectKind.EMPLOYER)
        subject.committed_from = MONDAY
        session.flush()
        assert gathered(session, subject)["commitment_signed"] is True
        assert gathered(session, subject, on=date(2026, 11, 22))["commitment_signed"] is False


def test_standing_on_a_list_counts_from_the_first_to_the_last_day(database, person):
    with database.begin() as session:
        subject = person(session)
        session.add(
            ListEntry(
                id=new_id(),
                subject_id=subject.id,
                list="severe",
                rule="r",
                document_no="d",
                decided_on=MONDAY,
                entered_on=MONDAY,
                left_on=date(2026, 12, 1),
                basis="b",
                source_unit="u",
                entered_by="t",
                recorded_at=MORNING,
            )
        )
        session.flush()
        days = [date(2026, 11, 22), MONDAY, date(2026, 11, 30), date(2026, 12, 1)]
        listed = [gathered(session, subject, on=day)["severe_list"] for day in days]
        assert listed == [False, True, True, False]


def test_given_wins_over_stored_and_stored_over_derived(database, person):
    with database.begin() as session:
        subject = person(session)
        session.add(WalletAccount(subject_id=subject.id, wallet="yibi", balance=7))
        session.flush()
        assert gathered(session, subject)["yibi"] == 7
        store_fact(
            session, subject, "益币", "8", source="志愿汇", valid_from=MONDAY, by="测试", at=MORNING
        )
        assert gathered(session, subject)["yibi"] == 8
        assert gathered(session, subject, typed({"yibi": "9"}))["yibi"] == 9


def test_an_external_score_past_its_day_is_unknown_and_a_newer_one_replaces(database, person):
    with database.begin() as session:
        subject = person(session)

        def say(value, since, until):
            store_fact(
                session,
                subject,
                "芝麻信用",
                value,
                source="合作方",
                valid_from=since,
                valid_to=until,
                by="测试",
                at=MORNING,
            )

        say("600", date(2026, 1, 1), date(2026, 11, 22))
        assert "zhima_score" not in gathered(session, subject)
        assert gathered(session, subject, on=date(2026, 11, 22))["zhima_score"] == 600
        say("540", date(2026, 11, 1), date(2026, 12, 31))
        assert gathered(session, subject)["zhima_score"] == 540


def test_a_malformed_stored_fact_is_refused(database, person):
    with database.begin() as session, pytest.raises(FactError):
        store_fact(
            session,
            person(session),
            "星级",
            "六",
            source="s",
            valid_from=MONDAY,
            by="t",
            at=MORNING,
        )


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (("芝麻信用", " 550 "), "zhima_score", Decimal(550)),
        (("ZHIMA", "５５０"), "zhima_score", Decimal(550)),
        (("zhima-score", "550.5"), "zhima_score", Decimal("550.5")),
        (("等级", "aaa"), "grade", "AAA"),
        (("退役军人", "是"), "veteran", True),
        (("veteran", "No"), "veteran", False),
        (("信用村评定日期", "2024-02-29"), "village_rated_on", date(2024, 2, 29)),
        (("金额", "100.00"), "amount", Decimal(100)),
        (("zhimaScore", "550"), "zhima_score", Decimal(550)),
        (("Sesame credit", "550"), "zhima_score", Decimal(550)),
        (("评定日期", "2020年2月10日"), "village_rated_on", date(2020, 2, 10)),
        (("称号", "township"), "civic_title", "乡镇级"),
        (("合作城市", "苏州"), "partner_city", "江苏"),
        (("村称号", "省级文明村"), "village_title", "浙江省文明村"),
    ],
)
def test_how_a_value_may_be_written(written, name, value):
    assert typed(dict([written])) == {name: value}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("zhimma_score", "550", "您要填的可能是zhima_score"),
        ("完全没有的东西", "1", "没有“完全没有的东西”"),
        ("zhima_score", "很高", "不是数字"),
        ("zhima_score", "nan", "不是数字"),
        ("zhima_score", "1E+99999", "不是数字"),
        ("amount", "1_000", "不是数字"),
        ("amount", "10万", "请只写数字，如100000"),
        ("amount", "100元", "不是数字"),
        ("amount", "1,000", "不是数字"),
        ("amount", "0x10", "不是数字"),
        ("zhima_score", "٥٥٠", "不是数字"),
        ("village_rated_on", "2020-02", "不是有效日期"),
        ("village_rated_on", "20200210", "不是有效日期"),
        ("zhima_score", "-1", "不能小于0"),
        ("zhima_score", "", "不是数字"),
        ("amount", "100.001", "两位小数"),
        ("stars", "3.5", "应为整数"),
        ("stars", "6", "不能大于5"),
        ("grade", "AAAA", "请从"),
        ("veteran", "也许", "应为yes或no"),
        ("village_rated_on", "2026-02-30", "不是有效日期"),
    ],
)
def test_a_wrong_name_or_value_is_one_clear_line(name, value, says):
    with pytest.raises(FactError) as caught:
        typed({name: value})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_general_fact_stands_in_for_a_particular_one():
    catalogue = fact_catalogue()
    facts = typed({"外部信用分": "560", "金额": "99"})
    assert catalogue.value(facts, "zhima_score") == 560
    assert catalogue.value(facts, "self_paid") == 99
    assert catalogue.value({**facts, **typed({"芝麻信用": "540"})}, "zhima_score") == 540


def test_a_wallet_of_a_past_day_holds_what_it_held_then(database, person):
    with database.begin() as session:
        subject = person(session)
        for source, day in (("a", date(2026, 11, 20)), ("b", MONDAY)):
            earn(
                session,
                subject.id,
                "yibi",
                "volunteer",
                Decimal(5),
                source_id=source,
                on=day,
                now=MORNING,
            )
        assert gathered(session, subject)["yibi"] == 10
        assert gathered(session, subject, on=date(2026, 11, 22))["yibi"] == 5
        assert gathered(session, subject, on=date(2026, 11, 19))["yibi"] == 0


def test_indicators_add_up_to_points_within_their_caps(database, person):
    with database.begin() as session:
        subject = person(session)
        for hours, points in (("29", 29), ("30", 30), ("31", 30)):
            facts = gathered(session, subject, typed({"志愿时长": hours}))
            assert facts["service_points"] == points
        facts = gathered(session, subject, typed({"学历": "本科", "登记居住": "6", "违法": "1"}))
        assert facts["school_points"] == 20 + 15 - 20
        stated = gathered(session, subject, typed({"学历": "本科", "积分": "70"}))
        assert stated["school_points"] == 70
        assert "school_points" not in gathered(session, subject)


def test_a_stated_score_brings_its_own_grade(database, person):
    with database.begin() as session:
        subject = person(session)
        for score, opened in (("1049", False), ("1050", True)):
            state = evaluate_one(session, subject, "drug-discount", MONDAY, typed({"score": score}))
            assert state.open is opened


def test_one_fact_under_two_names_is_refused():
    with pytest.raises(FactError, match="两次"):
        typed({"芝麻信用": "550", "zhima_score": "551"})


@given(st.text(), st.text())
def test_no_text_breaks_the_parser(name, value):
    for written in ({name: value}, {"amount": value}, {"grade": value}, {"stars": value}):
        with contextlib.suppress(FactError):
            assert len(fact_catalogue().parse(written)) == 1
