"""From a refusal's code to the sentence for the person: ``topic.key`` stands in
``config/texts/<topic>.yaml`` under ``refusals.key``."""

from __future__ import annotations

from datetime import date

from config.texts import TextError, text
from credit_core.errors import Refusal


def explain(refusal: Refusal) -> str:
    """:raises TextError: no text for this code (a programming error; a test walks over all)."""
    topic, _, key = refusal.code.partition(".")
    if not key:
        raise TextError(f"the code {refusal.code!r} names no topic")
    fields = {name: shown(value) for name, value in refusal.fields.items()}
    try:
        return text(topic, f"refusals.{key}", **fields)
    except TextError:
        # A topic that several packages share names its refusals by the whole code.
        return text(topic, f"refusals.{refusal.code}", **fields)


def shown(value: object) -> str:
    """A value as people read it: days as 2026年11月23日."""
    if isinstance(value, date):
        return text("cases", "day", year=value.year, month=value.month, day=value.day)
    return str(value)
