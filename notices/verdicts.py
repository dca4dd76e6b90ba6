"""The door to WeChat as this package sees it: parcels out, verdicts back.

`bot` owns the client; the composition root puts an adapter between them. So this package
knows what an answer means for a notice, and nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    """WeChat took it."""
    DONE = "done"
    """WeChat had taken the same message before."""
    RETRY = "retry"
    """Refused now; the same call may succeed later."""
    NOT_SENT = "not_sent"
    """The connection was never made."""
    UNKNOWN = "unknown"
    """No answer: it may have taken effect."""
    USER = "user"
    """Not for this person through this channel."""
    MESSAGE = "message"
    """This message or template is not taken."""
    QUOTA = "quota"
    """The interface's calls are used up."""
    CONFIGURATION = "configuration"
    """Only the account's staff can mend it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one call to WeChat came to.

    :ivar action: what is to be done besides, as in config/wechat/errors.yaml.
    :ivar wait: seconds before the next try makes sense.
    :ivar staff: somebody at the bureau has to look at it.
    """

    outcome: Outcome
    action: str = ""
    code: int | None = None
    rid: str = ""
    wait: float = 0.0
    message_id: str | None = None
    staff: bool = False
    hint: str = ""


ACCEPTED_SILENTLY = Verdict(Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one person."""

    channel: str
    """``subscription``, ``template`` or ``custom``."""
    openid: str
    key: str
    """Idempotency key, where the channel knows one."""
    template_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MassParcel:
    """One mass message: by a list of openids, by a tag, or to everybody."""

    kind: str
    """``text``, ``image`` or ``article``."""
    content: Mapping[str, Any]
    key: str
    """At most 32 characters; WeChat remembers it for 24 hours."""
    openids: Sequence[str] = ()
    tag_id: int | None = None
    to_all: bool = False


class Platform(Protocol):
    """What the dispatcher needs of WeChat. No method raises; a verdict tells everything."""

    async def deliver(self, parcel: Parcel) -> Verdict: ...

    async def ready(self) -> Verdict | None:
        """None when a message would leave at once; else why nothing can be sent."""
        ...

    async def deliver_mass(self, parcel: MassParcel) -> Verdict: ...

    async def preview(self, openid: str, parcel: MassParcel) -> Verdict: ...

    async def prepare(self, kind: str, content: Mapping[str, Any]) -> tuple[Verdict, str]:
        """Upload a picture or put an article into the draft box; returns its media id."""
        ...

    async def calls_left(self, channel: str) -> int | None:
        """Calls that an interface has left today, by WeChat's count; None when unknown."""
        ...

    async def mass_status(self, message_id: str) -> tuple[Verdict, str]: ...


TEMPLATE_WINDOW = timedelta(minutes=10)
MASS_WINDOW = timedelta(hours=24)
_MARGIN = timedelta(seconds=45)
_WINDOWS: Mapping[str, timedelta] = {"template": TEMPLATE_WINDOW, "mass": MASS_WINDOW}


def repeatable_for(channel: str) -> timedelta:
    """How long after a hand-over the same message may be repeated without being told twice.

    Zero where WeChat knows no idempotency key (subscription and customer-service messages).
    """
    window = _WINDOWS.get(channel)
    return timedelta(0) if window is None else window - _MARGIN
