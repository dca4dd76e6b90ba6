"""A campaign that is paused, resumed and killed reaches exactly those it is for, each once.

The same story with 200,000 followers: ``python -m tests.crash.campaign``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import HAS_POSTGRES
from tests.crash.campaign import Union, played
from tests.databases import fresh_postgres

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]
FOLLOWERS, LIST = 10_000, 400
LISTS = FOLLOWERS // LIST


def exact(seen: Union) -> None:
    assert (seen.meant, seen.lists, seen.reached) == (FOLLOWERS, LISTS, FOLLOWERS)
    assert (seen.twice, seen.missing, seen.strangers, seen.left_while_paused) == (0, 0, 0, 0)


def test_the_union_of_recipients_is_exact(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crowd.sqlite3'}"
    exact(played(url, tmp_path, followers=FOLLOWERS, list_size=LIST))


@pytest.mark.skipif(not HAS_POSTGRES, reason="PostgreSQL does not answer")
def test_the_union_is_exact_on_postgresql(tmp_path: Path) -> None:
    with fresh_postgres() as url:
        exact(played(url, tmp_path, followers=FOLLOWERS, list_size=LIST))
