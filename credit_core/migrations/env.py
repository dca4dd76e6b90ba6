"""Run by Alembic; connection and tables come from credit_core.migrate."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from credit_core.database import UtcDateTime
from credit_core.days import Day


def _include(name: str | None, kind: str, _parents: Any) -> bool:
    # procrastinate keeps its own tables and migrates them itself.
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


_OWN = {
    UtcDateTime: ("credit_core.database", "UtcDateTime"),
    Day: ("credit_core.days", "Day"),
}


def _render(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Our own column types by name; JSON as it is on each database."""
    if kind != "type":
        return False
    if isinstance(item, JSON):
        autogen_context.imports.add("from credit_core.database import Json")
        return "Json"
    for own, (module, name) in _OWN.items():
        if isinstance(item, own):
            autogen_context.imports.add(f"from {module} import {name}")
            return f"{name}()"
    return False


attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    include_name=_include,
    render_item=_render,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
