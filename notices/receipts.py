"""What WeChat tells afterwards: results of jobs, and what people allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.accounts.models import Follower
from notices import ends, plans
from notices.campaigns import counting
from notices.models import EarlyReceipt, Notice, SubscriptionCredit
from notices.outbox import move
from notices.status import NoticeStatus

_NUMBER_SIGNS, _TEMPLATE_SIGNS = 40, 64
_LATE = (NoticeStatus.SENT, NoticeStatus.SENDING, NoticeStatus.UNCERTAIN, NoticeStatus.WAITING)


def on_event(session: Session, event_name: str, fields: Mapping[str, Any], now: datetime) -> None:
    """Take one event of WeChat; ``fields`` are those of the parsed XML.

    Unknown names and incomplete events are passed over: they concern somebody else.
    """
    handler = _HANDLERS.get(event_name.lower())
    if handler is not None:
        handler(session, fields, now)


def _template_done(session: Session, fields: Mapping[str, Any], now: datetime) -> None:
    number = _number(fields)
    if not number:
        return
    notice = _notice(session, number)
    if notice is None:
        _keep_early(session, number, "TEMPLATESENDJOBFINISH", fields, now)
        return
    _result(session, notice, normal(fields.get("Status")), now)


def _result(session: Session, notice: Notice, status: str, now: datetime) -> None:
    if notice.status not in _LATE:
        return
    if status == "success":
        notice.delivered_at = now
        notice.lease_by = notice.next_at = notice.handed_at = None
        move(session, notice, NoticeStatus.DELIVERED, now)
        for inside in session.scalars(select(Notice).where(Notice.digest_id == notice.id)):
            inside.delivered_at = now
            move(session, inside, NoticeStatus.DELIVERED, now, why="in_digest")
        return
    blocked = "block" in status
    notice.chase_on = None
    ends.refuse(
        session,
        notice.id,
        notice.channel or "template",
        "blocked" if blocked else "failed_at_wechat",
        "",
        now,
    )


def _subscription_done(session: Session, fields: Mapping[str, Any], now: datetime) -> None:
    for item in _items(fields, "SubscribeMsgSentEvent"):
        number = _short(item.get("MsgID"), _NUMBER_SIGNS)
        if not number:
            continue
        notice = _notice(session, number)
        if notice is None:
            _keep_early(
                session,
                number,
                "subscribe_msg_sent_event",
                {"SubscribeMsgSentEvent": {"List": item}},
                now,
            )
            continue
        fine = str(item.get("ErrorCode", "0")) == "0"
        _result(session, notice, "success" if fine else "failed", now)


def _mass_done(session: Session, fields: Mapping[str, Any], now: datetime) -> None:
    number = _number(fields)
    if number and not counting.on_job_finished(session, number, fields, now):
        _keep_early(session, number, "MASSSENDJOBFINISH", fields, now)


def _popup(session: Session, fields: Mapping[str, Any], now: datetime) -> None:
    follower = _follower(session, fields)
    if follower is None:
        return
    for item in _items(fields, "SubscribeMsgPopupEvent"):
        template = _short(item.get("TemplateId"), _TEMPLATE_SIGNS)
        accepted = str(item.get("SubscribeStatusString") or "") == "accept"
        _credit(session, follower.id, template, accepted, now)


def _change(session: Session, fields: Mapping[str, Any], now: datetime) -> None:
    follower = _follower(session, fields)
    if follower is None:
        return
    for item in _items(fields, "SubscribeMsgChangeEvent"):
        if str(item.get("SubscribeStatusString") or "") == "reject":
            template = _short(item.get("TemplateId"), _TEMPLATE_SIGNS)
            _credit(session, follower.id, template, False, now)


def _credit(
    session: Session, follower_id: int, template: str, accepted: bool, now: datetime
) -> None:
    """One accept is one message, or all of them for a long-term template."""
    if not template:
        return
    long_term = any(one.id == template and one.use == "long" for one in plans.templates().values())
    row = session.get(SubscriptionCredit, (follower_id, template), with_for_update=True)
    if row is None:
        row = SubscriptionCredit(
            follower_id=follower_id, template_id=template, credits=0, changed_at=now
        )
        session.add(row)
    row.long_term = long_term
    row.changed_at = now
    if not accepted:
        row.credits = 0
    else:
        row.credits = 1 if long_term else row.credits + 1
    session.flush()


_HANDLERS = {
    "templatesendjobfinish": _template_done,
    "masssendjobfinish": _mass_done,
    "subscribe_msg_sent_event": _subscription_done,
    "subscribe_msg_popup_event": _popup,
    "subscribe_msg_change_event": _change,
}


def normal(status: object) -> str:
    """``failed: user block``, ``failed:user block`` and ``Failed-User-Block`` are one."""
    words = str(status or "").lower().replace(":", " ").replace("-", " ").split()
    return " ".join(words)


def _number(fields: Mapping[str, Any]) -> str:
    return _short(fields.get("MsgID") or fields.get("MsgId"), _NUMBER_SIGNS)


def _short(value: object, most: int) -> str:
    """An id as WeChat writes them; ``""`` for what fits no column and can be none of ours."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    text = str(value)
    return text if len(text) <= most else ""


def _notice(session: Session, message_id: str) -> Notice | None:
    return session.scalars(select(Notice).where(Notice.message_id == message_id)).first()


def _follower(session: Session, fields: Mapping[str, Any]) -> Follower | None:
    openid = str(fields.get("FromUserName") or "")
    return session.scalars(select(Follower).where(Follower.openid == openid)).first()


def _items(fields: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """``List`` repeats, so a parser gives one mapping or a list of them."""
    outer = fields.get(name)
    inner: Any = outer.get("List") if isinstance(outer, Mapping) else None
    if isinstance(inner, Mapping):
        return [inner]
    return [one for one in inner or [] if isinstance(one, Mapping)]


def _keep_early(
    session: Session, number: str, event: str, fields: Mapping[str, Any], now: datetime
) -> None:
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        make(EarlyReceipt)
        .values(message_id=number, event=event, fields=dict(fields), at=now)
        .on_conflict_do_nothing()
    )
