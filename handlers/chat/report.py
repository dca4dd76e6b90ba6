"""信用报告: issued on request, read in full on a page, checked by its serial."""

from __future__ import annotations

from bot.reply import Article, Articles, Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.reports.service import Report, issue_report, reports_of
from credit_core.subjects.models import Subject
from handlers.chat.phrases import bind_first, choices, day, shown_name

LONGEST = 20


def register(routes: Routes) -> None:
    routes.intents["report"] = report
    routes.pointing.append(_goes_on)


def _goes_on(turn: Turn) -> Handler | None:
    """Who answers 怎么打印出来, after a report."""
    about = turn.context.get("topic") == "report" and len(turn.text) <= LONGEST
    return report if about and (_says(turn, "print_words") or _says(turn, "valid_words")) else None


def _says(turn: Turn, key: str) -> bool:
    return any(word in turn.text for word in topic("report_chat")[key])


def report(turn: Turn) -> Reply:
    """One report a day is enough: asked again on the same day, the same one is shown."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "report")
    made = next(
        (
            one
            for one in reports_of(turn.session, subject, turn.today)
            if one.issued_on == turn.today and one.state == "valid"
        ),
        None,
    )
    if made is None:
        made = issue_report(
            turn.session,
            subject,
            on=turn.today,
            now=turn.now,
            purpose=text("report_chat", "purpose"),
        )
    base = turn.services.settings.public_url.rstrip("/")
    if _says(turn, "valid_words"):
        told = text("report_chat", "valid", until=day(made.valid_to))
        return Text(told, choices("report", "score"))
    if _says(turn, "print_words"):
        return _to_print(subject, made, f"{base}/h5/reports/{made.serial}")
    return Articles(
        (
            Article(
                text("report_chat", "title", name=shown_name(subject)),
                _summary(made),
                f"{base}/h5/reports/{made.serial}",
            ),
        )
    )


def _to_print(subject: Subject, made: Report, url: str) -> Reply:
    """The link and how it comes onto paper: a card has no room for that."""
    link = f'<a href="{url}">{text("report_chat", "link")}</a>'
    lines = [
        text("report_chat", "title", name=shown_name(subject)),
        text("report_chat", "issued", serial=made.serial, until=day(made.valid_to)),
        link,
        text("report_chat", "print"),
    ]
    return Text("\n".join(lines), choices("score", "agent"))


def _summary(made: Report) -> str:
    score = (
        text("report_chat", "score", score=made.score, grade=made.grade)
        if made.score is not None
        else text("report_chat", "no_score")
    )
    return text(
        "report_chat",
        "summary",
        serial=made.serial,
        issued=day(made.issued_on),
        until=day(made.valid_to),
        score=score,
    )
