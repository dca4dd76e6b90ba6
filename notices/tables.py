"""The plain tables behind the models, for writing many rows in one statement."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table

from credit_core.accounts.models import Follower
from notices.models import Notice, NoticeEvent, SubscriptionCredit

NOTICE = cast("Table", Notice.__table__)
EVENT = cast("Table", NoticeEvent.__table__)
CREDIT = cast("Table", SubscriptionCredit.__table__)
FOLLOWER = cast("Table", Follower.__table__)
