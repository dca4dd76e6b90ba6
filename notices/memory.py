"""WeChat in memory: keeps what was sent, honours idempotency keys, refuses on request.

For unit tests and dry runs; the sandbox is the faithful stand-in.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from notices.verdicts import MassParcel, Outcome, Parcel, Verdict

_KEYED = frozenset({"template", "mass"})


class MemoryPlatform:
    """Satisfies :class:`notices.verdicts.Platform`.

    ``script`` holds verdicts for the next calls, per channel (``mass`` and ``preview`` too);
    a verdict that is UNKNOWN takes effect first when ``effect_despite_silence`` is set.
    """

    def __init__(self) -> None:
        self.sent: list[Parcel] = []
        self.mass: list[MassParcel] = []
        self.previews: list[tuple[str, MassParcel]] = []
        self.prepared: list[str] = []
        self.calls: dict[str, int] = defaultdict(int)
        self.script: dict[str, deque[Verdict]] = defaultdict(deque)
        self.effect_despite_silence = False
        self.left_today: dict[str, int] = {}
        self._numbers: dict[tuple[str, str], str] = {}

    def refuse(self, channel: str, *verdicts: Verdict) -> None:
        """What the next calls of a channel come to."""
        self.script[channel].extend(verdicts)

    async def deliver(self, parcel: Parcel) -> Verdict:
        self.calls[parcel.channel] += 1
        scripted = self._next(parcel.channel)
        if scripted is not None and not self._silent_effect(scripted):
            return scripted
        number = self._effect(parcel.channel, parcel.openid, parcel.key)
        if number is None:
            self.sent.append(parcel)
            number = self._remember(parcel.channel, parcel.openid, parcel.key)
        return scripted or Verdict(Outcome.ACCEPTED, message_id=number)

    async def ready(self) -> Verdict | None:
        return None

    async def deliver_mass(self, parcel: MassParcel) -> Verdict:
        self.calls["mass"] += 1
        scripted = self._next("mass")
        if scripted is not None and not self._silent_effect(scripted):
            return scripted
        number = self._effect("mass", "", parcel.key)
        outcome = Outcome.DONE
        if number is None:
            self.mass.append(parcel)
            number, outcome = self._remember("mass", "", parcel.key), Outcome.ACCEPTED
        return scripted or Verdict(outcome, message_id=number)

    async def preview(self, openid: str, parcel: MassParcel) -> Verdict:
        scripted = self._next("preview")
        if scripted is not None:
            return scripted
        self.previews.append((openid, parcel))
        return Verdict(Outcome.ACCEPTED)

    async def prepare(self, kind: str, content: Mapping[str, Any]) -> tuple[Verdict, str]:
        del content
        scripted = self._next("prepare")
        if scripted is not None:
            return scripted, ""
        self.prepared.append(kind)
        return Verdict(Outcome.ACCEPTED), f"media{len(self.prepared)}"

    async def calls_left(self, channel: str) -> int | None:
        return self.left_today.get(channel)

    async def mass_status(self, message_id: str) -> tuple[Verdict, str]:
        del message_id
        return Verdict(Outcome.ACCEPTED), "SEND_SUCCESS"

    def _next(self, channel: str) -> Verdict | None:
        waiting = self.script[channel]
        return waiting.popleft() if waiting else None

    def _silent_effect(self, verdict: Verdict) -> bool:
        return verdict.outcome is Outcome.UNKNOWN and self.effect_despite_silence

    def _effect(self, channel: str, openid: str, key: str) -> str | None:
        return self._numbers.get((openid, key)) if channel in _KEYED else None

    def _remember(self, channel: str, openid: str, key: str) -> str:
        number = str(1000 + len(self.sent) + len(self.mass))
        if channel in _KEYED:
            self._numbers[openid, key] = number
        return number
