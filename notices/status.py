"""Where a notice stands, and whose move it is."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class NoticeStatus(StrEnum):
    PLANNED = "planned"
    """Ours: the dispatcher sends it when its time has come."""
    WAITING = "waiting"
    """Ours: something named in ``why`` holds it (quiet hours, a retry, a quota, a digest)."""
    SENDING = "sending"
    """A worker's: it holds the lease and is talking to WeChat."""
    SENT = "sent"
    """WeChat's: it took the message and has not told the result yet."""
    DELIVERED = "delivered"
    """The person's: it stands in their WeChat."""
    READ = "read"
    """The person's: they opened it."""
    ACKNOWLEDGED = "acknowledged"
    """Nobody's: the person answered 已知悉."""
    FAILED = "failed"
    """The bureau's when it is statutory (a task to serve it otherwise); else nobody's."""
    UNCERTAIN = "uncertain"
    """Staff's: handed to WeChat, the outcome was never learnt and may not be tried again."""
    SERVED_OTHERWISE = "served_otherwise"
    """Nobody's: staff served it by phone, post or in person, or it was shown in the console."""
    CANCELLED = "cancelled"
    """Nobody's: its cause is gone."""


OPEN = (NoticeStatus.PLANNED, NoticeStatus.WAITING, NoticeStatus.SENDING)
"""The dispatcher still owes something."""
TOLD = (
    NoticeStatus.SENT,
    NoticeStatus.DELIVERED,
    NoticeStatus.READ,
    NoticeStatus.ACKNOWLEDGED,
    NoticeStatus.SERVED_OTHERWISE,
)
"""The person was told, as far as we know."""
ENDED = (
    NoticeStatus.ACKNOWLEDGED,
    NoticeStatus.FAILED,
    NoticeStatus.UNCERTAIN,
    NoticeStatus.SERVED_OTHERWISE,
    NoticeStatus.CANCELLED,
)
"""Nothing happens by itself any more."""


class Lane(IntEnum):
    """Order of service; inside one lane a follower's notices keep their order."""

    REPLY = 0
    """Answers that did not fit into the five seconds."""
    STATUTORY = 1
    """What the law says must be told."""
    ORDINARY = 2
    """What somebody switched on."""
    BULK = 3
    """Campaigns."""
