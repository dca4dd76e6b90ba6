"""有什么优惠, 领取: what is open, and a code for it."""

from __future__ import annotations

import re

from bot import wishes
from bot.follow_up import bare, number
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Routes, Turn
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.offers.claims import claim
from credit_core.offers.engine import OfferState
from credit_core.offers.service import evaluate_offers
from credit_core.repair.ways import lawful_score
from credit_core.subjects.models import Subject
from handlers.chat import coupons, which
from handlers.chat.phrases import bind_first, choices, day, shown_name

PAGE = 5
MOST_OPEN = 12
OF_OFFERS = frozenset({"benefits", "coupons"})
LEAST_SHARED = 2
BRIEF = 6
LONGEST_OF_ONE = 20


def register(routes: Routes) -> None:
    routes.intents["benefits"] = benefits
    routes.taps["claim"] = claim_tapped
    routes.taps["more_offers"] = more
    routes.asks["benefits", "next"] = more
    routes.asks["benefits", "why"] = why
    routes.asks["benefits", "missing"] = why
    routes.asks["benefits", "use"] = use
    routes.pointing.append(numbered)
    routes.pointing.append(pointing)
    routes.numbered["benefits"] = one_offer
    routes.numbered["coupons"] = one_offer


def benefits(turn: Turn) -> Reply:
    """What is open now and how to use it; what is not, and why.

    «领第二个» after the list claims its second one; «还有哪些» goes on with the list.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    states = states_of(turn, subject)
    wanted = _wanted(turn, states)
    if wanted is not None:
        return _claim(turn, subject, wanted)
    if any(word in turn.text for word in topic("benefits")["more_words"]):
        return _page(turn, subject, states, int(turn.context.get("offers_shown", 0)))
    return _page(turn, subject, states, 0)


def more(turn: Turn) -> Reply:
    """The offers after those that were shown last."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    turn.context["topic"] = "benefits"
    return _page(turn, subject, states_of(turn, subject), int(turn.context.get("offers_shown", 0)))


def states_of(turn: Turn, subject: Subject) -> list[OfferState]:
    """The offers here, in the order of their numbers: to claim, to use, not open yet."""
    states = [state for state in evaluate_offers(turn.session, subject, turn.today) if state.local]
    ordered = sorted(states, key=lambda state: (not state.open, state.offer.claim is None))
    turn.context["offers"] = [state.offer.id for state in ordered]
    return ordered


def _page(turn: Turn, subject: Subject, states: list[OfferState], start: int) -> Reply:
    opened = sum(state.open for state in states)
    if start >= len(states):
        return Text(text("common", "just_these"), choices("benefits", "improve"))
    shown = states[start : start + PAGE]
    turn.context["offers_shown"] = start + len(shown)
    turn.context.pop("offer", None)
    lines = [] if start else [_head(turn, subject, opened)]
    lines += _shown(turn, shown, start)
    left = len(states) - start - len(shown)
    claimable = [state for state in shown if state.open and state.offer.claim is not None]
    if claimable:
        lines.append(text("benefits", "claim_hint"))
    tappable = tuple(
        Choice(
            f"claim:{state.offer.id}",
            text("benefits", "claim_choice", title=state.offer.title),
        )
        for state in claimable[:3]
    )
    names = [*(["more_offers"] if left else []), "coupons" if claimable else "improve"]
    return Text("\n".join(lines), (*tappable, *choices(*names)))


def _head(turn: Turn, subject: Subject, opened: int) -> str:
    if not opened:
        return text("benefits", "none_open", name=shown_name(subject))
    if turn.follower.elderly_mode:
        return text("elderly", "benefits_head", count=opened)
    found = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    name = shown_name(subject)
    if found.evaluated and found.grade is not None:
        name = text("benefits", "with_grade", name=name, grade=found.grade)
    return text("benefits", "head", name=name, count=opened)


def _shown(turn: Turn, states: list[OfferState], start: int) -> list[str]:
    lines = []
    closed_told = start > 0 and not any(state.open for state in states)
    for at, state in enumerate(states, start + 1):
        if not state.open and not closed_told:
            lines.append(text("benefits", "closed_head"))
            closed_told = True
        lines.append(_line(turn, at, state))
    return lines


def _line(turn: Turn, at: int, state: OfferState) -> str:
    if turn.follower.elderly_mode:
        return text("elderly", "benefits_line", number=at, title=state.offer.title)
    if not state.open:
        return text("benefits", "closed_line", number=at, title=state.offer.title, why=state.why)
    line = text("benefits", "open_line", number=at, title=state.offer.title, says=state.offer.says)
    return line + (text("benefits", "open_claim") if state.offer.claim is not None else "")


