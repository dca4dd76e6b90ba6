"""The text of a row that holds, as staff begin with it when they draft its next version."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.versions.models import ConfigVersion, TopicKey, VersionState

WIDTH = 100


def begun_text(
    session: Session, topic: TopicKey, name: str, files: list[Path], key: str, on: date
) -> str | None:
    """The newest approved version, else the row of the file, to begin next month.

    :param key: under which the rows of a file stand, such as ``offers``.
    """
    newest = session.scalar(
        select(ConfigVersion.content)
        .where(
            ConfigVersion.topic == topic,
            ConfigVersion.name == name,
            ConfigVersion.state == VersionState.APPROVED,
        )
        .order_by(ConfigVersion.approved_at.desc(), ConfigVersion.id.desc())
        .limit(1)
    )
    content = newest or next(
        (found for path in files if (found := _row_of_file(path, key, name)) is not None), None
    )
    return None if content is None else from_next_month(content, on)


def from_next_month(content: str, on: date) -> str:
    """The text, to hold from the first day of the month after a day on, and without an end."""
    first = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
    content = re.sub(r"(?m)^(\s*)effective_from:.*$", rf"\1effective_from: {first}", content)
    return re.sub(r"(?m)^\s*effective_to:.*\n", "", content)


@lru_cache(maxsize=256)
def _row_of_file(path: Path, key: str, name: str) -> str | None:
    """One row with what its file says for all rows (place, year, conditions)."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    row = next((one for one in loaded.get(key, ()) if one.get("id") == name), None)
    if row is None:
        return None
    shared: dict[str, Any] = {
        one: loaded[one] for one in ("place", "year", "conditions") if one in loaded
    }
    return yaml.safe_dump({**shared, key: [row]}, allow_unicode=True, sort_keys=False, width=WIDTH)
