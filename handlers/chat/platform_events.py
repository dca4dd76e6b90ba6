"""Events that are not talk: receipts of notices, and what WeChat tells about the account."""

from __future__ import annotations

from sqlalchemy import select

from bot.reply import Nothing, Reply
from bot.turn import Routes, Turn
from credit_core.accounts.binding import unbind_all
from credit_core.accounts.models import Follower
from notices import receipts, reminders
from notices.models import StaffTask

RECEIPTS = (
    "templatesendjobfinish",
    "masssendjobfinish",
    "subscribe_msg_popup_event",
    "subscribe_msg_change_event",
    "subscribe_msg_sent_event",
)
ACCOUNT = (
    "qualification_verify_success",
    "qualification_verify_fail",
    "naming_verify_success",
    "naming_verify_fail",
    "annual_renew",
    "verify_expired",
)
"""The account's own standing: after an expiry most sending stops, so staff must know."""


def register(routes: Routes) -> None:
    for event in RECEIPTS:
        routes.events[event] = receipt
    for event in ACCOUNT:
        routes.events[event] = account_standing
    routes.events["user_authorization_cancellation"] = cancelled


def receipt(turn: Turn) -> Reply:
    receipts.on_event(turn.session, turn.inbound.event, turn.inbound.fields, turn.now)
    return Nothing()


def account_standing(turn: Turn) -> Reply:
    """A task for staff, once per event and moment."""
    key = f"account:{turn.inbound.event}:{int(turn.inbound.created_at.timestamp())}"
    if turn.session.scalar(select(StaffTask.id).where(StaffTask.key == key)) is None:
        turn.session.add(
            StaffTask(
                key=key,
                kind="attend",
                why=turn.inbound.event,
                detail=turn.inbound.text_of("FailReason"),
                created_at=turn.now,
            )
        )
    return Nothing()


def cancelled(turn: Turn) -> Reply:
    """Somebody closed their WeChat account: as leaving. The sender is not the person."""
    openid = turn.inbound.text_of("OpenID")
    follower = turn.session.scalar(select(Follower).where(Follower.openid == openid))
    if follower is not None:
        follower.following, follower.unfollowed_at = False, turn.now
        unbind_all(turn.session, follower.id, turn.now, by="unfollow")
        reminders.forget(turn.session, follower.id, now=turn.now)
    return Nothing()
