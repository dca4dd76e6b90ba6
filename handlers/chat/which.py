"""Which record a message means: 扣五十分的那个, 借卡那条, 9月那笔, 最重的, 另一条, 这条.

A record is told apart by its points, the number of its document, its month, how heavy it is, and
the words of its title, of what was noted with it or of ``config/record_words.yaml``; one alone
must fit. What is asked of it (什么时候到期, 能修复吗) is left over when the record is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from bot.commands import plain
from bot.follow_up import in_plain_words, number
from bot.turn import Turn
from bot.understanding.numbers import NUMBER, whole
from config.settings import DATA
from config.texts import topic
from credit_core.datafile import load
from credit_core.records.models import Record
from credit_core.scoring import Line

WORD, PART = 4, 1
"""What a word of everyday and two letters of the title tell."""
PLAIN_ENOUGH = 2
_LONGEST = 30
_OF = "的"
_LEFT_ASIDE = re.compile(
    r"^.{1,10}?(?:先不|暂时不|不用|先别)(?:管|说|看|问|修|提|谈)(?:了|它|他)?(?=.{3})"
)
_UNIT = r"(?:一)?(?:条|个|笔|项|次|件|回)(?:记录|扣分|加分|处罚|的|事儿?|分)?"
_LEAD = re.compile(
    r"^(?:那么|请问|对了|还有|然后|我问一下|问一下|嗯|哦|就是|就|那(?!一?[条个笔项次件])"
    r"|(?:我们|我|俺|咱)的?(?=[这那]一?[条个笔项]|第[一二三四五六七八九十\d]))+"
)
_TAIL = re.compile(r"[呢啊呀嘛哦吧哈嘞喃哩咧咯噻撒]+$")
_THIS = re.compile(rf"(?:刚才|刚刚|上面)?(?:说)?的?(?:这|那){_UNIT}|(?:这|那)(?:加|扣)分|它")
_OTHER = re.compile(rf"(?:另外|另|其他|其它|剩下|余下|别的)的?(?:那|这)?{_UNIT}")
_REST = re.compile(
    r"(?:那|还有)?(?:另外|另|其他|其它|其余|剩下|余下|别的)的?(?:那|这)?(?:几|[两二三四五六]|些)(?:条|个|笔|项)?"
)
_NTH = re.compile(
    rf"(?:第{NUMBER}|(?:打头|开头|头|最前面?|最上面?|最后面?|最末|末尾|最下面?)(?:的|那|这)*"
    rf"|倒数第?{NUMBER}){_UNIT}"
)
_NEXT_TO = re.compile(
    r"(?:它|这条|那条|这个|那个)?的?(?:再|往)*(?P<way>[上下前后])(?:面|边|头)?(?:的|那|这|一)*(?:条|个(?!月|星期|礼拜|季)|笔|项|件)"
    r"(?:记录|扣分|加分|的)?"
)
_TOLD = re.compile(
    rf"(?P<what>.{{1,14}}?)(?:的(?:那|这)?{_UNIT}|(?:那|这){_UNIT}|(?:那|这)?[条笔])"
)
_POINTS = re.compile(
    rf"(?:扣|加|减|少|掉)(?:了)?(?P<m>{NUMBER})(?=[的那这条个笔]|$)|(?P<n>{NUMBER})分"
)
_DAY = re.compile(rf"[前去今]年|20\d\d年?|{NUMBER}(?:月份?|[号日])")
_MONTH = re.compile(rf"(?<!个)(?P<m>{NUMBER})月份?(?:(?P<d>{NUMBER})[日号])?(?!内|后|前)")


class RecordWords(BaseModel):
    """``config/record_words.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plain: list[str]
    words: dict[str, list[str]]
    aspects: dict[str, list[str]]
    """What is asked of a record that is meant, as patterns; the first that fits."""
    order: dict[str, list[str]]
    """By what the records are to be put in order, as patterns."""
    signs: dict[str, str]
    """``plus`` and ``minus``: what tells the sign of a record that is pointed at, as a pattern."""
    by_sign: dict[str, str]
    """How a record is pointed at by its sign alone, as patterns with ``signs`` in them."""


@cache
def record_words() -> RecordWords:
    return load(DATA / "record_words.yaml", RecordWords)


@dataclass(frozen=True, slots=True)
class Pointed:
    """A record that the message points at, and what is left of the message.

    :ivar how: ``this``, ``other``, ``place``, ``beside`` (上一条) or ``told`` (by its words).
    """

    line: Line
    rest: str
    how: str


def meant(turn: Turn, lines: Sequence[Line]) -> Line | None:
    """The line that is meant: by its number in the list shown last, by 这条, or by its words."""
    listed = turn.context.get("records") or [line.record_id for line in lines]
    named = number(turn, len(listed))
    if named is not None:
        inside = 1 <= named <= len(listed)
        return _with_id(lines, listed[named - 1]) if inside else None
    said = plain(turn.text)
    other = _OTHER.search(said)
    if other is not None:
        return _other(turn, lines)
    by_words = told(turn, said, lines, least=PLAIN_ENOUGH)
    if by_words is not None:
        return by_words
    if any(word in turn.text for word in topic("repair_chat")["this_words"]):
        return _with_id(lines, turn.context.get("record"))
    return None


