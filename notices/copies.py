"""Copies of one notice: several people of a subject get one each (``key``, ``key#2``, …), and
get it again when nobody answers (``key~1``, ``key~1#2``, …)."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, and_, or_

from notices.models import Notice

_MARKS = re.compile("[#~]")


def base_of(key: str) -> str:
    """The key that all copies have in common."""
    return _MARKS.split(key, maxsplit=1)[0]


def is_repetition(key: str) -> bool:
    return "~" in key


def copies_of(notice: Notice) -> ColumnElement[bool]:
    """The first copies of the same notice, itself among them; they share their subject, by
    which they are found."""
    base = base_of(notice.key)
    if notice.subject_id is None:
        return Notice.key == base
    same = or_(Notice.key == base, Notice.key.startswith(f"{base}#", autoescape=True))
    return and_(Notice.subject_id == notice.subject_id, same)
