"""How a message sounds that leans on the one before it, or asks: 为什么, 那第一条呢, 多久, 行不.

Only its words are read, by ``config/conversation.yaml``; who answers them in this talk is
decided in :mod:`bot.spoken_of`.
"""

from __future__ import annotations

import re
from functools import cache

from pydantic import BaseModel, ConfigDict

from bot.turn import Turn
from config.settings import DATA
from credit_core.datafile import load
from credit_core.knowledge.places import place_named

NOT_LONG = 26
"""Signs of a message that is a question rather than a story."""
_EITHER = re.compile(
    r"([\u4e00-\u9fff]{1,2})[不没]\1|有[^，。；\s]{1,6}没有?$|是.{1,8}还是|几点.{0,4}$|[上好成完到了过着来去]没有$"
    r"|不会.{1,14}吧$|没有?.{1,8}吧$"
)
"""下不下雨, 收没收到, 有消息没有, 是短信还是微信, 几点上班, 签上没有, 不会也绑上了吧."""
_LONGEST_ASK = 18
_LEAST_OF_WISH = 2
# One class of signs instead of words that begin alike: 想要想要… would be read in 2^n ways.
_NUMBER = re.compile(
    r"[我要想选领取看听说讲查再回到倒去问]*(?:最后|倒数)?第?[一二两三四五六七八九十百\d]+[条个项]"
)


