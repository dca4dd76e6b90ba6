"""核销: a partner's clerk uses a customer's code once; the customer's name is never shown."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from bot.form import Answers, Field, Form, Leave, WrongAnswer, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.offers.codes import compact, spoken
from credit_core.offers.redeeming import MOST, redeem, usable_coupon
from credit_core.offers.totals import totals_by_merchant
from handlers.chat import questions
from handlers.chat.phrases import choices

_CODE = re.compile(r"[0-9A-Za-z](?:[ \-]?[0-9A-Za-z]){9}")
_AMOUNT = re.compile(r"[¥￥]?(\d+(?:\.\d+)?)(?:元|块钱?)?")


def register(routes: Routes) -> None:
    routes.words_in_text.append((_wants, redeem_code))
    routes.forms["redeem"] = Form(
        "redeem",
        text("redeem", "title"),
        (
            Field("code", _ask_code, _parse_code, hint=questions.hint("redeem", "code")),
            Field("amount", _ask_amount, _parse_amount, hint=questions.hint("redeem", "amount")),
            questions.sure("redeem", _summary),
        ),
        _done,
        elsewhere=choices("help"),
        about="coupons",
        hint=text("redeem", "hint"),
        asked=questions.asked("redeem"),
    )


def _wants(said: str) -> bool:
    """核销, or a code and nothing else."""
    words = topic("redeem")["words"]
    return any(word in said for word in words) or compact(said) is not None


def redeem_code(turn: Turn) -> Reply:
    """Open the form, with the code when the message has one."""
    if turn.organisation() is None:
        return Text(text("redeem", "only_partners"), choices("coupons", "bind"))
    found = _code_in(turn.text)
    if found is None:
        return start(turn, "redeem")
    try:
        _usable(turn, found)
    except Refusal as refusal:
        return Text(explain(refusal), choices("help"))
    return start(turn, "redeem", {"code": found})


def _code_in(said: str) -> str | None:
    """The code in a message, with or without words around it."""
    folded = unicodedata.normalize("NFKC", said)
    return next((code for one in _CODE.findall(folded) if (code := compact(one))), compact(said))


def _ask_code(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("redeem", "code"))


def _parse_code(turn: Turn, _answers: Answers) -> str:
    found = _code_in(turn.text)
    try:
        return _usable(turn, found or turn.text)
    except Refusal as refusal:
        raise WrongAnswer(explain(refusal)) from refusal


def _usable(turn: Turn, code: str) -> str:
    usable_coupon(turn.session, code, merchant=_merchant(turn), on=turn.today)
    return compact(code) or code


def _merchant(turn: Turn) -> str:
    organisation = turn.organisation()
    if organisation is None:
        raise Leave(Text(text("redeem", "only_partners"), choices("coupons", "bind")))
    return str(organisation.name)


def _ask_amount(turn: Turn, answers: Answers) -> Text:
    coupon = usable_coupon(turn.session, answers["code"], merchant=_merchant(turn), on=turn.today)
    terms = coupon.terms.get("text") or ""
    return Text(text("redeem", "amount", title=coupon.terms["title"], terms=terms))


def _parse_amount(turn: Turn, _answers: Answers) -> str:
    said = unicodedata.normalize("NFKC", turn.text).replace(",", "").replace(" ", "")
    found = _AMOUNT.fullmatch(said)
    try:
        amount = Decimal(found[1]) if found else None
    except InvalidOperation:
        amount = None
    if amount is None or not 0 < amount <= MOST or amount * 100 % 1:
        raise WrongAnswer(text("redeem", "amount_wrong"))
    return str(amount)


def _summary(_turn: Turn, answers: Answers) -> str:
    return text("redeem", "confirm", code=spoken(answers["code"]), amount=answers["amount"])


def _done(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("redeem", "kept_back"), choices("help"))
    merchant = _merchant(turn)
    try:
        used = redeem(
            turn.session,
            answers["code"],
            merchant=merchant,
            now=turn.now,
            amount=Decimal(answers["amount"]),
        )
    except Refusal as refusal:
        return Text(explain(refusal), choices("help"))
    since = turn.today.replace(day=1)
    month = next(
        one for one in totals_by_merchant(turn.session, since, turn.today) if one.key == merchant
    )
    paid = Decimal(used.amount_fen - used.saved_fen) / 100
    return Text(
        text(
            "redeem",
            "done",
            saved=f"{Decimal(used.saved_fen) / 100:.2f}",
            paid=f"{paid:.2f}",
            count=month.redeemed,
            total=f"{month.saved:.2f}",
        ),
        choices("help"),
    )
