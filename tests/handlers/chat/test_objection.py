"""Objections: four steps, photos by content, back and cancel, a case number with its day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.turn import Services
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.evidence.models import Evidence
from credit_core.objections.models import Objection
from credit_core.records.models import Record, RecordState
from tests.bot.talk import Talk
from tests.handlers.chat.people import MINOR, WANG, picture, record, resident

Meet = Callable[..., Talk]

PHOTOS = {
    "red": picture("red"),
    "blue": picture("blue", "PNG"),
    "text": b"this is no picture at all",
    "gif": picture("red", "GIF"),
    "cut": picture("green", size=(600, 400))[:900],
}


@pytest.fixture
def talk(city: Database, meet: Meet) -> Talk:
    subject_id = resident(city, "王秀英", WANG)
    record(city, subject_id, "P-1", date(2026, 9, 1))
    talk = meet(photos=PHOTOS)
    for line in ("绑定", "同意", "本人", "王秀英", WANG):
        talk.say(line)
    return talk


def filed(database: Database) -> list[Objection]:
    with database.read() as session:
        return list(session.scalars(select(Objection)))


def test_an_objection_with_two_photos(city: Database, talk: Talk, tmp_path: Path) -> None:
    numbered = talk.say("我要申诉")
    assert "示医保〔2026〕7号" in numbered
    assert "哪里不对" in talk.say("1")
    assert "照片" in talk.say("那天我在外地住院，卡不在身上")
    assert "第1张" in talk.photo("red")
    assert "第2张" in talk.photo("blue")
    summary = talk.say("好了")
    assert "照片：2张" in summary
    assert "那天我在外地住院" in summary
    done = talk.say("提交")
    case_no = re.search(r"YY\d{8}-\d{4}", done)
    assert case_no
    assert "最迟在2026年" in done
    with city.read() as session:
        found = session.scalar(select(Record))
        assert found is not None
        assert found.state == RecordState.UNDER_OBJECTION
        evidence = session.scalars(select(Evidence)).all()
        assert {row.case_no for row in evidence} == {case_no.group()}
        assert {row.mime for row in evidence} == {"image/jpeg", "image/png"}
    files = [file for file in (tmp_path / "evidence").rglob("*") if file.is_file()]
    assert len(files) == 2
    assert all(PHOTOS["red"][:20] not in file.read_bytes() for file in files)
    assert case_no.group() in talk.say("申诉进度")
    again = talk.say("我要申诉")
    assert "已经在申诉了" in again
    assert case_no.group() in again


@pytest.mark.parametrize("bad", ["text", "gif", "cut"])
def test_a_photo_is_judged_by_its_content(talk: Talk, bad: str) -> None:
    for line in ("我要申诉", "1", "那天我在外地住院，卡不在身上"):
        talk.say(line)
    assert "收到第" not in talk.photo(bad)
    assert "第1张" in talk.photo("red")


def test_the_same_photo_twice_counts_once(talk: Talk) -> None:
    for line in ("我要申诉", "1", "那天我在外地住院，卡不在身上"):
        talk.say(line)
    talk.photo("red")
    assert "已经收到" in talk.photo("red")


def test_back_changes_the_statement_and_a_question_in_between_is_answered(
    city: Database, talk: Talk
) -> None:
    for line in ("我要申诉", "1", "那天我在外地住院，卡不在身上"):
        talk.say(line)
    assert "哪里不对" in talk.say("上一步")
    talk.say("那天我在家，卡被人拿走了")
    answer = talk.say("我的信用分")
    assert "950分" in answer
    assert "接着填" in answer
    summary = talk.say("没有")
    assert "卡被人拿走了" in summary
    assert "已取消" in talk.say("取消")
    assert filed(city) == []


def test_it_survives_a_restart(city: Database, talk: Talk, services: Services) -> None:
    """Another process continues: every message here is served by a new set of turns."""
    talk.say("我要申诉")
    talk.say("1")
    other = Talk(city, talk.clock, services, talk.openid, PHOTOS)
    other.say("那天我在外地住院，卡不在身上")
    other.photo("red")
    assert "照片：1张" in Talk(city, talk.clock, services, talk.openid).say("好了")


def test_the_second_record_after_the_list_of_reasons(
    city: Database, meet: Meet, clock: FixedClock
) -> None:
    subject_id = resident(city, "王秀英", WANG)
    record(city, subject_id, "P-1", date(2026, 9, 1), "示医保〔2026〕7号")
    record(city, subject_id, "P-2", date(2026, 10, 9), "示医保〔2026〕8号")
    talk = meet()
    for line in ("绑定", "同意", "本人", "王秀英", WANG):
        talk.say(line)
    detail = talk.say("为什么扣分")
    second = re.search(r"^2\. .*?(示医保〔2026〕\d号)", detail, flags=re.MULTILINE | re.DOTALL)
    assert second
    assert second.group(1) in talk.say("第二条我要申诉")


def test_nothing_to_object_to(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    for line in ("绑定", "同意", "本人", "王秀英", WANG):
        talk.say(line)
    assert "没有可以申诉的记录" in talk.say("我要申诉")


def test_what_stands_in_the_file_of_a_minor_is_contested_and_repaired_too(
    city: Database, meet: Meet
) -> None:
    subject_id = resident(city, "陈小明", MINOR)
    record(city, subject_id, "P-1", date(2026, 6, 1))
    talk = meet()
    for line in ("绑定", "同意", "本人", "陈小明", MINOR):
        talk.say(line)
    assert "暂不评价" in talk.say("我的信用分")
    assert "示医保〔2026〕7号" in talk.say("我要申诉")
    talk.say("取消")
    assert "示医保〔2026〕7号" in talk.say("怎么修复")