def numbered(turn: Turn) -> Handler | None:
    """Who answers 第一个给我领上, 第二个怎么用: something about one of the list."""
    if turn.context.get("topic") not in OF_OFFERS or len(turn.text) > LONGEST_OF_ONE:
        return None
    data = topic("benefits")
    if any(re.search(one, turn.text) for one in data["all_words"]):
        return claim_each
    if any(re.fullmatch(one, bare(turn.text)) for one in data["asks_open"]):
        return open_ones
    if turn.context.get("offer") and bare(turn.text) in data["yes_words"]:
        return _claim_spoken_of
    understood, listed = wishes.understand(turn), turn.context.get("offers") or []
    other = understood.intent not in {*OF_OFFERS, *wishes.NOT_A_WISH}
    if other and understood.confidence >= wishes.SURE_OF_WORDS and not understood.ask_back:
        return None
    of_records = any(word in turn.text for word in topic("benefits")["not_offers"])
    named = None if of_records else number(turn, len(listed))
    return one_offer if listed and named is not None else None


def open_ones(turn: Turn) -> Reply:
    """那我能用哪些: only those that are open, each in a word, by their numbers in the list."""
    turn.context["topic"] = "benefits"
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    states = states_of(turn, subject)
    opened = [state for state in states if state.open]
    if not opened:
        head = text("benefits", "none_open", name=shown_name(subject))
        return Text(head, choices("improve", "benefits"))
    rows = [
        text("elderly", "benefits_line", number=at, title=state.offer.title)
        + text("benefits", "open_claim" if state.offer.claim is not None else "open_direct")
        for at, state in enumerate(opened[:MOST_OPEN], 1)
    ]
    turn.context["offers_shown"] = len(rows)
    head = text("benefits", "open_head", count=len(opened))
    left = ("more_offers",) if len(opened) > len(rows) else ()
    hint = [text("benefits", "claim_hint")] if opened[0].offer.claim is not None else []
    return Text("\n".join([head, *rows, *hint]), (*choices(*left), *choices("coupons", "improve")))


def claim_each(turn: Turn) -> Reply:
    """都给我领了: one after the other, as each runs out."""
    turn.context["topic"] = "benefits"
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    told = _page(turn, subject, states_of(turn, subject), 0)
    if not isinstance(told, Text):
        return told
    return Text(f"{text('benefits', 'one_by_one')}\n{told.content}", told.choices)


def _claim_spoken_of(turn: Turn) -> Reply:
    """要, after one offer was told."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    return _claim(turn, subject, str(turn.context["offer"]))


def pointing(turn: Turn) -> Handler | None:
    """Who answers a message that names one offer: 药店八折的为啥我用不了, 借书不用押金的."""
    about, understood = turn.context.get("topic"), wishes.understand(turn)
    spoken_of = about in OF_OFFERS or understood.intent == "benefits"
    # 我要申请修复 after the list is no 信用修复辅导.
    other = understood.intent not in {*OF_OFFERS, *wishes.NOT_A_WISH}
    sure = understood.confidence >= wishes.SURE_OF_HALF and not understood.ask_back
    subject = turn.subject()
    if subject is None or not spoken_of or (other and sure) or number(turn, 1) is not None:
        return None
    states = states_of(turn, subject)
    brief = which.points_at(turn.text) or len(bare(turn.text)) <= BRIEF
    short = about in OF_OFFERS and brief
    at = _named(turn.text, states, least=1 if short else LEAST_SHARED)
    if at is None or _wanted(turn, states) is not None:
        return None
    return lambda turn: _one(turn, subject, states[at], at + 1)


def _named(said: str, states: list[OfferState], *, least: int) -> int | None:
    """The place of the one offer whose title shares most with the message; None when none does.

    :param least: how many pairs of letters: 押金 alone may be of two offers.
    """
    plain = _in_digits(said)
    weights = [_shared(plain, state.offer.title) for state in states]
    best = max(weights, default=0)
    return weights.index(best) if best >= least and weights.count(best) == 1 else None


def _shared(plain: str, title: str) -> int:
    letters = _in_digits(title)
    pairs = {letters[at : at + 2] for at in range(len(letters) - 1)}
    return sum(pair in plain for pair in pairs - set(topic("benefits")["common_pairs"]))


def _in_digits(said: str) -> str:
    """八折 and 8折, 买药 and 购药 alike."""
    for word, meant in topic("benefits")["same"].items():
        said = said.replace(word, meant)
    return re.sub(NUMBER, lambda found: str(whole(found[0]) or found[0]), said)


def one_offer(turn: Turn) -> Reply:
    """第二个 alone after the list: what it is, how it is used or what is missing."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    listed = turn.context.get("offers") or []
    known = {state.offer.id: state for state in states_of(turn, subject)}
    offers = [known[one] for one in listed if one in known]
    wanted = number(turn, len(offers))
    if wanted is None or not 1 <= wanted <= len(offers):
        return Text(text("common", "only_so_many", count=len(offers)), choices("benefits"))
    return _one(turn, subject, offers[wanted - 1], wanted)


