from __future__ import annotations

import pytest

from credit_core.accounts.models import Follower
from credit_core.errors import NotFoundError, Refusal
from notices.campaigns import tagging
from notices.campaigns.models import FollowerTag


@pytest.fixture
def followers(database):
    with database.begin() as session:
        rows = [Follower(openid=f"o{number}", following=number != 3) for number in range(4)]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def test_everybody_who_follows_gets_the_tag_once(database, followers):
    with database.begin() as session:
        assert tagging.tag_everybody(session, " 志愿者 ", {}) == 3
        assert tagging.tag_everybody(session, "志愿者", {}) == 0
        ((tag, count),) = tagging.tag_counts(session)
    assert (tag.name, count) == ("志愿者", 3)
    assert followers[3] not in _with_tag(database)


def test_a_tag_that_was_taken_off_is_put_on_again_and_wechat_is_told_anew(database, followers):
    with database.begin() as session:
        tagging.tag_everybody(session, "志愿者", {})
        for row in session.query(FollowerTag):
            row.told = True
    with database.begin() as session:
        ((tag, _),) = tagging.tag_counts(session)
        tagging.clear_tag(session, tag.id)
        assert tagging.tag_counts(session)[0][1] == 0
    with database.begin() as session:
        assert tagging.tag_everybody(session, "志愿者", {}) == 3
        assert not any(row.told for row in session.query(FollowerTag))
    assert set(_with_tag(database)) == set(followers[:3])


def test_names_and_numbers_keep_to_wechats_limits(database, monkeypatch):
    monkeypatch.setattr(tagging, "TAGS_MOST", 2)
    with database.begin() as session:
        for name in ("一", "二"):
            tagging.tag_everybody(session, name, {})
        with pytest.raises(Refusal, match=r"campaign\.tag_many"):
            tagging.tag_everybody(session, "三", {})
        for name in ("", "字" * 31):
            with pytest.raises(Refusal, match=r"campaign\.tag_name"):
                tagging.tag_everybody(session, name, {})
        with pytest.raises(NotFoundError):
            tagging.clear_tag(session, 7)


def _with_tag(database):
    with database.read() as session:
        return [row.follower_id for row in session.query(FollowerTag).filter_by(wanted=True)]
