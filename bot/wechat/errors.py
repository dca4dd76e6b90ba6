"""What WeChat refuses, as types; which number is which stands in config/wechat/errors.yaml.

No error text holds a secret, a token or an openid: ``errmsg`` is kept out of it, since WeChat
puts such values there; the ``rid`` is enough for asking WeChat what happened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.settings import DATA
from credit_core.datafile import load

ErrorClass = Literal["T", "R", "U", "M", "Q", "C", "D", "A", "O"]
_RID = re.compile(r"rid:\s*([0-9A-Za-z-]{4,80})")
_FIELD = re.compile(r"data\.([A-Za-z_]+\d*)")
_TOKEN_WAIT = 600.0
"""Seconds until a token is asked for again whose own quota is used up."""
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


class CodeRule(BaseModel):
    """One line of the table: class, what to do besides, how long to wait."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ErrorClass = Field(alias="class")
    action: str
    wait: float = 0.0
    staff: bool = False
    meaning: str


class WeChatError(Exception):
    """Root of everything that goes wrong with WeChat.

    :ivar code: WeChat's number; None when there was no answer.
    :ivar action: name of what is to be done about it.
    :ivar wait: seconds before it makes sense to try again; 0 where it does not.
    """

    def __init__(self, api: str, code: int | None, rule: CodeRule, *, detail: Detail) -> None:
        rid = f", rid {detail.rid}" if detail.rid else ""
        hint = f", {detail.hint}" if detail.hint else ""
        super().__init__(f"{api}: {code} {rule.meaning}{hint}{rid}")
        self.api, self.code, self.rule = api, code, rule
        self.action, self.wait = rule.action, rule.wait
        self.rid, self.hint, self.body = detail.rid, detail.hint, detail.body


@dataclass(frozen=True, slots=True)
class Detail:
    """What an answer told besides its number."""

    rid: str = ""
    hint: str = ""
    """A keyword or our own address: the only parts of ``errmsg`` that may be shown."""
    body: dict[str, Any] | None = None


class TokenInvalid(WeChatError):
    """T: the access token was refused, also after one renewal."""


class RetryLater(WeChatError):
    """R: the same call may succeed after :attr:`wait` seconds."""


class UserGone(WeChatError):
    """U: not for this person, not through this channel."""


class MessageRefused(WeChatError):
    """M: this message or template will never be taken as it is."""


class QuotaUsedUp(WeChatError):
    """Q: this interface is closed until the day or the month is over."""


class Misconfigured(WeChatError):
    """C: only the account's staff can mend it."""


class AlreadyDone(WeChatError):
    """D: WeChat had accepted the same message before; the body names it."""


class Ignorable(WeChatError):
    """A: nothing is lost."""


class AuthoriseAgain(WeChatError):
    """O: the web authorisation has to start anew."""


class OutcomeUnknown(WeChatError):
    """No answer, or none that can be read: it may have taken effect."""


class NotSent(WeChatError):
    """The connection was never made: it has certainly not taken effect."""


_CLASSES: dict[ErrorClass, type[WeChatError]] = {
    "T": TokenInvalid,
    "R": RetryLater,
    "U": UserGone,
    "M": MessageRefused,
    "Q": QuotaUsedUp,
    "C": Misconfigured,
    "D": AlreadyDone,
    "A": Ignorable,
    "O": AuthoriseAgain,
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: CodeRule
    codes: dict[int, CodeRule]


@cache
def table() -> dict[int | None, CodeRule]:
    """Code to rule; None is the rule for numbers that the table does not know."""
    loaded = load(DATA / "wechat" / "errors.yaml", _Table)
    rules: dict[int | None, CodeRule] = dict(loaded.codes.items())
    rules[None] = loaded.default
    return rules


def rule_of(code: int) -> CodeRule:
    """The rule of a number, known or not."""
    rules = table()
    return rules.get(code) or rules[None]


def refusal(api: str, body: dict[str, Any], *, at_token: bool = False) -> WeChatError:
    """The error that an answer with ``errcode`` means.

    :param at_token: the answer came from the token call itself, where 40001 says that the
        secret is wrong.
    """
    code = int(body["errcode"])
    rule = rule_of(code)
    message = str(body.get("errmsg", ""))
    rid = _RID.search(message)
    hint = _FIELD.search(message) or _ADDRESS.search(message)
    detail = Detail(rid.group(1) if rid else "", hint.group() if hint else "", body)
    if at_token and rule.kind == "T":
        wrong = rule_of(40125)
        return Misconfigured(api, code, wrong, detail=detail)
    if at_token and rule.action.startswith("stop_") and rule.kind != "C":
        # Not the interface that wanted the token is used up; without a token all of them wait.
        wait = rule.wait or _TOKEN_WAIT
        rule = rule.model_copy(
            update={"kind": "R", "action": "stop_all", "wait": wait, "staff": True}
        )
    return _CLASSES[rule.kind](api, code, rule, detail=detail)


_SILENCE = {"class": "R", "action": "repeat", "wait": 2}
_NO_ANSWER = CodeRule.model_validate({**_SILENCE, "meaning": "no answer"})
_NO_CONNECTION = CodeRule.model_validate({**_SILENCE, "meaning": "no connection"})


def no_answer(api: str, hint: str) -> OutcomeUnknown:
    """A timeout, a reset, a 5xx or an answer that is no JSON."""
    return OutcomeUnknown(api, None, _NO_ANSWER, detail=Detail(hint=hint))


def no_connection(api: str) -> NotSent:
    return NotSent(api, None, _NO_CONNECTION, detail=Detail())
