"""The index gives the same scores however its segments have been merged."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import func, select

from credit_core.knowledge.index import FAN_IN, Fields, Search, add_passages
from credit_core.knowledge.models import KnowledgeSegment

TEXTS = [
    f"第{number}号药店在{number % 7}天内提交{'报告' if number % 2 else '台账'}"
    for number in range(1, 41)
]


def fields(first: int, last: int) -> list[Fields]:
    return [
        Fields(number, TEXTS[number - 1], "药店管理" if number % 5 == 0 else "", "办法")
        for number in range(first, last + 1)
    ]


def scores(database, weights: dict[str, float]) -> np.ndarray:
    with database.read() as session:
        search = Search(session, len(TEXTS))
        search.look_up(weights)
        return search.scores(weights)


@pytest.fixture
def weights() -> dict[str, float]:
    return {"药店": 1.0, "报告": 0.7, "管理": 1.0, "没有": 1.0}


def test_one_import_or_many_score_alike(database, weights, tmp_path) -> None:
    from credit_core.database import Base, Database

    with database.begin() as session:
        add_passages(session, fields(1, 40))
    other = Database(f"sqlite:///{tmp_path / 'many.sqlite3'}")
    Base.metadata.create_all(other.engine)
    for number in range(1, 41):
        with other.begin() as session:
            add_passages(session, fields(number, number))
    with other.read() as session:
        segments = session.scalar(select(func.count()).select_from(KnowledgeSegment))
    assert segments is not None
    assert segments < FAN_IN * 2
    assert np.allclose(scores(database, weights), scores(other, weights))
    other.dispose()


def test_a_term_of_the_heading_counts_more(database) -> None:
    with database.begin() as session:
        add_passages(session, fields(1, 40))
    found = scores(database, {"药店": 1.0})
    assert found[5] > found[1] > 0
    assert found[0] == 0


def test_a_rare_term_outweighs_a_common_one(database) -> None:
    with database.begin() as session:
        add_passages(session, [*fields(1, 39), Fields(40, "罕见事项", "", "办法")])
    with database.read() as session:
        search = Search(session, 40)
        search.look_up(["罕见"])
        search.look_up(["罕见", "药店"])
    assert search.rarity(search.frequency("罕见")) > search.rarity(search.frequency("药店"))
    assert search.frequency("从未") == 0
