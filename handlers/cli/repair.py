"""``medcredit repair``: may a record be repaired, and what staff have verified about it."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from credit_core.cases.wording import explain
from credit_core.clock import SystemClock, local_day
from credit_core.errors import Refusal
from credit_core.records.models import Record
from credit_core.repair.check import RepairCheck
from credit_core.repair.models import FactKind
from handlers.cli.context import (
    open_database,
    parse_day,
    print_json,
    refuse,
    settings_or_exit,
)

DocumentNo = Annotated[str, typer.Argument(help="Number of the decision: 荣医保罚〔2026〕3号.")]
AsOf = Annotated[str, typer.Option(help="Any day, past or future; today without it.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Credit repair.", no_args_is_help=True)
    group.command("check")(check)
    group.command("fact")(fact)
    app.add_typer(group, name="repair")


def check(
    document_no: DocumentNo,
    as_of: AsOf = "",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Each condition of a repair: does it pass, and from which day."""
    from credit_core.repair.check import check as conditions_of

    settings = settings_or_exit()
    day = parse_day(as_of) if as_of else local_day(SystemClock().now())
    with open_database(settings) as database, database.read() as session:
        try:
            found = [
                conditions_of(session, record, day, city=settings.city)
                for record in _records(session, document_no)
            ]
        except Refusal as refusal:
            refuse(explain(refusal))
    worst = max(found, key=_last)
    if json:
        print_json(worst.as_json())
    else:
        _print(worst)


def fact(
    document_no: DocumentNo,
    kind: Annotated[FactKind, typer.Argument(help="What was verified.")],
    on: Annotated[str, typer.Option(help="Since when it is true; today without it.")] = "",
    value: Annotated[str, typer.Option(help="For `field`: 药品, 食品 …")] = "",
    note: Annotated[str, typer.Option(help="How it was verified.")] = "",
    by: Annotated[str, typer.Option(help="Who verified it.")] = "cli",
) -> None:
    """Note a verified fact (duties_done, corrected, commitment, field) about a decision."""
    from credit_core.repair.facts import record_fact

    now = SystemClock().now()
    day = parse_day(on) if on else local_day(now)
    with open_database() as database, database.begin() as session:
        try:
            for record in _records(session, document_no):
                record_fact(session, record, kind, on=day, by=by, at=now, value=value, note=note)
        except Refusal as refusal:
            refuse(explain(refusal))


def _records(session: Session, document_no: str) -> list[Record]:
    """Negative records of a decision; when it has none, whatever it has."""
    from credit_core.records.service import by_document
    from credit_core.repair.facts import record_class

    found = by_document(session, document_no)
    if not found:
        raise Refusal("repairs.document_unknown", document_no=document_no)
    return [record for record in found if record_class(session, record)] or found


def _last(found: RepairCheck) -> tuple[int, str]:
    """A decision with several records is repaired when the last of them can be."""
    open_days = [one.passes_from for one in found.conditions if not one.passed]
    unknown = sum(day is None for day in open_days)
    return unknown, str(max((day for day in open_days if day), default=""))


def _print(found: RepairCheck) -> None:
    typer.echo(f"{found.rule_set} / {found.procedure_rules}")
    for one in found.conditions:
        typer.echo(f"{'+' if one.passed else '-'} {one.code:20} {one.why}")
