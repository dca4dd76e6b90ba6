"""Run by Alembic; connection and tables come from credit_core.migrate."""

from __future__ import annotations

from typing import Any

from alembic import context

from credit_core.database import UtcDateTime


def _include(name: str | None, kind: str, _parents: Any) -> bool:
    # procrastinate keeps its own tables and migrates them itself.
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def _render(kind: str, item: Any, autogen_context: Any) -> str | bool:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from credit_core.database import UtcDateTime")
        return "UtcDateTime()"
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
