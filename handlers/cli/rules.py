"""``medcredit rules``: check rule files, compare them, see who would change grade."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from config.settings import DATA
from config.texts import text
from credit_core.clock import SystemClock, local_day
from credit_core.datafile import DataFileError
from credit_core.rules.book import DIRECTORY, RuleBook, entry, read_directory, rule_book
from credit_core.rules.check import read_rule_set
from handlers.cli.context import open_database, parse_day, print_json, refuse

group = typer.Typer(help="The rules of scoring.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="rules")


def _read(path: Path) -> RuleBook:
    """A directory of rule files, or one of them.

    Ends the command with one line that names file and line when something is wrong.
    """
    if not path.exists():
        refuse(text("rules", "missing", path=path))
    try:
        if path.is_dir():
            return read_directory(path)
        return RuleBook([entry(read_rule_set(path), str(path))])
    except DataFileError as error:
        refuse(str(error))


@group.command("check")
def check(
    directory: Annotated[
        Path, typer.Argument(help="One file, a folder, or all of config/.")
    ] = DIRECTORY,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Check files of rules, of scoring and all others: the first fault with file and line.

    Without a path, everything under config/.
    """
    scoring = _check_others(directory)
    book = RuleBook([]) if scoring is None else _read(scoring)
    rows = [
        {
            "rule_set": one.version,
            "kind": kind,
            "effective_from": one.rules.effective_from,
            "effective_to": one.rules.effective_to,
            "items": len(one.rules.items),
            "unconfirmed": sum(i.source_mark == "unconfirmed" for i in one.rules.items)
            + sum(g.source_mark == "unconfirmed" for g in one.rules.grades),
            "last_checked": one.rules.last_checked,
        }
        for kind, entries in book.entries.items()
        for one in entries
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(
            f"{row['rule_set']}  {row['effective_from']} → {row['effective_to'] or ''}  "
            f"items={row['items']} unconfirmed={row['unconfirmed']} checked={row['last_checked']}"
        )


def _check_others(path: Path) -> Path | None:
    """Check what are no rules of scoring; returns where those stand, None: nowhere here.

    :param path: one file, a folder of them, or a whole ``config`` folder.
    """
    # They take seconds to load and belong to other commands.
    from handlers.cli.rule_files import beside_the_rules, kind_of

    if not path.exists():
        refuse(text("rules", "missing", path=path))
    if path.is_file():
        kind = kind_of(path)
        found, scoring = ([] if kind is None else [(path, kind)]), path if kind is None else None
    elif path == DIRECTORY or (path / "rules").is_dir():
        root = DATA if path == DIRECTORY else path
        found, scoring = list(beside_the_rules(root)), root / "rules"
    else:
        kinds = [(one, kind_of(one)) for one in sorted(path.rglob("*.yaml"))]
        found = [(one, kind) for one, kind in kinds if kind is not None]
        unknown = any(kind is None and one.parent == path for one, kind in kinds)
        scoring = path if unknown or not found else None
    for one, kind in found:
        try:
            kind.read(one)
        except DataFileError as error:
            refuse(str(error))
        typer.echo(text("rules", "sound", path=one), err=True)
    return scoring


@group.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="A directory or one file.")],
    after: Annotated[Path, typer.Argument(help="A directory or one file.")],
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """What differs between two sets of rules."""
    from credit_core.rules.compare import book_differences

    found = book_differences(_read(before), _read(after))
    if json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        typer.echo(f"{one.place}: {one.before} → {one.after}")


@group.command("preview")
def preview(
    path: Annotated[Path, typer.Argument(help="A directory or one file of new rules.")],
    as_of: Annotated[str, typer.Option(help="The day to compare on.")] = "",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Who would change grade under other rules; nothing is stored."""
    from credit_core.scoring.preview import preview as compare

    new = _read(path)
    day = parse_day(as_of) if as_of else local_day(SystemClock().now())
    with open_database() as database, database.read() as session:
        old = rule_book(session)
        made = compare(session, old, _in_front(new, old), day)
    if json:
        print_json(asdict(made))
        return
    typer.echo(f"{made.on} subjects={made.subjects} scores={made.scores}")
    for shift in made.shifts:
        shown = " ".join(shift.samples)
        typer.echo(
            f"{shift.kind}: {shift.before or '-'} → {shift.after or '-'}  {shift.count}  {shown}"
        )


def _in_front(new: RuleBook, old: RuleBook) -> RuleBook:
    """The new rule sets in force, the old ones where the new say nothing."""
    fresh = [one for entries in new.entries.values() for one in entries]
    rest = [one for entries in old.entries.values() for one in entries]
    return RuleBook(rest, fresh)