def pointed(turn: Turn, lines: Sequence[Line]) -> Pointed | None:
    """The record that a message begins with, and the rest; None when it points at none."""
    said = without_ends(turn.text)
    if len(said) > _LONGEST:
        return None
    for how, pattern in _POINTING:
        match = pattern.match(said)
        if match is not None:
            line = _FOUND[how](turn, lines)
            return None if line is None else Pointed(line, said[match.end() :], how)
    match = _TOLD.match(said)
    if match is None:
        return None
    line = told(turn, match[0], lines)
    return None if line is None else Pointed(line, said[match.end() :], "told")


def without_ends(said: str) -> str:
    """Without what is left aside, what leads to it, and particles at its end."""
    return _TAIL.sub("", _LEAD.sub("", _LEFT_ASIDE.sub("", plain(said))))


def named_further(turn: Turn, found: Pointed) -> Pointed:
    """这条借卡的咋处理: what is told of the record behind 这条 is no question of it."""
    what, of, rest = found.rest.partition(_OF)
    named = found.how == "this" and of and what
    if not named or told(turn, what, [found.line], least=PLAIN_ENOUGH) is None:
        return found
    return Pointed(found.line, rest, "told")


def points_at(said: str) -> bool:
    """Whether a message has the form of pointing at something."""
    left = _LEAD.sub("", _LEFT_ASIDE.sub("", plain(said)))
    return len(left) <= _LONGEST and any(
        pattern.match(left) for pattern in (_THIS, _OTHER, _NTH, _NEXT_TO, _TOLD)
    )


def topic_of(turn: Turn) -> str | None:
    """What was spoken of; nothing yet, right after somebody has bound."""
    about = turn.context.get("topic")
    return about if isinstance(about, str) and about != "bind" else None


def begins_with_one(said: str) -> bool:
    """这条, 那个, 它, 第二条 at the head of a message."""
    left = _LEAD.sub("", plain(said))
    return _THIS.match(left) is not None or _NTH.match(left) is not None


def means_the_rest(said: str) -> bool:
    """剩下的两条呢: all but the one that was spoken of."""
    return _REST.fullmatch(_TAIL.sub("", _LEAD.sub("", plain(said)))) is not None


def beside(turn: Turn) -> str | None:
    """``before`` or ``after`` when the message is 上一条 or 下一条 and a record was spoken of."""
    if turn.context.get("record") not in (turn.context.get("records") or []):
        return None
    return _way(turn)


def _way(turn: Turn) -> str | None:
    match = _NEXT_TO.match(_LEAD.sub("", _LEFT_ASIDE.sub("", plain(turn.text))))
    if match is None:
        return None
    return "before" if match["way"] in "上前" else "after"


def asked_of(said: str) -> str | None:
    """What of a record is asked: ``who`` decided, ``since`` when, ``what`` it is …"""
    said = in_plain_words(said)
    return next(
        (name for name, listed in _aspects().items() if any(one.search(said) for one in listed)),
        None,
    )


@cache
def _aspects() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {
        name: tuple(re.compile(one) for one in listed)
        for name, listed in record_words().aspects.items()
    }


def names_record(said: str) -> bool:
    """Whether a message plainly means one record by its day or its points: 前年那条."""
    left = plain(said)
    by_sign = _DAY.search(left) or _POINTS.search(left)
    return by_sign is not None and points_at(said)


def told(turn: Turn, said: str, lines: Sequence[Line], *, least: int = PART) -> Line | None:
    """The one line that fits everything said of it.

    :param least: how much the words must tell; a whole sentence shares two letters with a title
        by chance.
    """
    left, narrowed = list(lines), False
    ways = (_by_points, _by_document, _by_month, _by_weight)
    for narrow in ways if least > PART else (*ways, _by_sign):
        found = narrow(said, left)
        if found is not None:
            left, narrowed = found, True
    if len(left) > 1 or not narrowed:
        by_words = _by_words(turn, said, left, least)
        if by_words is not None:
            left, narrowed = by_words, True
    return left[0] if narrowed and len(left) == 1 else None


def _by_points(said: str, lines: list[Line]) -> list[Line] | None:
    numbers = {whole(match["n"] or match["m"]) for match in _POINTS.finditer(said)} - {None}
    return [line for line in lines if abs(line.points) in numbers] if numbers else None


def _by_document(said: str, lines: list[Line]) -> list[Line] | None:
    fitting = [line for line in lines if plain(line.document_no) in said]
    return fitting or None


def _by_month(said: str, lines: list[Line]) -> list[Line] | None:
    match = _MONTH.search(said)
    if match is None:
        return None
    month, of_month = whole(match["m"]), whole(match["d"]) if match["d"] else None
    return [
        line
        for line in lines
        if any(
            on is not None and on.month == month and of_month in {None, on.day}
            for on in (line.decided_on, line.occurred_on)
        )
    ]


