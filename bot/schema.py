"""Every module with tables, imported once, for migrations and tests.

A module that is not listed here has no table: `tests/bot/test_schema.py` compares.
"""

from __future__ import annotations

import importlib

MODULES = (
    "bot.models",
    "bot.wechat.models",
    "credit_core.access.models",
    "credit_core.accounts.models",
    "credit_core.cases.models",
    "credit_core.commitments.models",
    "credit_core.deadlines.models",
    "credit_core.evidence.models",
    "credit_core.inspection.models",
    "credit_core.knowledge.models",
    "credit_core.lists.models",
    "credit_core.measures.models",
    "credit_core.objections.models",
    "credit_core.offers.models",
    "credit_core.records.models",
    "credit_core.repair.models",
    "credit_core.reports.models",
    "credit_core.scoring.models",
    "credit_core.subjects.models",
    "credit_core.tipoffs.models",
    "credit_core.versions.models",
    "credit_core.workdays.models",
    "notices.campaigns.models",
    "notices.models",
)

for _module in MODULES:
    importlib.import_module(_module)
