"""The clauses of a message: which ask, and which only tell about the asker."""

from __future__ import annotations

import re

from credit_core.knowledge.rules import pattern

_MOST_PARTS = 3
_END = re.compile(r"[，,；;。？?！!\n]+")


def asks(clause: str) -> bool:
    """Whether a clause asks something."""
    return bool(pattern("asks").search(clause))


def asides(text: str) -> list[str]:
    """Clauses that do not ask, beside others that do: 我是药店的，…"""
    clauses = [clause for clause in _END.split(text) if clause.strip()]
    asking = [clause for clause in clauses if asks(clause)]
    return [clause for clause in clauses if clause not in asking] if asking else []


def asked_parts(text: str) -> list[str]:
    """The questions of a message, each with what was said before it; one when it asks once.

    >>> asked_parts("公司两年没报税，会吊销吗？一共吊销了多少家")
    ['公司两年没报税，会吊销吗', '一共吊销了多少家']
    """
    parts: list[str] = []
    before = ""
    for clause in _END.split(text):
        if not clause.strip():
            continue
        before = f"{before}，{clause}" if before else clause
        if asks(clause):
            parts.append(before)
            before = ""
    return parts[:_MOST_PARTS] if parts else [text]
