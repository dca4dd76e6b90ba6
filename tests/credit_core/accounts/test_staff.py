from __future__ import annotations

import time
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from credit_core.accounts import staff
from credit_core.accounts.models import StaffMember, StaffRole, StaffSession, TryCounter
from credit_core.accounts.sessions import find_session, open_session, touch_session
from credit_core.errors import Refusal

PASSWORD = "correct-horse-1"


@pytest.fixture
def member(database, clock):
    with database.begin() as session:
        return staff.create_member(
            session, "Wang.Li", PASSWORD, name="王丽", roles={StaffRole.CLERK}, now=clock.now()
        ).id


def sign_in(database, clock, login, password, totp=""):
    with database.begin() as session:
        attempt = staff.start_attempt(session, login, clock.now())
    if not attempt.password_fits(password):
        raise Refusal("staff.sign_in_wrong")
    with database.begin() as session:
        return staff.finish_attempt(session, attempt, totp, clock.now())


def refused(code, call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    assert caught.value.code == code
    return caught.value


def test_a_login_is_found_however_it_is_typed_and_only_once(database, clock, member):
    assert sign_in(database, clock, " ＷＡＮＧ.li ", PASSWORD) == member
    with database.begin() as session:
        refused(
            "staff.login_taken",
            lambda: staff.create_member(
                session, "wang.LI", PASSWORD, name="二", roles={StaffRole.ADMIN}, now=clock.now()
            ),
        )


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", ""])
def test_weak_passwords_are_refused(password):
    refused("staff.password_weak", staff.hash_password, password)


def test_the_password_is_stored_as_argon2_and_never_readable(database, member):
    with database.read() as session:
        stored = session.get_one(StaffMember, member).password_hash
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_guessing_passwords_is_slow_and_takes_much_memory(careful_hasher):
    """RFC 9106, second recommended option: three passes over 64 MiB."""
    assert careful_hasher.time_cost >= 3
    assert careful_hasher.memory_cost >= 64 * 1024


def test_an_unknown_login_costs_as_much_as_a_wrong_password(database, clock, member, monkeypatch):
    # Argon2 with one lane works in this thread, so its time can be read.
    slow = PasswordHasher(time_cost=12, memory_cost=8192, parallelism=1)
    monkeypatch.setattr(staff, "_hasher", slow)
    with database.begin() as session:
        staff.set_password(session, session.get_one(StaffMember, member), PASSWORD)

    def cost(login):
        with database.begin() as session:
            attempt = staff.start_attempt(session, login, clock.now())
        began = time.thread_time()
        assert not attempt.password_fits("wrong-password")
        return time.thread_time() - began

    known, unknown = (min(cost(login) for _ in range(3)) for login in ("wang.li", "nobody"))
    assert 0.5 < unknown / known < 2


def test_unknown_disabled_and_wrong_are_told_alike(database, clock, member):
    refused("staff.sign_in_wrong", sign_in, database, clock, "nobody", PASSWORD)
    refused("staff.sign_in_wrong", sign_in, database, clock, "wang.li", "wrong-password")
    with database.begin() as session:
        staff.set_active(session, session.get_one(StaffMember, member), active=False)
    refused("staff.sign_in_wrong", sign_in, database, clock, "wang.li", PASSWORD)


def test_five_wrong_tries_lock_for_windows_that_grow(database, clock, member):
    waits = []
    for _ in range(20):
        for _ in range(5 if not waits else 1):
            refused("staff.sign_in_wrong", sign_in, database, clock, "wang.li", "wrong-password")
        locked = refused("tries.locked", sign_in, database, clock, "wang.li", PASSWORD)
        waits.append(locked.fields["minutes"])
        clock.current += timedelta(minutes=locked.fields["minutes"])
    assert waits[:6] == [1] * 5 + [15]
    assert waits == sorted(waits)
    assert waits[-1] == 12 * 60


def test_the_right_password_forgives_the_wrong_tries(database, clock, member):
    for _ in range(4):
        refused("staff.sign_in_wrong", sign_in, database, clock, "wang.li", "wrong-password")
    sign_in(database, clock, "wang.li", PASSWORD)
    with database.read() as session:
        assert session.get(TryCounter, "staff:wang.li") is None


@pytest.fixture
def secret(database, clock, member):
    made = staff.new_totp_secret()
    with database.begin() as session:
        one = session.get_one(StaffMember, member)
        code = pyotp.TOTP(made).at(clock.now())
        staff.enable_totp(session, one, made, code, clock.now())
    clock.current += timedelta(minutes=2)
    return made


def test_with_a_second_factor_the_password_alone_is_not_enough(database, clock, secret):
    refused("staff.totp_needed", sign_in, database, clock, "wang.li", PASSWORD)
    refused("staff.totp_wrong", sign_in, database, clock, "wang.li", PASSWORD, "000000")


@pytest.mark.parametrize(("drift", "fits"), [(-60, False), (-30, True), (0, True), (30, True)])
def test_a_code_holds_one_step_around_now(database, clock, secret, drift, fits):
    code = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=drift))
    if fits:
        assert sign_in(database, clock, "wang.li", PASSWORD, code)
    else:
        refused("staff.totp_wrong", sign_in, database, clock, "wang.li", PASSWORD, code)


