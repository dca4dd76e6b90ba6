"""Staff load the notice of a new year; faults are told with the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credit_core.datafile import DataFileError
from credit_core.workdays import Due, calendar_for
from credit_core.workdays.notices import enter_notice, notices_in

SOUND = """\
year: 2027
basis: 国办发明电〔2026〕0号（测试）
holidays:
  - 2027-01-01..2027-01-03
  - 2027-02-05..2027-02-11
  - 2027-04-03..2027-04-05
  - 2027-05-01..2027-05-05
  - 2027-06-09
  - 2027-09-15
  - 2027-10-01..2027-10-07
make_up: [2027-02-14, 2027-05-08, 2027-10-09]
"""


def test_an_entered_notice_ends_the_provisional_mark(database, clock):
    with database.begin() as session:
        before = calendar_for(session).add_working_days(date(2027, 2, 4), 1)
        enter_notice(session, SOUND, by="clerk", at=clock.now())
        after = calendar_for(session).add_working_days(date(2027, 2, 4), 1)
    assert before == Due(date(2027, 2, 9), True)
    assert after == Due(date(2027, 2, 12), False)
    with database.read() as session:
        calendar = calendar_for(session)
    assert calendar.is_working_day(date(2027, 2, 14))
    assert calendar.add_working_days(date(2027, 12, 31), 1) == Due(date(2028, 1, 3), True)


def test_a_later_notice_of_the_same_year_replaces_the_earlier(database, clock):
    longer = SOUND.replace("2027-02-05..2027-02-11", "2027-02-05..2027-02-12")
    with database.begin() as session:
        enter_notice(session, SOUND, by="clerk", at=clock.now())
        enter_notice(session, longer, by="clerk", at=clock.now())
        assert calendar_for(session).add_working_days(date(2027, 2, 4), 1).due == date(2027, 2, 14)


@pytest.mark.parametrize(
    ("fault", "line", "said"),
    [
        (SOUND.replace("2027-06-09", "2027-06-31"), 8, "2027-06-31"),
        (SOUND.replace("  - 2027-06-09\n", ""), 1, "法定节假日"),
        (SOUND.replace("[2027-02-14", "[2027-02-15"), 1, "不是周六"),
        (SOUND.replace("[2027-02-14", "[2027-10-02"), 1, "写了两次"),
        (SOUND.replace("2027-09-15", "2028-09-15"), 1, "不属于 2027"),
        (SOUND + "works: []\n", 12, "works"),
        (SOUND + "year: 2027\n", 12, "year"),
        (SOUND.replace("2027-02-05..2027-02-11", "2027-02-11..2027-02-05"), 3, "这一段不对"),
        (SOUND.replace("basis: 国办发明电〔2026〕0号（测试）", "basis: ''"), 2, "basis"),
        ("year: [", 1, ""),
        (SOUND.replace("year: 2027", "year: 2099"), 1, "2045"),
    ],
)
def test_faults_are_told_with_file_and_line(tmp_path: Path, fault, line, said):
    (tmp_path / "2027.yaml").write_text(fault, encoding="utf-8")
    with pytest.raises(DataFileError) as error:
        notices_in(tmp_path)
    assert f"2027.yaml:{line}:" in str(error.value)
    assert said in str(error.value)
