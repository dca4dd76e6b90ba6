"""All pages of the console, topic by topic."""

from __future__ import annotations

from handlers.staff import (
    accounts,
    cases,
    codes,
    home,
    me,
    messages,
    notices,
    rules,
    subjects,
    tasks,
)
from handlers.staff.page import Page


def all_pages() -> list[Page]:
    return [
        page
        for topic in (home, cases, subjects, codes, notices, tasks, messages, rules, me, accounts)
        for page in topic.pages()
    ]
