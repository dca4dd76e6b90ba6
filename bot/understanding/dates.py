"""Days and periods named in a message.

A period is inclusive on both ends. What is told relative to today (上个月) becomes days only when
today is given; otherwise its wording is kept.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.understanding.numbers import NUMBER, whole

Period = tuple[date, date]
_YEARS = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "上年": -1,
    "上一年": -1,
    "今年": 0,
    "本年": 0,
    "明年": 1,
    "大后年": 3,
    "后年": 2,
}
_MONTHS = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1}
_DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "后天": 2,
}
_WEEKDAYS = {one: at for at, one in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_YEAR_WORD = "|".join(_YEARS)
_DAY_WORD = "|".join(_DAYS)
_PART = r"(?P<part>上半年|下半年|年初|初|年底|底|末|年末|年中|第?[一二三四1234]季度)"
_PART_ALONE = r"(?P<part>上半年|下半年|年初|年底|年末|年中|第?[一二三四1234]季度)"
"""Without a year before it; 底 alone may be that of 到底 or of a month."""


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """Where the words stand, and the days that they mean (None: relative and today unknown)."""

    start: int
    end: int
    words: str
    period: Period | None


def find(text: str, today: date | None) -> list[NamedPeriod]:
    """All periods of a normalised message in reading order; «从…到…» is joined into one."""
    found: list[NamedPeriod] = []
    for pattern, mean in _READINGS:
        for match in pattern.finditer(text):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            try:
                period = mean(match, today)
            except (ValueError, OverflowError):
                continue
            found.append(NamedPeriod(match.start(), match.end(), match[0], period))
    found.sort(key=lambda one: one.start)
    return _joined(text, found, today)


def _joined(text: str, found: list[NamedPeriod], today: date | None) -> list[NamedPeriod]:
    joined: list[NamedPeriod] = []
    for one in found:
        before = joined[-1] if joined else None
        if before and re.fullmatch(r"\s*(?:到|至|-|~|—)\s*", text[before.end : one.start]):
            period = None
            if before.period and one.period and before.period[0] <= one.period[1]:
                period = (before.period[0], one.period[1])
            joined[-1] = NamedPeriod(before.start, one.end, text[before.start : one.end], period)
        else:
            joined.append(one)
    for at, one in enumerate(joined):
        until_now = re.match(r"\s*(?:到|至)(?:现在|今|目前|今天|如今)|\s*以来", text[one.end :])
        if until_now:
            end = one.end + until_now.end()
            period = (one.period[0], today) if one.period and today else None
            joined[at] = NamedPeriod(one.start, end, text[one.start : end], period)
    return joined


def _month(year: int, month: int) -> Period:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _year(year: int) -> Period:
    return date(year, 1, 1), date(year, 12, 31)


def _shifted(today: date, months: int) -> tuple[int, int]:
    at = today.year * 12 + today.month - 1 + months
    return at // 12, at % 12 + 1


def _back(today: date, months: int) -> date:
    year, month = _shifted(today, -months)
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _part_of_year(year: int, part: str) -> Period:
    quarter = re.search(r"[一二三四1234]", part)
    if quarter and "季度" in part:
        first = 3 * ((whole(quarter[0]) or 1) - 1) + 1
        return date(year, first, 1), _month(year, first + 2)[1]
    months = {"上半年": (1, 6), "下半年": (7, 12), "中": (5, 8), "初": (1, 3)}
    key = part if part in months else part.replace("年", "").replace("末", "底")
    first, last = months.get(key, (10, 12))
    return date(year, first, 1), _month(year, last)[1]


def _number(match: re.Match[str], name: str) -> int:
    value = whole(match[name])
    if value is None:
        raise ValueError(match[name])
    return value


def _full_year(value: int) -> int:
    return value + 2000 if value < 100 else value


def _day(match: re.Match[str], today: date | None) -> Period:
    del today
    day = date(_full_year(_number(match, "y")), _number(match, "m"), _number(match, "d"))
    return day, day


def _year_month(match: re.Match[str], today: date | None) -> Period:
    del today
    return _month(_full_year(_number(match, "y")), _number(match, "m"))


def _whole_year(match: re.Match[str], today: date | None) -> Period:
    del today
    year = _full_year(_number(match, "y"))
    if not 1990 <= year <= 2100:
        raise ValueError(match[0])
    part = match["part"]
    return _part_of_year(year, part) if part else _year(year)


def _word_year(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    year = today.year + _YEARS[match["word"]]
    if match["same"]:
        day = _back(today, 12 * (today.year - year))
        return day, day
    if match["m"]:
        month = _number(match, "m")
        if match["d"]:
            day = date(year, month, _number(match, "d"))
            return day, day
        return _month(year, month)
    if match["part"]:
        return _part_of_year(year, match["part"])
    return _year(year)


def _bare_part(match: re.Match[str], today: date | None) -> Period | None:
    return None if today is None else _part_of_year(today.year, match["part"])


def _word_month(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    year, month = _shifted(today, _MONTHS[match["word"]])
    first, last = _month(year, month)
    if match["d"]:
        day = date(year, month, _number(match, "d"))
        return day, day
    if match["edge"]:
        return (
            (first, first + timedelta(9)) if match["edge"] == "初" else (last - timedelta(9), last)
        )
    return first, last


def _quarter(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    at = today.year * 4 + (today.month - 1) // 3 + _MONTHS[match["word"]]
    return _part_of_year(at // 4, f"{at % 4 + 1}季度")


def _week(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    monday = today - timedelta(today.weekday()) + timedelta(7 * _MONTHS[match["word"]])
    if match["weekday"]:
        day = monday + timedelta(_WEEKDAYS[match["weekday"]])
        return day, day
    return monday, monday + timedelta(6)


def _word_day(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    day = today + timedelta(_DAYS[match["word"]])
    return day, day


def _recent(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    count, unit = match["n"], match["unit"]
    number = 1 if not count else whole(count) or 1
    half = bool(match["half"])
    if unit in {"天", "日"}:
        return today - timedelta(number), today
    if unit in {"周", "星期", "礼拜"}:
        return today - timedelta(7 * number), today
    if unit == "季度":
        return _back(today, 3 * number), today
    if unit == "月":
        return (today - timedelta(15) if half else _back(today, number)), today
    return _back(today, 6 if half else 12 * number), today


def _ago(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    day = (_recent(match, today) or (today, today))[0]
    return day, day


def _ahead(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    count, unit = whole(match["n"] or "") or 1, match["unit"]
    days = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
    if unit in days:
        day = today + timedelta(days[unit] * count)
    elif match["half"]:
        day = today + timedelta(15) if unit == "月" else _back(today, -6)
    else:
        day = _back(today, -count * {"月": 1, "季度": 3, "年": 12}[unit])
    return day, day


def _this_years(match: re.Match[str], today: date | None) -> Period | None:
    """A month or day without a year is the last one that has come."""
    if today is None:
        return None
    month = _number(match, "m")
    for year in (today.year, today.year - 1):
        if match["d"]:
            day = date(year, month, _number(match, "d"))
            period = (day, day)
        else:
            period = _month(year, month)
        if period[0] <= today:
            return period
    return None


def _of_this_month(match: re.Match[str], today: date | None) -> Period | None:
    if today is None:
        return None
    for back in (0, -1):
        day = date(*_shifted(today, back), _number(match, "d"))
        if day <= today:
            return day, day
    return None


_AMOUNT = rf"(?P<half>半)?(?P<n>{NUMBER})?(?:个)?(?P<unit>年|月|天|日|周|星期|礼拜|季度)"
_SHORT_YEAR = (
    r"(?:19|20)?\d\d|[一二][零九〇][零〇一二三四五六七八九]{2}|[一二][零〇一二三四五六七八九]"
)
_SAME = r"(?P<same>这(?:个)?(?:时候|时间|时)|这会儿?|这天|这一天|今天|今日|现在|此时|同一天)"
_WORD_YEAR_REST = rf"(?:{_SAME}|(?P<m>{NUMBER})月份?(?:(?P<d>{NUMBER})[日号])?|{_PART})?"
_WORD_MONTH_REST = rf"(?:(?P<d>{NUMBER})[日号]|(?P<edge>初|底|末))?"
_Meaning = Callable[[re.Match[str], date | None], Period | None]
# Whole dates come before their parts: what an earlier reading takes, a later one leaves alone.
_WRITTEN: tuple[tuple[str, _Meaning], ...] = (
    (r"(?<!\d)(?P<y>(?:19|20)\d\d)[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?!\d)", _day),
    (rf"(?P<y>{NUMBER})年(?P<m>{NUMBER})月份?(?P<d>{NUMBER})[日号]?", _day),
    (rf"(?P<y>{NUMBER})年(?P<m>{NUMBER})月份?", _year_month),
    (rf"(?P<y>{_SHORT_YEAR})年度?{_PART}?", _whole_year),
    (rf"(?P<word>{_YEAR_WORD})(?:的|度)?{_WORD_YEAR_REST}", _word_year),
    (rf"(?<!\d)(?P<m>{NUMBER})月份?(?P<d>{NUMBER})[日号]?", _this_years),
    (rf"(?<![\d个几])(?P<d>)(?P<m>{NUMBER})月(?:份?[底末]|份|(?=[的初]|$|[，。,. ]))", _this_years),
    (rf"(?P<word>上上|上|这|本|当|下)个?月(?:份)?{_WORD_MONTH_REST}", _word_month),
    (r"(?P<word>上|这|本|下)(?:一)?个?季度", _quarter),
    (r"(?P<word>上上|上|这|本|下)个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])?", _week),
    (rf"(?P<word>{_DAY_WORD})", _word_day),
    (rf"{_AMOUNT}(?:之前|以前|前)", _ago),
    (rf"(?:(?<![超不通])过|再等)?{_AMOUNT}(?:之后|以后|过后|后)(?!年)", _ahead),
    (rf"(?:再过|(?<![超不通])过|再等){_AMOUNT}", _ahead),
    (rf"(?:最近|近|过去|这|前)(?:的)?(?:这)?{_AMOUNT}", _recent),
    (rf"(?<![上下个]){_PART_ALONE}", _bare_part),
    (
        rf"(?<![\d第月年〕)\]零一二三四五六七八九十])(?P<d>{NUMBER})号(?![记文令院楼窗])",
        _of_this_month,
    ),
)
_READINGS = tuple((re.compile(pattern), mean) for pattern, mean in _WRITTEN)