def _by_weight(said: str, lines: list[Line]) -> list[Line] | None:
    """最重的, 扣得最多的, 最早的."""
    words: dict[str, list[str]] = topic("score")["told_by"]
    named = next((key for key, listed in words.items() if any(w in said for w in listed)), None)
    if named is None or not lines:
        return None
    key: Callable[[Line], int] = (
        (lambda line: line.points)
        if named in {"most", "least"}
        else (lambda line: (line.decided_on or line.effective_from).toordinal())
    )
    bad = [line for line in lines if line.negative]
    among = bad if bad and named in {"most", "least"} else lines
    best = (min if named in {"most", "first"} else max)(map(key, among))
    return [line for line in among if key(line) == best]


def _by_sign(said: str, lines: list[Line]) -> list[Line] | None:
    """加分的, 扣我的: only where the message points, as 为什么扣分 asks for all of them."""
    signs = record_words().signs
    plus, minus = (re.search(signs[sign], said) is not None for sign in ("plus", "minus"))
    return None if plus == minus else [line for line in lines if (line.points > 0) == plus]


def _by_words(turn: Turn, said: str, lines: list[Line], least: int) -> list[Line] | None:
    weights = [_weight(turn, said, line) for line in lines]
    best = max(weights, default=0)
    if best < least:
        return None
    return [line for line, weight in zip(lines, weights, strict=True) if weight == best]


def _weight(turn: Turn, said: str, line: Line) -> int:
    record = turn.session.get(Record, line.record_id)
    return weight(said, line.item, line.title, record.detail if record and record.detail else "")


def weight(said: str, item: str, title: str, detail: str = "") -> int:
    """How much the words of a message tell of an item: those of its title, or of everyday."""
    data, known = record_words(), plain(title) + "|" + plain(detail)
    pairs = {known[at : at + 2] for at in range(len(known) - 1)}
    shared = {pair for pair in pairs if "|" not in pair and pair in said} - set(data.plain)
    everyday = any(word in said for word in data.words.get(item, []))
    return len(shared) * PART + everyday * WORD


def called(said: str, item: str) -> str:
    """What of everyday's words for an item a message says: 挂床住院; ``""`` where it says none."""
    met = (word for word in record_words().words.get(item, []) if word in said)
    return max(met, key=len, default="")


def _this(turn: Turn, lines: Sequence[Line]) -> Line | None:
    spoken_of = _with_id(lines, turn.context.get("record"))
    narrowed = _of_own_sign(plain(turn.text), lines)
    if spoken_of is None or (narrowed and spoken_of not in narrowed):
        narrowed = narrowed or list(lines)
        return narrowed[0] if len(narrowed) == 1 else None
    return spoken_of


def _of_own_sign(said: str, lines: Sequence[Line]) -> list[Line]:
    """这条加分: nothing less plain, as 这条能加回来吗 is of what was taken."""
    plus, minus = (word in said for word in topic("score")["signs"])
    return [line for line in lines if (line.points > 0) == plus] if plus != minus else []


def this_one(turn: Turn, said: str, lines: Sequence[Line]) -> Line | None:
    """The record spoken of, where nothing but 它 or 这条 is said of it."""
    return _this(turn, lines) if _THIS.fullmatch(said) else None


def _other(turn: Turn, lines: Sequence[Line]) -> Line | None:
    """Of two records the one that was not spoken of."""
    others = [line for line in lines if line.record_id != turn.context.get("record")]
    return others[0] if len(lines) > len(others) == 1 else None


def _beside(turn: Turn, lines: Sequence[Line]) -> Line | None:
    """The record before or after the one that was spoken of, in the list shown last; of two
    that were shown together 前面那条 is the first and 后面那条 the second."""
    way, listed = beside(turn), turn.context.get("records") or []
    if way is None:
        one = {"before": 0, "after": 1}.get(_way(turn) or "")
        return lines[one] if one is not None and len(lines) == len(listed) == 2 else None
    at = listed.index(turn.context["record"]) + (1 if way == "after" else -1)
    return _with_id(lines, listed[at]) if 0 <= at < len(listed) else None


def _nth(turn: Turn, lines: Sequence[Line]) -> Line | None:
    listed = turn.context.get("records") or [line.record_id for line in lines]
    named = number(turn, len(listed))
    inside = named is not None and 1 <= named <= len(listed)
    return _with_id(lines, listed[named - 1]) if inside and named is not None else None


_FOUND: dict[str, Callable[[Turn, Sequence[Line]], Line | None]] = {
    "this": _this,
    "other": _other,
    "place": _nth,
    "beside": _beside,
}
_POINTING = (("beside", _NEXT_TO), ("this", _THIS), ("other", _OTHER), ("place", _NTH))


def _with_id(lines: Sequence[Line], record_id: object) -> Line | None:
    return next((line for line in lines if line.record_id == record_id), None)
