"""Where a campaign stands, and whose move it is."""

from __future__ import annotations

from enum import StrEnum


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    """The drafter's: write, count, preview, submit."""
    SUBMITTED = "submitted"
    """A second person's: approve, or return to the drafter."""
    APPROVED = "approved"
    """Staff's: schedule or start."""
    SCHEDULED = "scheduled"
    """The clock's: it starts at its time."""
    SENDING = "sending"
    """The dispatcher's: batches go out."""
    PAUSED = "paused"
    """Staff's: resume or cancel; nothing new leaves."""
    DONE = "done"
    """Nobody's: every batch has its end."""
    CANCELLED = "cancelled"
    """Nobody's: what had not left stays here."""


class BatchStatus(StrEnum):
    PLANNED = "planned"
    """The dispatcher's."""
    WAITING = "waiting"
    """Ours: ``why`` holds it until ``next_at``."""
    SENDING = "sending"
    """A courier's, under its lease."""
    SENT = "sent"
    """WeChat's: the job runs; its result event comes later."""
    FINISHED = "finished"
    """Nobody's: the result event has told the numbers."""
    FAILED = "failed"
    """Staff's: refused for good."""
    UNCERTAIN = "uncertain"
    """Staff's: handed over, never answered, and the day for repeating it is over."""
    CANCELLED = "cancelled"
    """Nobody's."""


OWED = (BatchStatus.PLANNED, BatchStatus.WAITING, BatchStatus.SENDING)
EDITABLE = (CampaignStatus.DRAFT,)
RUNNING = (CampaignStatus.SENDING, CampaignStatus.PAUSED)
