"""The Chinese title of an item, from the rules that held when the record was decided."""

from __future__ import annotations

from credit_core.errors import Refusal
from credit_core.records.models import Record
from credit_core.rules.book import rule_book
from handlers.staff.page import Visit


def item_title(visit: Visit, kind: str, record_id: int) -> str:
    """Empty when the rules do not know the item (any more)."""
    record = visit.session.get_one(Record, record_id)
    try:
        rules = rule_book(visit.session).for_decision(kind, record.decided_on).rules
    except Refusal:
        return ""
    return next((item.title for item in rules.items if item.code == record.item), "")
