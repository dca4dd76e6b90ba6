"""All pages of the console, topic by topic."""

from __future__ import annotations

from handlers.staff import accounts, codes, home, me
from handlers.staff.page import Page


def all_pages() -> list[Page]:
    return [page for topic in (home, codes, me, accounts) for page in topic.pages()]
