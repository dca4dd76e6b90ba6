"""All pages of the console, topic by topic."""

from __future__ import annotations

from handlers.staff import (
    accounts,
    agencies,
    calendar,
    campaigns,
    cases,
    codes,
    documents,
    home,
    inspections,
    lists,
    logs,
    me,
    messages,
    notices,
    record_import,
    rules,
    subjects,
    tags,
    tasks,
    tipoffs,
    versions,
)
from handlers.staff.page import Page

TOPICS = (
    home,
    cases,
    tipoffs,
    subjects,
    lists,
    inspections,
    record_import,
    codes,
    tags,
    campaigns,
    notices,
    tasks,
    messages,
    documents,
    agencies,
    rules,
    versions,
    calendar,
    logs,
    me,
    accounts,
)


def all_pages() -> list[Page]:
    return [page for topic in TOPICS for page in topic.pages()]
