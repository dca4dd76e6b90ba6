"""``medcredit check``: may a matter go ahead for a subject? For other systems, and logged."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from config.texts import text
from credit_core.access.models import Purpose
from credit_core.cases.wording import explain
from credit_core.clock import SystemClock, local_day
from credit_core.errors import Refusal
from credit_core.reports.check import Decision
from handlers.cli.context import open_database, parse_day, print_json, refuse
from handlers.cli.score import refusal_text


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    kind: Annotated[str, typer.Argument(help="resident or 参保人, institution, practitioner …")],
    identifier: Annotated[str, typer.Argument(help="Identity number, credit code or staff code.")],
    matter: Annotated[str, typer.Argument(help="What shall be done, such as new_contract.")],
    by: Annotated[str, typer.Option(help="Who asks: a person or a system.")],
    purpose: Annotated[Purpose, typer.Option(help="Why: kept in the log that the subject reads.")],
    as_of: Annotated[str, typer.Option(help="Any day, past or future; today without it.")] = "",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Allow, review or block, each with the decision that it rests on; the look is logged."""
    from credit_core.access.service import look
    from credit_core.records.columns import kind_named
    from credit_core.reports.check import check as decide
    from credit_core.reports.schema import matters
    from credit_core.subjects.service import find_subject

    named = kind_named(kind)
    if named is None:
        refuse(text("identifiers", "subject.kind", kind=kind))
    known = matters().get(matter)
    if known is None:
        names = "、".join(f"{name}（{one.title}）" for name, one in matters().items())
        refuse(text("reports", "matters_known", matter=matter, names=names))
    now = SystemClock().now()
    day = parse_day(as_of) if as_of else local_day(now)
    with open_database() as database, database.begin() as session:
        try:
            subject = find_subject(session, named, identifier)
        except Refusal as refusal:
            refuse(refusal_text(refusal))
        if subject is None:
            refuse(text("scoring", "cli.unknown"))
        try:
            look(
                session,
                actor=by,
                actor_name=by,
                subject_id=subject.id,
                purpose=purpose,
                matter=known.title,
                content=text("access", "check_seen"),
                ip="",
                at=now,
            )
            found = decide(session, subject, matter, day)
        except Refusal as refusal:
            refuse(explain(refusal))
    if json:
        print_json(asdict(found) | {"as_of": day})
    else:
        _print(found)


def _print(found: Decision) -> None:
    typer.echo(found.verdict)
    for sentence in found.basis:
        typer.echo(f"  {sentence}")
