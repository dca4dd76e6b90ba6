"""``medcredit offers``: what a good record opens to somebody, and what is lacking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from config.texts import text
from credit_core.clock import SystemClock, local_day
from credit_core.datafile import DataFileError
from credit_core.offers.book import file_book, read_book, read_offers
from credit_core.offers.catalogue import FactError, FactValue, fact_catalogue
from credit_core.offers.engine import OfferState
from credit_core.offers.facts import typed
from credit_core.offers.schema import Offer
from credit_core.offers.service import evaluate_offers
from credit_core.records.columns import kind_named
from credit_core.subjects.identifiers import IdentifierError
from credit_core.subjects.models import SubjectKind
from credit_core.subjects.service import find_subject
from handlers.cli.context import open_database, parse_day, print_json, refuse


def register(app: typer.Typer) -> None:
    app.command("offers")(offers)


def offers(
    kind: Annotated[
        str, typer.Argument(help="resident, institution, practitioner, employer or supplier")
    ] = "",
    identifier: Annotated[str, typer.Argument(help="identity number or code")] = "",
    as_of: Annotated[str, typer.Option(help="day, such as 2026-03-01; today by default")] = "",
    fact: Annotated[
        list[str], typer.Option(help="NAME=VALUE, such as zhima_score=550; may be repeated")
    ] = [],  # noqa: B006  Typer copies it.
    json_: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
    check: Annotated[
        Path | None, typer.Option(help="check a folder or file of offers, and nothing else")
    ] = None,
    list_facts: Annotated[
        bool,
        typer.Option("--list-facts", "--facts", help="list the facts that --fact knows"),
    ] = False,
) -> None:
    """Offers that are open to a subject, the closed ones with the reason, and what is missing."""
    if list_facts:
        _list_facts(as_json=json_)
        return
    if check is not None:
        _check(check, as_json=json_)
        return
    named = kind_named(kind)
    if named is None:
        refuse(f"{kind!r} is no kind of subject; write one of {', '.join(SubjectKind)}.")
    given = _facts(fact)
    on = parse_day(as_of) if as_of else local_day(SystemClock().now())
    with open_database() as database, database.read() as session:
        try:
            subject = find_subject(session, named, identifier)
        except IdentifierError as error:
            refuse(text("identifiers", error.code, **error.fields))
        if subject is None:
            refuse(f"No {kind} with this identifier is on the register.")
        states = evaluate_offers(session, subject, on, given, every_kind=True)
    if json_:
        print_json([_row(state) for state in states])
        return
    for state in states:
        _say(state)


def _facts(written: list[str]) -> dict[str, FactValue]:
    pairs: dict[str, str] = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            refuse(f"--fact {one!r}: write NAME=VALUE, such as zhima_score=550.")
        if name in pairs:
            refuse(f"--fact {one!r}: {name} is given twice.")
        pairs[name] = value
    try:
        return typed(pairs)
    except FactError as error:
        refuse(f"--fact: {error} (medcredit offers --list-facts shows all).")


def _row(state: OfferState) -> dict[str, object]:
    return {
        "offer": state.offer.id,
        "source": state.offer.source,
        "open": state.open,
        "why": state.why,
        "missing": _missing(state),
    }


def _missing(state: OfferState) -> str:
    """What is lacking; an unknown fact with the option that states it here."""
    return text("offers", "missing.join").join(
        lack.text
        if lack.gap is not None
        else lack.text + text("offers", "missing.option", fact=lack.fact)
        for lack in state.missing
    )


def _say(state: OfferState) -> None:
    mark = "✓" if state.open else "·"
    place = "" if state.local else f"〔{state.offer.place}{state.offer.year}〕"
    typer.echo(f"{mark} {state.offer.source:5} {place}{state.offer.title}: {state.why}")
    if state.missing:
        typer.echo(f"          {_missing(state)}")


def _check(path: Path, *, as_json: bool) -> None:
    """The first fault with file and line, or what the files hold."""
    if not path.exists():
        refuse(f"{path} does not exist.")
    try:
        if path.is_dir():
            rows: Sequence[Offer] = read_book(path, fact_catalogue()).all()
        else:
            rows = read_offers(path, fact_catalogue())
    except DataFileError as error:
        refuse(str(error))
    found = [{"offer": row.id, "source": row.source, "confirmed": row.confirmed} for row in rows]
    if as_json:
        print_json(found)
        return
    for row in found:
        typer.echo(f"{row['source']:5} {row['offer']} ({row['confirmed']})")


def _list_facts(*, as_json: bool) -> None:
    asked = _sources_by_fact()
    rows = [
        {
            "name": name,
            "title": fact.title,
            "type": str(fact.type),
            "unit": fact.unit,
            "options": list(fact.options),
            "aliases": list(fact.aliases),
            "sources": asked.get(name, []),
        }
        for name, fact in fact_catalogue().facts.items()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        extra = "/".join(row["options"]) if isinstance(row["options"], list) else ""
        line = json.dumps(row["aliases"], ensure_ascii=False)
        sources = ",".join(asked.get(str(row["name"]), []))
        typer.echo(f"{row['name']}\t{row['title']}\t{row['type']}\t{extra}\t{sources}\t{line}")


def _sources_by_fact() -> dict[str, list[str]]:
    """Fact → inventory ids of the offers that ask for it, or for what it stands in for."""
    catalogue = fact_catalogue()
    found: dict[str, list[str]] = {}
    for offer in file_book().all():
        for name in offer.asks():
            stand_in = catalogue[name].otherwise
            for fact in (name, stand_in) if stand_in else (name,):
                if offer.source not in found.setdefault(fact, []):
                    found[fact].append(offer.source)
    return found
