"""``medcredit score``: one subject's score on a day, with its reasons."""

from __future__ import annotations

from typing import Annotated

import typer

from config.texts import text
from credit_core.clock import SystemClock, local_day
from credit_core.errors import Refusal
from credit_core.scoring import Score
from handlers.cli.context import open_database, parse_day, print_json, refuse, settings_or_exit


def register(app: typer.Typer) -> None:
    app.command("score")(score)


def score(
    kind: Annotated[str, typer.Argument(help="resident or 参保人, institution, practitioner …")],
    identifier: Annotated[str, typer.Argument(help="Identity number, credit code or staff code.")],
    as_of: Annotated[str, typer.Option(help="Any day, past or future; today without it.")] = "",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """The score of a subject, explained line by line."""
    from credit_core.records.columns import kind_named
    from credit_core.repair.ways import lawful_score
    from credit_core.subjects.identifiers import compact
    from credit_core.subjects.service import find_subject

    named = kind_named(kind)
    if named is None:
        refuse(text("identifiers", "subject.kind", kind=kind))
    day = parse_day(as_of) if as_of else local_day(SystemClock().now())
    settings = settings_or_exit()
    with open_database(settings) as database, database.read() as session:
        try:
            subject = find_subject(session, named, identifier)
            if subject is None:
                refuse(text("scoring", "cli.unknown"))
            made = lawful_score(session, subject, day, city=settings.city)
        except Refusal as refusal:
            refuse(refusal_text(refusal))
    if json:
        print_json(made.as_json(compact(identifier)))
    else:
        _print(made)


def refusal_text(refusal: Refusal) -> str:
    """The text of a refusal about identifiers or rules."""
    if refusal.code.startswith("rules."):
        return text("scoring", refusal.code, **refusal.fields)
    return text("identifiers", refusal.code, **refusal.fields)


def _print(made: Score) -> None:
    if not made.evaluated:
        typer.echo(made.reason_text or "")
        return
    typer.echo(f"{made.on}  {made.score}  {made.grade}  ({made.rule_set})")
    typer.echo(f"{made.base:>6}")
    for line in (*made.lines, *made.ended):
        until = line.effective_to or ""
        typer.echo(
            f"{line.points:>+6}  {line.item:<8} {line.state:<16} "
            f"{line.effective_from} → {until}  {line.title}  {line.document_no}"
        )
    for override in made.overrides:
        typer.echo(f"  <= {override.at_most}  {override.title}  {override.document_no}")