def _one(turn: Turn, subject: Subject, state: OfferState, at: int) -> Reply:
    turn.context["topic"], turn.context["offer"] = "benefits", state.offer.id
    if any(word in turn.text for word in topic("benefits")["claim_words"]):
        return _claim(turn, subject, state.offer.id)
    if not state.open:
        return Text(closed_line(at, state), choices("improve", "benefits"))
    lines = [text("benefits", "one", title=state.offer.title, says=state.offer.says)]
    lines.append(text("benefits", "open_use", next_step=state.offer.next_step))
    if state.offer.claim is None:
        return Text("\n".join(lines), choices("benefits"))
    label = text("benefits", "claim_choice", title=state.offer.title)
    return Text("\n".join(lines), (Choice(f"claim:{state.offer.id}", label), *choices("benefits")))


def use(turn: Turn) -> Reply:
    """在哪用 after one offer: its way of use; after the list: the claimed ones."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    for state in states_of(turn, subject):
        if state.offer.id == turn.context.get("offer") and state.open:
            lines = [
                text("benefits", "one", title=state.offer.title, says=state.offer.says),
                text("benefits", "open_use", next_step=state.offer.next_step),
            ]
            return Text("\n".join(lines), choices("coupons", "benefits"))
    return coupons.coupons(turn)


def why(turn: Turn) -> Reply:
    """为什么 after one offer: what is missing for it; after the whole list: the ways up."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    for at, state in enumerate(states_of(turn, subject), 1):
        if state.offer.id == turn.context.get("offer") and not state.open:
            return Text(closed_line(at, state), choices("improve", "benefits"))
    turn.context["topic"] = "improve"
    return turn.services.routes.intents["improve"](turn)


def closed_line(at: int, state: OfferState) -> str:
    line = text("benefits", "closed_line", number=at, title=state.offer.title, why=state.why)
    if state.missing_text:
        line += "\n" + text("benefits", "closed_missing", missing=state.missing_text)
    return line


def _wanted(turn: Turn, states: list[OfferState]) -> str | None:
    """The offer that the message asks to claim, by number of the last list or by name."""
    if turn.inbound.kind != "text" or not any(
        word in turn.text for word in topic("benefits")["claim_words"]
    ):
        return None
    listed = turn.context.get("offers", [])
    named = number(turn, len(listed))
    if named is not None and 1 <= named <= len(listed):
        return str(listed[named - 1])
    for state in states:
        if state.offer.title in turn.text:
            return state.offer.id
    return None


def claim_tapped(turn: Turn) -> Reply:
    """Tapping 领取… under the list."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    key = turn.choice or turn.inbound.event_key
    return _claim(turn, subject, key.partition(":")[2])


def _claim(turn: Turn, subject: Subject, offer_id: str) -> Reply:
    turn.context["topic"] = "coupons"
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
        turn.context["offer"] = offer_id
        held = [one for one in coupons.usable(turn, subject) if one.offer_id == offer_id]
        if refusal.code == "offers.already_claimed" and held:
            return coupons.already(turn, held)
        turn.context["topic"] = "benefits"
        return Text(explain(refusal), choices("benefits", "improve"))
    turn.context["offer"] = offer_id
    terms = coupon.terms.get("text") or ""
    return Text(
        text(
            "benefits",
            "claimed",
            title=coupon.terms["title"],
            code=coupon.code,
            terms=text("benefits", "terms", terms=terms) + "\n" if terms else "",
            until=day(coupon.expires_on),
            next_step=coupons.use_of(turn, coupon.offer_id),
        ),
        choices("coupons", "benefits"),
    )
