"""A thousand notices through a platform full of faults while processes are killed.

More kills: ``MEDCREDIT_CRASH_ROUNDS``, or by hand ``python -m tests.crash.rounds --rounds 200``.
"""

from __future__ import annotations

import pytest

from tests.crash.installation import Installation
from tests.crash.rounds import play, poster_of

pytestmark = [pytest.mark.crash, pytest.mark.timeout(900)]

NOTICES, REPLIES = 1000, 60


def test_each_notice_is_delivered_once_and_none_is_lost(
    installation: Installation, rounds: int
) -> None:
    with poster_of(installation) as poster:
        seen = play(
            installation, poster, rounds=rounds, notices=NOTICES, replies=REPLIES, seed=rounds
        )
    print(f"\n{seen}")
    assert seen.kills == rounds
    assert (seen.notices, seen.once) == (NOTICES, NOTICES)
    assert (seen.twice, seen.lost, seen.uncertain, seen.still_owed) == (0, 0, 0, 0)
    # No idempotency key: at most once, and never silently lost.
    assert (seen.replies, seen.replies_twice, seen.replies_lost) == (REPLIES, 0, 0)
    assert seen.replies_once >= REPLIES - seen.replies_uncertain