def test_a_used_code_is_remembered(database, clock, secret):
    code = pyotp.TOTP(secret).at(clock.now())
    sign_in(database, clock, "wang.li", PASSWORD, code)
    refused("staff.totp_wrong", sign_in, database, clock, "wang.li", PASSWORD, code)


def test_codes_cannot_be_guessed_behind_empty_ones(database, clock, secret):
    """Whoever knows the password must not reset the lock by leaving the code out."""
    for _ in range(2):
        refused("staff.totp_wrong", sign_in, database, clock, "wang.li", PASSWORD, "000000")
        refused("staff.totp_needed", sign_in, database, clock, "wang.li", PASSWORD)
    refused("staff.totp_wrong", sign_in, database, clock, "wang.li", PASSWORD, "000000")
    refused("tries.locked", sign_in, database, clock, "wang.li", PASSWORD, "000000")


def test_the_totp_secret_is_sealed(database, secret, member):
    with database.read() as session:
        row = session.get_one(StaffMember, member)
        assert secret.encode() not in row.totp_sealed
        assert row.totp == secret


def test_a_new_password_ends_every_session(database, clock, member):
    with database.begin() as session:
        token = open_session(session, member, clock.now())
        staff.set_password(session, session.get_one(StaffMember, member), "another-horse-2")
    with database.read() as session:
        assert find_session(session, token, clock.now()) is None


def test_a_session_ends_when_idle_and_after_twelve_hours(database, clock, member):
    with database.begin() as session:
        token = open_session(session, member, clock.now())
        idle = open_session(session, member, clock.now())
    start = clock.now()
    for step in range(1, 36):
        clock.current = start + timedelta(minutes=20 * step)
        with database.begin() as session:
            assert find_session(session, token, clock.now()) is not None
            touch_session(session, token, clock.now())
            assert (find_session(session, idle, clock.now()) is not None) == (step == 1)
    clock.current = start + timedelta(hours=12)
    with database.read() as session:
        assert find_session(session, token, clock.now()) is None


def test_the_token_itself_is_not_stored(database, clock, member):
    with database.begin() as session:
        token = open_session(session, member, clock.now())
    with database.read() as session:
        assert token.encode() not in session.query(StaffSession).one().token_digest


def test_their_own_wechat_is_bound_by_a_code_that_works_once(database, clock, member):
    with database.begin() as session:
        code = staff.new_link_code(session, session.get_one(StaffMember, member), clock.now())
    typed = f" {code[:4].lower()} {code[4:]} "
    assert staff.is_link_code(typed)
    with database.begin() as session:
        assert staff.link_openid(session, typed, "staff_openid", clock.now()).id == member
    with database.begin() as session:
        refused("staff.link_wrong", lambda: staff.link_openid(session, code, "other", clock.now()))
    with database.read() as session:
        assert session.get_one(StaffMember, member).openid == "staff_openid"


def test_the_wechat_code_runs_out_after_ten_minutes(database, clock, member):
    with database.begin() as session:
        code = staff.new_link_code(session, session.get_one(StaffMember, member), clock.now())
    clock.current += timedelta(minutes=10)
    with database.begin() as session:
        refused("staff.link_wrong", lambda: staff.link_openid(session, code, "late", clock.now()))


@pytest.mark.parametrize("message", ["绑定", "GZ12345", "GZABCD23451", "371002196001011234", ""])
def test_ordinary_messages_are_no_codes(message):
    assert not staff.is_link_code(message)
