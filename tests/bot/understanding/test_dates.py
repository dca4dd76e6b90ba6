"""Days and periods that people name, read on Sunday 22 November 2026."""

from __future__ import annotations

from datetime import date

import pytest

from bot.understanding import dates

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("今天", "2026-11-22", "2026-11-22"),
        ("前天", "2026-11-20", "2026-11-20"),
        ("上周三", "2026-11-11", "2026-11-11"),
        ("上个月", "2026-10-01", "2026-10-31"),
        ("上个月5号", "2026-10-05", "2026-10-05"),
        ("去年", "2025-01-01", "2025-12-31"),
        ("去年底", "2025-10-01", "2025-12-31"),
        ("六月底的时候", "2026-06-01", "2026-06-30"),
        ("去年三月", "2025-03-01", "2025-03-31"),
        ("前年下半年", "2024-07-01", "2024-12-31"),
        ("上季度", "2026-07-01", "2026-09-30"),
        ("最近半年", "2026-05-22", "2026-11-22"),
        ("近三年", "2023-11-22", "2026-11-22"),
        ("三天前", "2026-11-19", "2026-11-19"),
        ("3月5号", "2026-03-05", "2026-03-05"),
        ("十二月五号", "2025-12-05", "2025-12-05"),
        ("明年这个时候", "2027-11-22", "2027-11-22"),
        ("去年今天", "2025-11-22", "2025-11-22"),
        ("后年三月", "2028-03-01", "2028-03-31"),
        ("再过半年", "2027-05-22", "2027-05-22"),
        ("三个月后", "2027-02-22", "2027-02-22"),
        ("两周以后", "2026-12-06", "2026-12-06"),
        ("2025年", "2025-01-01", "2025-12-31"),
        ("2025年一季度", "2025-01-01", "2025-03-31"),
        ("二零二五年三月", "2025-03-01", "2025-03-31"),
        ("2025-03-05", "2025-03-05", "2025-03-05"),
        ("从去年1月到现在", "2025-01-01", "2026-11-22"),
        ("2025年3月到2025年6月", "2025-03-01", "2025-06-30"),
    ],
)
def test_a_period_is_read(words: str, first: str, last: str) -> None:
    (named,) = dates.find(f"看{words}的分", TODAY)
    assert named.period == (date.fromisoformat(first), date.fromisoformat(last))


def test_without_today_only_absolute_periods_become_days() -> None:
    (relative,) = dates.find("上个月的分", None)
    (absolute,) = dates.find("2025年的分", None)
    assert relative.period is None
    assert relative.words == "上个月"
    assert absolute.period == (date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize("words", ["2月30号", "第二条", "威医保罚〔2026〕12号", "一百块"])
def test_what_is_no_day_gives_none(words: str) -> None:
    assert [one.period for one in dates.find(words, TODAY) if one.period] == []


@pytest.mark.parametrize("words", ["我的分到底有没有变", "到底咋回事", "查到底"])
def test_the_end_of_a_word_is_no_day(words: str) -> None:
    assert dates.find(words, TODAY) == []
