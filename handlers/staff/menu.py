"""The console's menu: what each role finds on the left."""

from __future__ import annotations

from dataclasses import dataclass

from credit_core.accounts.models import StaffRole
from handlers.staff.page import ADMIN, ANY, AUDITOR, CASES, CLERK, READERS, Member


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; its words stand in ``config/texts/staff.yaml`` under ``menu``."""

    key: str
    path: str
    roles: frozenset[StaffRole]


ENTRIES = (
    Entry("home", "/", ANY),
    Entry("cases", "/cases", CASES),
    Entry("tipoffs", "/tipoffs", CASES),
    Entry("subjects", "/subjects", CASES),
    Entry("lists", "/lists", CASES),
    Entry("inspections", "/inspections", CASES),
    Entry("records", "/records", CASES),
    Entry("codes", "/codes", CASES),
    Entry("campaigns", "/campaigns", READERS),
    Entry("notices", "/notices", READERS),
    Entry("tasks", "/tasks", CASES),
    Entry("messages", "/messages", CLERK),
    Entry("documents", "/documents", READERS),
    Entry("agencies", "/agencies", CASES),
    Entry("rules", "/rules", ANY),
    Entry("versions", "/versions", ANY),
    Entry("calendar", "/calendar", CASES),
    Entry("logs", "/logs", AUDITOR),
    Entry("accounts", "/accounts", ADMIN),
    Entry("me", "/me", ANY),
)


def entries_for(member: Member) -> list[Entry]:
    return [entry for entry in ENTRIES if member.roles & entry.roles]