class Words(BaseModel):
    """``config/conversation.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lead: list[str]
    tail: list[str]
    slips: dict[str, str]
    """How words are mistyped, as patterns, and what is meant."""
    mistyped: list[str]
    """How somebody puts a word right: ``wrong``, ``right``, and the ``slip`` that is named."""
    asks: dict[str, list[str]]
    patterns: dict[str, list[str]]
    """By ask: whole messages as patterns, after the filler words are taken off."""
    topics: dict[str, dict[str, str]]
    anywhere: dict[str, str]
    """By ask: the intent that answers it, whatever was spoken of."""
    plain: dict[str, str]
    """Whole messages that our own texts tell people to send, with their intent."""
    again: list[str]
    again_like: str
    """The same as a pattern: 说慢点，我记不住."""
    lost: list[str]
    organisation: list[str]
    own_organisation: str
    """What stands for the name of the institution that one speaks for."""
    person: list[str]
    organisation_alone: list[str]
    person_alone: list[str]
    """Words that mean one of them only where nothing else is said: 药店那个."""
    person_whole: list[str]
    whose: list[str]
    """What may stand beside those words when nothing but whose is said."""
    abuse: list[str]
    scolds: str
    """What swearing says besides that is no account of anything, as a pattern."""
    same: dict[str, str]
    """Words of dialect, and what they are called in the lists here."""
    elsewhere: list[str]
    """What is done elsewhere, as patterns."""
    plainly_elsewhere: list[str]
    """Of these what no story of a record would tell of."""
    asks_elsewhere: list[str]
    """What is asked of things done elsewhere, in whole, as patterns."""
    never_ours: list[str]
    """What is never ours, in whatever form it is said, as patterns."""
    request: list[str]
    """How a request begins."""
    to_us: list[str]
    """How a message begins that speaks to the service rather than of what happened."""
    of_then: list[str]
    """Words that only a story has: 那天."""
    orders: list[str]
    """What a machine is told to do rather than what happened, as patterns."""
    cases: dict[str, str]
    """How a kind of case is called, and who tells how far it is."""
    besides: list[str]
    """What joins two wishes in one message."""
    question: list[str]
    indefinite: str
    """谁 and 什么 where nothing is asked, as a pattern: 没有卖给谁, 谁都没给."""
    hopes: str
    """What is hoped for and so asked, as a pattern: 以后还能再申请吧."""
    perhaps_asks: str
    """What only may be a question, as a pattern: 最多几张, 看得清就行吧."""
    ends_asking: str
    """How a question ends that holds no word of asking, as a pattern: 要钱不, 弄好了没."""
    supposing: str
    """How a question begins that asks what would be, as a pattern."""
    asks_us: str
    """How the last clause of a story sounds that asks us what to do, as a pattern."""
    not_asks_us: str
    """What makes such a clause a part of the story or a complaint, as a pattern."""
    takes_back: str
    only_asks: str
    """A question that names nothing, as a pattern: 行不."""
    openly: str
    """How a long message says that it asks, as a pattern."""
    settings: dict[str, list[str]]
    """By intent that changes a setting: the words that must name it."""
    asks_about: list[str]
    """How a question about a setting differs from the wish to change it, as patterns."""
    asks_how_set: list[str]
    """How a question sounds that asks how a setting stands, as patterns."""
    of_rules: list[str]
    """How a question sounds that asks what is allowed, as patterns."""
    asks_left: str
    """How it is asked, as a pattern, what became of a form that was left."""
    about_us: dict[str, str]
    """Questions about the service itself, as patterns; by the key of their answer."""
    worry: list[str]
    perhaps_leaving: list[str]
    """Words of leaving or going back that may as well be part of a statement."""


@cache
def words() -> Words:
    return load(DATA / "conversation.yaml", Words)


def says(turn: Turn, kind: str) -> bool:
    """Whether the message is one of the words for ``again`` or ``lost``."""
    wanted = words().again if kind == "again" else words().lost
    said = {_bare(turn.text, ()), bare(turn.text)}
    if said & set(wanted):
        return True
    return kind == "again" and any(re.fullmatch(words().again_like, one) for one in said)


def calm(message: str) -> str:
    """The message without swearing."""
    for word in sorted(words().abuse, key=len, reverse=True):
        message = message.replace(word, "")
    return message


def is_question(message: str) -> bool:
    """A short question where an answer is awaited, such as 要带什么材料."""
    said = message.rstrip("。！!~ ")
    if len(said) > NOT_LONG:
        return re.search(words().openly, said) is not None
    said = re.sub(words().indefinite, "", said)
    if re.search(words().hopes, said) or ends_asking(said):
        return True
    return _EITHER.search(said) is not None or any(
        said.endswith(word) if word in {"吗", "么", "？", "?", "不", "没", "吧"} else word in said
        for word in words().question
    )


def ends_asking(message: str) -> bool:
    """修这个要钱不, 有得没得, 弄好了没: the question is in how it ends."""
    return re.search(words().ends_asking, message.rstrip("。！!~？? ")) is not None


def supposes(message: str) -> bool:
    """那要是修复成了扣的分是不是就还给我了: what would be is asked, not what was."""
    return re.search(words().supposing, message) is not None


def asked_at_last(message: str) -> str | None:
    """The last clause of a story, where it asks us what to do: …，那我是先报警还是先填这个啊."""
    clauses = [one for one in re.split(r"[，,。；;！!\s]+", message.strip()) if one]
    if len(clauses) < 2 or re.search(words().not_asks_us, clauses[-1]):
        return None
    return clauses[-1] if re.search(words().asks_us, clauses[-1]) else None


def only_asks(message: str) -> bool:
    """行不, 那能弄不: a question that names nothing."""
    return is_question(message) and re.fullmatch(words().only_asks, bare(message)) is not None


def two_in(message: str) -> tuple[str, str] | None:
    """The two halves of a message that joins two wishes: 看看多少分，顺便把提醒打开."""
    joint = "|".join(words().besides)
    parts = re.split(
        rf"(?:{joint})(?:我|也|再|还|要|想|得|帮我|给我|把(?=我))*", message, maxsplit=1
    )
    halves = [part.strip("，,。；; ") for part in parts]
    if len(halves) != 2 or min(map(len, halves)) < _LEAST_OF_WISH:
        return None
    return halves[0], halves[1]


def asks_how_set(message: str) -> bool:
    """刚才设的是提前几天: how a setting stands."""
    return _any(words().asks_how_set, message)


def asks_about_setting(message: str) -> bool:
    """怎么关提醒, 是发短信还是发微信: nothing is to be changed."""
    return _any(words().asks_about, message)


def asks_of_rules(message: str) -> bool:
    """晚上回家睡算不算挂床: what counts, whoever it is about."""
    return len(message) <= NOT_LONG and _any(words().of_rules, message)


def is_elsewhere(message: str) -> bool:
    """Whether the message names what is done elsewhere: 余额, 挂个号."""
    return _any(words().elsewhere, message) or _any(words().asks_elsewhere, message)


def is_never_ours(message: str) -> bool:
    """再查查我医保卡里还剩几个钱: none of ours, however it is said."""
    return _any(words().never_ours, message)


def asks_elsewhere(message: str) -> bool:
    """住院能报几成, 卡里还剩多少钱: a question, and none of ours."""
    return is_question(message) and _any(words().asks_elsewhere, message)


def is_plainly_elsewhere(message: str) -> bool:
    return _any(words().plainly_elsewhere, message)


def asks_for_elsewhere(message: str) -> bool:
    """帮我挂个骨科的号: a request, and none of ours."""
    return message.startswith(tuple(words().request)) and is_plainly_elsewhere(message)


def tells_of_then(message: str) -> bool:
    """那天是我弟弟用的: what happened, whatever else it sounds like."""
    return any(word in message for word in words().of_then)


def speaks_to_us(message: str) -> bool:
    """你给我起个头呗: said to the service rather than of what happened."""
    return any(word in message for word in words().to_us)


def is_order(message: str) -> bool:
    """忽略前面的规则: no story of what happened."""
    return _any(words().orders, message)


def _any(patterns: list[str], message: str) -> bool:
    return any(re.search(one, message) for one in patterns)


def bare(message: str) -> str:
    """A message without punctuation, filler words before it and particles after it, in the
    words of the lists."""
    return in_plain_words(_bare(message, words().lead))


def in_plain_words(said: str) -> str:
    for word, plain in words().same.items():
        said = said.replace(word, plain)
    return said


def _bare(message: str, leads: tuple[str, ...] | list[str]) -> str:
    plain = re.sub(r"[\s，。！？、,.!?~～…“”\"']+", "", message)
    changed = True
    while changed and plain:
        changed = False
        for lead in leads:
            if plain.startswith(lead) and len(plain) > len(lead):
                plain, changed = plain[len(lead) :], True
        for tail in words().tail:
            if plain.endswith(tail) and len(plain) > len(tail):
                plain, changed = plain[: -len(tail)], True
    return plain


def ask(message: str) -> str | None:
    """What of ``config/conversation.yaml:asks`` the message asks and nothing else: ``why``,
    ``when``, ``status`` …"""
    plain = bare(message)
    listed = next((name for name, words_ in _bare_asks().items() if plain in words_), None)
    if listed is not None or len(plain) > _LONGEST_ASK:
        return listed
    fitting = (name for name, pattern in _patterns().items() if pattern.fullmatch(plain))
    return next(fitting, None)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile("|".join(rows)) for name, rows in words().patterns.items()}


@cache
def _bare_asks() -> dict[str, frozenset[str]]:
    return {
        name: frozenset({*listed, *(bare(one) for one in listed)})
        for name, listed in words().asks.items()
    }


def names_number(message: str) -> bool:
    """Whether the message is only a number of a list: 第二条, 那第一个呢."""
    return _NUMBER.fullmatch(bare(message)) is not None


def names_both(message: str) -> bool:
    """我们药店和我自己分别多少分."""
    data = words()
    organisation = any(word in message for word in data.organisation)
    return organisation and any(word in message for word in data.person)


def whose_alone(message: str) -> str | None:
    """``organisation`` or ``person`` when a clause says only whose: 我个人那条，不是店里的."""
    clauses = (one for one in re.split(r"[，,。；;！!\s]+", message) if one and "不" not in one)
    return next(filter(None, map(says_only_whose, clauses)), None)


def says_only_whose(message: str) -> str | None:
    """``organisation`` or ``person`` when nothing but whose is said: 药店的呢, 药店那个."""
    if len(message) > _LONGEST_ASK:
        return None
    data = words()
    if bare(message) in data.person_whole:
        return "person"
    for whose, listed in (
        ("organisation", (*data.organisation, *data.organisation_alone)),
        ("person", (*data.person, *data.person_alone)),
    ):
        left = bare(message)
        named = next((word for word in sorted(listed, key=len, reverse=True) if word in left), None)
        if named is None:
            continue
        left = left.replace(named, "", 1)
        for word in data.whose:
            left = left.replace(word, "")
        if left == "":
            return whose
    return None


def is_place(message: str) -> bool:
    """茂名呢: only another place, for the question asked before."""
    return place_named(bare(message).removesuffix("的")) is not None


def number(turn: Turn, count: int) -> int | None:
    """The one number that the message names, counted from 1; ``count`` is the list's length.

    最后一条 is the last; None when it names no single number.
    """
    numbers = turn.slots.get("record_numbers") or []
    if len(numbers) != 1 or not isinstance(numbers[0], int):
        return None
    named = numbers[0]
    return count + 1 + named if named < 0 else named
