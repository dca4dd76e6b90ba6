"""`medcredit understand`: what messages mean, one a line, or how well a labelled file is met.

What staff labelled in the console comes out with `--labelled`, in the form that `--evaluate` reads
and that training takes from `config/intents/labelled.tsv`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from bot.models import NotUnderstood
from bot.understanding import Understander
from bot.understanding.data import IntentDataError
from bot.understanding.evaluation import Evaluation, EvaluationError, evaluate, read_labelled
from handlers.cli.context import open_database


def register(app: typer.Typer) -> None:
    app.command("understand")(understand)


def understand(
    evaluate_file: Annotated[
        Path | None,
        typer.Option("--evaluate", help="TSV or JSONL of text, intent, style: measure instead."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The measure as one JSON.")] = False,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only train, if needed.")] = False,
    labelled: Annotated[
        bool,
        typer.Option("--labelled", help="Print what staff labelled, as TSV, and nothing else."),
    ] = False,
) -> None:
    """Read a message a line from standard input; print one JSON a line."""
    if labelled:
        _print_labelled()
        return
    try:
        understander = Understander.load()
        if prepare:
            return
        if evaluate_file is not None:
            known = [intent.id for intent in understander.intents]
            result = evaluate(understander, read_labelled(evaluate_file, known))
            _print_evaluation(result, as_json=as_json)
            return
    except (EvaluationError, IntentDataError) as mistake:
        print(mistake, file=sys.stderr)
        raise typer.Exit(2) from mistake
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        got = understander.understand(text)
        row = {
            "text": text,
            "intent": got.intent,
            "confidence": round(got.confidence, 4),
            "slots": got.slots,
        }
        print(json.dumps(row, ensure_ascii=False), flush=True)


def _print_labelled() -> None:
    """Oldest first; a message and its label once, however often it was sent."""
    statement = (
        select(NotUnderstood).where(NotUnderstood.label.is_not(None)).order_by(NotUnderstood.id)
    )
    printed: set[tuple[str, str]] = set()
    print("text\tintent\tstyle")
    with open_database(listen=False) as database, database.read() as session:
        for row in session.scalars(statement.execution_options(yield_per=500)):
            text, label = " ".join(row.text.split()), row.label or ""
            if text and (text, label) not in printed:
                printed.add((text, label))
                print(f"{text}\t{label}\tlabelled")


def _print_evaluation(result: Evaluation, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
        return
    print(f"{result.right} of {result.total} right: {result.accuracy:.2%}")
    print(f"\n{'intent':<18}{'precision':>10}{'recall':>10}{'messages':>10}")
    for intent, (precision, recall, total) in result.precision_recall().items():
        print(f"{intent:<18}{precision:>10.2%}{recall:>10.2%}{total:>10}")
    print(f"\n{'style':<18}{'right':>10}{'messages':>10}")
    for style, (right, total) in sorted(result.styles.items()):
        print(f"{style or '-':<18}{right / total:>10.2%}{total:>10}")
    print("\nwanted -> understood, times")
    for (wanted, got), times in result.confusion.most_common():
        if wanted != got:
            print(f"{wanted} -> {got}  {times}")
