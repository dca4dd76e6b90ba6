"""``medcredit policy``: documents into the library, and questions answered from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from config.texts import text
from credit_core.clock import SystemClock, local_day
from credit_core.database import Database
from credit_core.errors import NotFoundError
from credit_core.knowledge.citation import Answer
from credit_core.knowledge.extraction import UnreadableFileError
from credit_core.knowledge.library import ImportResult, Library
from handlers.cli.context import print_json, refuse, settings_or_exit

app = typer.Typer(help="Documents and questions about rules.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="policy")


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="txt, md, html, docx or pdf.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Read documents in. The same content again changes nothing; a new version replaces."""
    library, results, failed = Library(), [], False
    now = SystemClock().now()
    with _database() as database:
        for path in files:
            try:
                with database.begin() as session:
                    results.append(library.import_file(session, path, now=now))
            except UnreadableFileError as error:
                failed = True
                reason = text("knowledge", f"unreadable.{error.code}")
                typer.echo(f"{error.file}：{reason}", err=True)
                continue
            if not as_json:
                typer.echo(_result_line(results[-1]))
    if as_json:
        print_json([asdict(result) for result in results])
    if failed:
        raise typer.Exit(2)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="TEXT")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    city: Annotated[str, typer.Option(help="Place of the asker, when the question has none.")] = "",
) -> None:
    """Answer from the current documents, or say that it is not written."""
    today = local_day(SystemClock().now())
    with _database() as database, database.read() as session:
        found = Library().ask(session, question, city=city or None, today=today)
    if as_json:
        print_json(answer_json(found))
        return
    typer.echo(found.answer)
    for source in found.sources:
        typer.echo(f"  {source.file} | {source.document} | {source.section}")


@app.command("list")
def list_documents(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Documents of the library with their identifiers and states."""
    with _database() as database, database.read() as session:
        documents = Library().documents(session)
    if as_json:
        print_json([asdict(document) for document in documents])
        return
    for document in documents:
        facts = " ".join(str(part) for part in (document.place, document.year or "") if part)
        typer.echo(f"{document.id} {document.status} {document.file} {facts} {document.title}")


@app.command()
def withdraw(document_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Take a document back: it stays on record and is no longer cited."""
    with _database() as database, database.begin() as session:
        try:
            Library().withdraw(session, document_id, now=SystemClock().now())
        except NotFoundError:
            refuse(f"There is no document {document_id}; see `medcredit policy list`.")


def answer_json(found: Answer) -> dict[str, object]:
    """The answer as the command prints it."""
    return {
        "answer": found.answer,
        "sources": [
            {
                "file": source.file,
                "document": source.document,
                "section": source.section,
                "excerpt": source.excerpt,
            }
            for source in found.sources
        ],
        "confidence": found.confidence,
    }


@contextmanager
def _database() -> Iterator[Database]:
    """The installation's database; documents are public, so no key is needed."""
    database = Database(settings_or_exit().database_url)
    try:
        yield database
    except DBAPIError as error:
        typer.echo(f"The database cannot be used: {type(error.orig).__name__}.", err=True)
        refuse("Run `medcredit db upgrade` first.")
    finally:
        database.dispose()


def _result_line(result: ImportResult) -> str:
    fields = asdict(result)
    return text("knowledge", f"import.{fields.pop('state')}", **fields)
