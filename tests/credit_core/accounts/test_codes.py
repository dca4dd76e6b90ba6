from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.accounts import codes
from credit_core.accounts.models import BindingCode, Follower
from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Subject, SubjectKind


def institution(session, name):
    row = Subject(
        kind=SubjectKind.INSTITUTION,
        identifier_index=name.encode(),
        name_index=b"n",
        registered_on=date(2024, 1, 1),
    )
    row.identifier = row.name = name
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def shop(database):
    with database.begin() as session:
        return institution(session, "one")


@pytest.fixture
def clerk(database):
    with database.begin() as session:
        follower = Follower(openid="clerk")
        session.add(follower)
        session.flush()
        return follower.id


def issue(database, clock, subject_id):
    with database.begin() as session:
        return codes.issue_code(session, subject_id, "staff:wang", clock.now())


def redeem(database, clock, subject_id, typed, follower_id):
    """As a caller does: the count of wrong tries is kept although the code is refused."""
    with database.begin() as session:
        try:
            codes.redeem_code(session, subject_id, typed, follower_id, clock.now())
        except Refusal as refusal:
            return refusal.code
    return "bound"


def test_a_code_works_once_for_its_institution(database, clock, shop, clerk):
    issued = issue(database, clock, shop)
    assert redeem(database, clock, shop, issued.code, clerk) == "bound"
    assert redeem(database, clock, shop, issued.code, clerk) == "code.used"
    with database.read() as session:
        assert session.get_one(BindingCode, issued.row.id).used_by_id == clerk


def test_a_code_is_good_for_nobody_else(database, clock, shop, clerk):
    with database.begin() as session:
        other = institution(session, "two")
    issued = issue(database, clock, shop)
    assert redeem(database, clock, other, issued.code, clerk) == "code.wrong"


@pytest.mark.parametrize("form", ["{} {}", "{}-{}", "　{}{} ", "{}—{}"])
def test_it_may_be_typed_as_people_type(database, clock, shop, clerk, form):
    issued = issue(database, clock, shop)
    typed = form.format(issued.code[:4], issued.code[4:])
    wide = typed.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert codes.is_code(wide)
    assert redeem(database, clock, shop, wide, clerk) == "bound"


def test_it_holds_seven_days_and_no_longer(database, clock, shop, clerk):
    issued = issue(database, clock, shop)
    clock.current += timedelta(days=7) - timedelta(seconds=1)
    with database.read() as session:
        row = session.get_one(BindingCode, issued.row.id)
        assert codes.state_of(row, clock.now()) is codes.CodeState.OPEN
    clock.current += timedelta(seconds=1)
    assert redeem(database, clock, shop, issued.code, clerk) == "code.expired"


def test_staff_revoke_it_and_a_new_one_replaces_the_old(database, clock, shop, clerk):
    first, second = issue(database, clock, shop), issue(database, clock, shop)
    assert redeem(database, clock, shop, first.code, clerk) == "code.revoked"
    with database.begin() as session:
        codes.revoke_code(session, second.row.id, "staff:wang", clock.now())
    assert redeem(database, clock, shop, second.code, clerk) == "code.revoked"
    with database.begin() as session, pytest.raises(Refusal, match=r"code\.not_open"):
        codes.revoke_code(session, second.row.id, "staff:wang", clock.now())
    with database.begin() as session, pytest.raises(NotFoundError):
        codes.revoke_code(session, 1, "staff:wang", clock.now())


def test_guessing_is_locked_after_five_tries(database, clock, shop, clerk):
    issued = issue(database, clock, shop)
    wrong = "00000000" if issued.code != "00000000" else "11111111"
    said = [redeem(database, clock, shop, wrong, clerk) for _ in range(6)]
    assert said == ["code.wrong"] * 5 + ["tries.locked"]
    assert redeem(database, clock, shop, issued.code, clerk) == "tries.locked"
    clock.current += timedelta(minutes=1)
    assert redeem(database, clock, shop, issued.code, clerk) == "bound"


def test_the_code_itself_is_not_in_the_database(database, clock, shop):
    issued = issue(database, clock, shop)
    with database.read() as session:
        row = session.get_one(BindingCode, issued.row.id)
        values = [str(getattr(row, column.key)) for column in BindingCode.__table__.columns]
    assert not any(issued.code in value for value in values)
    assert issued.spoken.replace(" ", "") == issued.code
    assert len(issued.code) == codes.DIGITS
