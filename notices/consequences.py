"""What follows from a refusal: for the notice, the person, the template, the interface.

The action's names are those of config/wechat/errors.yaml. Each does its own thing and nothing
else; in particular one person or template never stops the others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from credit_core.accounts.models import Follower
from credit_core.clock import local_day
from notices import ends, stops, uses
from notices.claims import Job
from notices.models import Notice, SubscriptionCredit, TemplateRefusal
from notices.outbox import move
from notices.status import NoticeStatus
from notices.verdicts import Outcome, Verdict, repeatable_for

TRIES = 12
"""Repetitions of one message before the next channel is tried."""
_LONGEST = 600.0
_TOO_LATE = timedelta(seconds=2)
"""So shortly before WeChat forgets a key nothing is sent again under it."""
_MANY_LIMITED = 20
_CLOSED_FOR = timedelta(days=7)
_BLACKLISTED_FOR = timedelta(days=30)


@dataclass(slots=True)
class _Case:
    session: Session
    notice: Notice
    job: Job
    verdict: Verdict
    now: datetime
    wall: datetime

    @property
    def channel(self) -> str:
        return self.job.parcel.channel

    @property
    def follower(self) -> Follower | None:
        number = self.notice.follower_id
        return self.session.get(Follower, number) if number is not None else None


def apply(
    session: Session, courier: int, job: Job, verdict: Verdict, *, now: datetime, wall: datetime
) -> None:
    """Do what a refusal asks for. Nothing happens when the lease is not ours any more."""
    notice = session.get(Notice, job.notice_id, with_for_update=True, populate_existing=True)
    if notice is None or notice.lease_by != courier or notice.lease_no != job.lease_no:
        return
    case = _Case(session, notice, job, verdict, now, wall)
    notice.errcode, notice.rid, notice.lease_by = verdict.code, verdict.rid, None
    if verdict.outcome is not Outcome.UNKNOWN:
        # A refusal is certain about this call; about an earlier one only when it would have
        # been refused for the same reason.
        lasting = verdict.outcome in {Outcome.USER, Outcome.MESSAGE}
        notice.handed_at = None if lasting else job.handed_before
        _give_back(case)
    if verdict.staff or verdict.outcome is Outcome.CONFIGURATION:
        _tell_staff(case)
    _BY_OUTCOME[verdict.outcome](case)
    session.flush()


def _retry(case: _Case) -> None:
    action = case.verdict.action
    if action in {"stop_api", "stop_all"}:
        _stop(case, case.channel if action == "stop_api" else stops.EVERYTHING, case.verdict.wait)
        _wait(case, case.verdict.wait, "api_stopped")
        return
    if action == "once":
        _once(case)
        return
    _repeat(case, "retry")


def _once(case: _Case) -> None:
    """A number that nobody knows: once more under the key, then staff see it."""
    again = repeatable_for(case.channel) > timedelta(0) and case.notice.attempts == 0
    if again:
        _again(case, "retry")
        return
    _tell_staff(case)
    if _left(case) is None:
        _next_channel(case, "unknown_code")
    else:
        # It may have arrived: not told again through another channel.
        ends.uncertain(case.session, case.notice.id, case.now)


def _repeat(case: _Case, why: str) -> None:
    if case.notice.attempts < TRIES or _left(case) is not None:
        _again(case, why)
    else:
        _next_channel(case, why)


def _not_connected(case: _Case) -> None:
    """WeChat is not reached at all: no other channel would be, so the notice waits for it."""
    if case.notice.attempts == TRIES:
        key = f"not_connected:{local_day(case.now)}"
        ends.attend(case.session, key, "not_connected", case.now)
    _again(case, "not_connected")


def _again(case: _Case, why: str) -> None:
    """The same message later; after an unknown outcome only while WeChat knows its key, and
    sooner as that time runs out."""
    wait, left = _backoff(case), _left(case)
    if left is not None:
        if left < _TOO_LATE:
            ends.uncertain(case.session, case.notice.id, case.now)
            return
        wait = min(wait, left.total_seconds() / 2)
    case.notice.attempts += 1
    _wait(case, wait, why)


def _left(case: _Case) -> timedelta | None:
    """How long a message of unknown outcome may still be repeated; None: no outcome is unknown."""
    handed = case.notice.handed_at
    return None if handed is None else handed + repeatable_for(case.channel) - case.wall


def _user(case: _Case) -> None:
    follower = case.follower
    if follower is not None:
        _PERSON.get(case.verdict.action, _closes_channel)(case, follower)
    if case.verdict.action == "limited":
        _suspect_account(case)
    _next_channel(case, _WHY.get(case.verdict.action, "refused"))


def _suspect_account(case: _Case) -> None:
    """Many limited persons in one day: it is more likely that our own account is restricted."""
    stops.count(case.session, {"limited": 1}, case.now)
    if stops.used_today(case.session, case.now).get("limited", 0) >= _MANY_LIMITED:
        key = f"limited:{local_day(case.now)}"
        ends.attend(case.session, key, "account_limited", case.now)


def _message(case: _Case) -> None:
    if case.verdict.action == "stop_template":
        name = f"template:{case.job.parcel.template_id}"
        _stop(case, name, stops.TEMPLATE_PAUSE.total_seconds())
        _tell_staff(case)
        # The template may be mended; another channel does not have to wait for that.
        case.notice.next_at = case.now
        move(case.session, case.notice, NoticeStatus.WAITING, case.now, why="template_stopped")
        return
    _next_channel(case, "bad_field" if case.verdict.code == 47003 else "message_refused")


def _quota(case: _Case) -> None:
    month = case.verdict.action == "stop_month"
    until = stops.next_month(case.wall) if month else stops.next_day(case.wall)
    _stop(case, case.channel, (until - case.wall).total_seconds())
    # Another channel may be open; the next look decides.
    _wait(case, 0, "quota")


def _configuration(case: _Case) -> None:
    everything = case.verdict.action == "stop_all"
    _stop(case, stops.EVERYTHING if everything else case.channel, case.verdict.wait)
    _wait(case, case.verdict.wait if everything else 0, "configuration")


_BY_OUTCOME: dict[Outcome, Callable[[_Case], None]] = {
    Outcome.RETRY: _retry,
    Outcome.NOT_SENT: _not_connected,
    Outcome.UNKNOWN: lambda case: _again(case, "no_answer"),
    Outcome.USER: _user,
    Outcome.MESSAGE: _message,
    Outcome.QUOTA: _quota,
    Outcome.CONFIGURATION: _configuration,
}


def _unreachable(_case: _Case, follower: Follower) -> None:
    follower.unreachable = True


def _unfollowed(case: _Case, follower: Follower) -> None:
    follower.following = False
    follower.unfollowed_at = follower.unfollowed_at or case.now


def _credit_gone(case: _Case, follower: Follower) -> None:
    case.session.execute(
        update(SubscriptionCredit)
        .where(
            SubscriptionCredit.follower_id == follower.id,
            SubscriptionCredit.template_id == case.job.parcel.template_id,
        )
        .values(credits=0, changed_at=case.now)
    )


def _window_closed(_case: _Case, follower: Follower) -> None:
    follower.window_kind = None


def _window_used(_case: _Case, follower: Follower) -> None:
    follower.window_used = max(follower.window_used, 1 << 20)


def _closes_channel(case: _Case, follower: Follower) -> None:
    """They closed it, are limited or blacklisted: not asked again for some days."""
    blacklisted = case.verdict.action == "blacklisted"
    until = case.now + (_BLACKLISTED_FOR if blacklisted else _CLOSED_FOR)
    case.session.merge(
        TemplateRefusal(follower_id=follower.id, channel=case.channel, template_id="", until=until)
    )


_PERSON: dict[str, Callable[[_Case, Follower], None]] = {
    "unreachable": _unreachable,
    "unfollowed": _unfollowed,
    "credit_gone": _credit_gone,
    "window_closed": _window_closed,
    "window_used": _window_used,
}
_WHY = {
    "unreachable": "unreachable",
    "unfollowed": "not_following",
    "credit_gone": "no_credit",
    "window_closed": "window_closed",
    "window_used": "window_closed",
}


def _give_back(case: _Case) -> None:
    """A refused message used nothing up; but what WeChat says is used up stays so."""
    if case.verdict.action not in {"window_used", "window_closed", "credit_gone"}:
        number, template = case.notice.follower_id, case.job.parcel.template_id
        uses.give_back(case.session, number, case.channel, template, case.now)


def _next_channel(case: _Case, why: str) -> None:
    ends.refuse(case.session, case.notice.id, case.channel, why, "", case.now)


def _wait(case: _Case, seconds: float, why: str) -> None:
    case.notice.next_at = case.now + timedelta(seconds=seconds)
    move(case.session, case.notice, NoticeStatus.WAITING, case.now, why=why)


def _stop(case: _Case, api: str, seconds: float) -> None:
    until = case.wall + timedelta(seconds=seconds)
    stops.stop(case.session, api, until, case.wall, verdict=case.verdict, why=case.verdict.action)


def _tell_staff(case: _Case) -> None:
    verdict = case.verdict
    detail = " ".join(
        part for part in (case.channel, case.job.kind, verdict.hint, verdict.rid) if part
    )
    key = f"code:{verdict.code}:{case.channel}:{local_day(case.now)}"
    ends.attend(case.session, key, "wechat_refuses", case.now, detail=detail)


def _backoff(case: _Case) -> float:
    """Seconds: never less than WeChat asks for, twice as long each time, spread out so that
    retries do not come in step."""
    base = max(case.verdict.wait, 1.0) * 2.0 ** min(case.notice.attempts, 9)
    return min(base, _LONGEST) * random.uniform(1.0, 1.5)
