"""谁记的, 哪天定下来的, 凭哪条规定: one fact of one record, or of each where none is meant."""

from __future__ import annotations

from bot import follow_up
from bot.commands import plain
from bot.follow_up import bare
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Turn
from config.texts import text
from credit_core.scoring import Line
from handlers.chat import which
from handlers.chat.phrases import choices, day, points_in_words
from handlers.chat.score import records_of

FACTS = frozenset({"who", "since", "points", "weight", "basis"})
LONGEST = 16
MOST = 5


def without_record(turn: Turn) -> Handler | None:
    """Who answers 谁记的, 哪天定的, where no record is pointed at: the one spoken of, or each."""
    said = bare(turn.text)
    asked = which.asked_of(said) if len(said) <= LONGEST else None
    if follow_up.ask(turn.text) == "place":
        return None  # 上哪儿去办 asks where to go, not who decided.
    lines = [line for line in records_of(turn) if line.note != "ended"]
    if asked not in {"who", "since", "basis"} or not lines:
        return None
    named = which.told(turn, plain(turn.text), lines, least=which.PLAIN_ENOUGH)
    spoken_of = [line for line in lines if line.record_id == turn.context.get("record")]
    meant = [named] if named is not None else (spoken_of or lines)[:MOST]
    return lambda turn: told(turn, meant, asked)


def told(turn: Turn, lines: list[Line], asked: str) -> Reply:
    """The fact of each line; a single one is from here on the one spoken of."""
    turn.context["topic"] = "score_detail"
    turn.context["records"] = [line.record_id for line in records_of(turn)]
    if len(lines) == 1:
        turn.context["record"] = lines[0].record_id
    rows = "\n".join(_fact(line, asked) for line in lines)
    if len(lines) > 1:
        return Text(rows, choices("lines", "objection"))
    at = turn.context["records"].index(lines[0].record_id) + 1
    object_to = Choice(f"object_to:{lines[0].record_id}", text("score", "object_to", number=at))
    return Text(rows, (*choices("lines"), object_to))


def _fact(line: Line, asked: str) -> str:
    if asked == "weight" and not line.severity:
        asked = "points"
    decided = line.decided_on or line.effective_from
    happened = ""
    if line.occurred_on is not None and line.occurred_on != decided:
        happened = text("score", "facts.happened", on=day(line.occurred_on))
    return text(
        "score",
        f"facts.{asked}",
        title=line.title,
        points=points_in_words(line.points),
        unit=line.source_unit,
        document_no=line.document_no,
        basis=line.basis,
        decided=day(decided),
        since=day(line.effective_from),
        happened=happened,
        severity=line.severity or "",
    )
