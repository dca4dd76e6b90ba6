"""有什么优惠, 领取, 我的优惠券."""

from __future__ import annotations

from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.offers.book import offer_book
from credit_core.offers.claims import claim, coupons_of
from credit_core.offers.engine import OfferState
from credit_core.offers.models import Coupon, CouponStatus
from credit_core.offers.service import evaluate_offers
from credit_core.subjects.models import Subject
from handlers.chat.bind import shown_name
from handlers.chat.phrases import bind_first, choices, day

FEW_OPEN, FEW_CLOSED = 5, 3
MOST_COUPONS = 6


def register(routes: Routes) -> None:
    routes.intents["benefits"] = benefits
    routes.intents["coupons"] = coupons
    routes.taps["claim"] = claim_tapped


def benefits(turn: Turn) -> Reply:
    """What is open now and how to use it; what is not, and why.

    «领取第二项» after the list claims its second one.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    states = [state for state in evaluate_offers(turn.session, subject, turn.today) if state.local]
    wanted = _wanted(turn, states)
    if wanted is not None:
        return _claim(turn, subject, wanted)
    # What can be claimed at once comes first.
    opened = sorted(
        (state for state in states if state.open), key=lambda state: state.offer.claim is None
    )
    closed = [state for state in states if not state.open]
    turn.context["offers"] = [state.offer.id for state in opened]
    everything = any(word in turn.text for word in topic("benefits")["more_words"])
    few_open, few_closed = (len(opened), len(closed)) if everything else (FEW_OPEN, FEW_CLOSED)
    lines = _opened(subject, opened, few_open)
    if closed:
        lines += ["", text("benefits", "closed_head")]
        lines += [_closed_line(state) for state in closed[:few_closed]]
    left = len(opened[few_open:]) + len(closed[few_closed:])
    if left:
        lines.append(text("benefits", "more", count=left))
    claimable = [state for state in opened if state.offer.claim is not None]
    if claimable:
        lines += ["", text("benefits", "claim_hint")]
    tappable = tuple(
        Choice(
            f"claim:{state.offer.id}",
            text("benefits", "claim_choice", title=state.offer.title),
        )
        for state in claimable[:3]
    )
    return Text("\n".join(lines), (*tappable, *choices("coupons" if claimable else "improve")))


def _opened(subject: Subject, opened: list[OfferState], few: int) -> list[str]:
    if not opened:
        return [text("benefits", "none_open", name=shown_name(subject))]
    lines = [text("benefits", "head", name=shown_name(subject), count=len(opened))]
    for number, state in enumerate(opened[:few], 1):
        line = text(
            "benefits",
            "open_line",
            number=number,
            title=state.offer.title,
            says=state.offer.says,
        )
        if state.offer.claim is not None:
            line += text("benefits", "open_claim")
        lines.append(line)
        if state.offer.claim is None:
            lines.append(text("benefits", "open_use", next_step=state.offer.next_step))
    return lines


def _closed_line(state: OfferState) -> str:
    line = text("benefits", "closed_line", title=state.offer.title, why=state.why)
    if state.missing_text:
        line += "\n" + text("benefits", "closed_missing", missing=state.missing_text)
    return line


def _wanted(turn: Turn, states: list[OfferState]) -> str | None:
    """The offer that the message asks to claim, by number of the last list or by name."""
    if turn.inbound.kind != "text" or text("benefits", "claim_choice", title="") not in turn.text:
        return None
    listed = turn.context.get("offers", [])
    numbers = turn.slots.get("record_numbers") or []
    if len(numbers) == 1 and 1 <= numbers[0] <= len(listed):
        return str(listed[numbers[0] - 1])
    for state in states:
        if state.offer.title in turn.text:
            return state.offer.id
    return None


def claim_tapped(turn: Turn) -> Reply:
    """Tapping 领取… under the list."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    key = turn.inbound.choice or turn.inbound.event_key
    return _claim(turn, subject, key.partition(":")[2])


def _claim(turn: Turn, subject: Subject, offer_id: str) -> Reply:
    try:
        coupon = claim(
            turn.session,
            subject,
            offer_id,
            follower_id=turn.follower.id,
            on=turn.today,
            now=turn.now,
        )
    except Refusal as refusal:
        return Text(explain(refusal), choices("coupons", "benefits"))
    terms = coupon.terms.get("text") or ""
    return Text(
        text(
            "benefits",
            "claimed",
            title=coupon.terms["title"],
            code=coupon.code,
            terms=text("benefits", "terms", terms=terms) + "\n" if terms else "",
            until=day(coupon.expires_on),
            next_step=offer_book(turn.session)[coupon.offer_id].next_step,
        ),
        choices("coupons", "benefits"),
    )


def coupons(turn: Turn) -> Reply:
    """The claimed offers: what can be used, with code and end; then the past."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "coupons")
    held = coupons_of(turn.session, subject.id, turn.today)
    if not held:
        return Text(text("benefits", "coupons_none"), choices("benefits"))
    lines = [text("benefits", "coupons_head")]
    lines += [_coupon_line(turn, coupon) for coupon in held[:MOST_COUPONS]]
    return Text("\n".join(lines), choices("benefits"))


def _coupon_line(turn: Turn, coupon: Coupon) -> str:
    state = CouponStatus(coupon.status)
    if state is CouponStatus.HELD and coupon.expires_on < turn.today:
        state = CouponStatus.EXPIRED
    shown = {
        "title": coupon.terms["title"],
        "state": topic("benefits")["coupon_states"][state.value],
        "until": day(coupon.expires_on),
    }
    if state is CouponStatus.HELD:
        return text("benefits", "coupon_line", code=coupon.code, **shown)
    return text("benefits", "coupon_past", **shown)
