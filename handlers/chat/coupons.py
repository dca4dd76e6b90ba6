"""我的优惠券, 能用到哪天, 领取 once more: what was claimed, until when it is good."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands import plain
from bot.follow_up import bare, in_plain_words
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.offers.book import offer_book
from credit_core.offers.claims import coupons_of
from credit_core.offers.models import Coupon, CouponStatus
from credit_core.subjects.models import Subject
from handlers.chat import remind
from handlers.chat.phrases import bind_first, choices, day

MOST = 6
LONGEST = 20


def register(routes: Routes) -> None:
    routes.intents["coupons"] = coupons
    routes.pointing.append(_goes_on)
    for asked in ("ends", "when", "overdue"):
        routes.asks["coupons", asked] = last_days


def coupons(turn: Turn) -> Reply:
    """The claimed offers: what can be used, with code and end; then the past."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "coupons")
    held = coupons_of(turn.session, subject.id, turn.today)
    if not held:
        return Text(text("benefits", "coupons_none"), choices("benefits"))
    lines = [text("benefits", "coupons_head")]
    lines += [_line(turn, coupon) for coupon in held[:MOST]]
    return Text("\n".join(lines), choices("benefits"))


def usable(turn: Turn, subject: Subject) -> list[Coupon]:
    """The codes that can be used today."""
    found = coupons_of(turn.session, subject.id, turn.today)
    return [one for one in found if _state(turn, one) is CouponStatus.HELD]


def already(turn: Turn, held: Sequence[Coupon]) -> Text:
    """What was claimed before needs no second claim: the code once more."""
    turn.context["topic"] = "coupons"
    lines = [text("benefits", "already")]
    lines += [_line(turn, coupon) for coupon in held[:MOST]]
    return Text("\n".join(lines), choices("coupons", "benefits"))


def _goes_on(turn: Turn) -> Handler | None:
    """Who answers 到什么时候过期, 领取 and 再领一个 after something was claimed."""
    said, data = in_plain_words(plain(turn.text)), topic("benefits")
    typed = turn.typed and len(said) <= LONGEST
    about, subject = turn.context.get("topic"), turn.subject()
    if not typed or subject is None or about not in {"benefits", "coupons"}:
        return None
    held = usable(turn, subject)
    of_else = re.search(data["until_of_else"], said) is not None
    if not of_else and any(re.search(one, said) for one in data["asks_until"]):
        # After the list alone 能用哪些 is of what is open.
        return last_days if held or about == "coupons" else _not_yet
    if about == "coupons" and any(re.fullmatch(one, said) for one in data["asks_another"]):
        return turn.services.routes.intents["benefits"]
    if about == "coupons" and held and bare(turn.text) in data["yes_words"]:
        spoken_of = [one for one in held if one.offer_id == turn.context.get("offer")]
        return lambda turn: already(turn, spoken_of or held)
    return None


def last_days(turn: Turn) -> Reply:
    """The last day of what was claimed last, or of each."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "coupons")
    turn.context["topic"] = "coupons"
    held = usable(turn, subject)
    if not held:
        return coupons(turn)
    spoken_of = [one for one in held if one.offer_id == turn.context.get("offer")]
    meant = (spoken_of or held)[:MOST]
    lines = [
        text("benefits", "until", title=one.terms["title"], until=day(one.expires_on))
        for one in meant
    ]
    lines.append(text("benefits", "until_then"))
    again = _again(turn, meant[0]) if len(meant) == 1 else ""
    if again:
        lines.append(again)
    following = ("coupons",) if remind.wish_of(turn).on else ("remind_on", "coupons")
    return Text("\n".join(lines), choices(*following))


def _not_yet(_turn: Turn) -> Reply:
    return Text(text("benefits", "until_none"), choices("benefits"))


def _again(turn: Turn, coupon: Coupon) -> str:
    """How often the offer can be claimed."""
    offer = offer_book(turn.session).get(coupon.offer_id, turn.today)
    if offer is None or offer.claim is None:
        return ""
    terms = offer.claim
    return text("benefits", f"again.{terms.period}", times=terms.per_person)


def use_of(turn: Turn, offer_id: str) -> str:
    """How a claimed offer is used; that it must be claimed first is past."""
    offer = offer_book(turn.session).get(offer_id, turn.today)
    step = offer.next_step if offer is not None else ""
    for lead in topic("benefits")["claimed_leads"]:
        step = step.removeprefix(lead)
    return step


def _state(turn: Turn, coupon: Coupon) -> CouponStatus:
    state = CouponStatus(coupon.status)
    over = state is CouponStatus.HELD and coupon.expires_on < turn.today
    return CouponStatus.EXPIRED if over else state


def _line(turn: Turn, coupon: Coupon) -> str:
    state = _state(turn, coupon)
    shown = {
        "title": coupon.terms["title"],
        "state": topic("benefits")["coupon_states"][state.value],
        "until": day(coupon.expires_on),
    }
    if state is CouponStatus.HELD:
        use = use_of(turn, coupon.offer_id)
        return text("benefits", "coupon_line", code=coupon.code, use=use, **shown)
    return text("benefits", "coupon_past", **shown)
