"""The page of a campaign: opened by a follower, signed up on, a short quiz answered.

It is part of the campaign's content, so the second person approves it with the message. Every
step is counted once per person (:mod:`notices.campaigns.counting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.clock import local_day
from credit_core.errors import NotFoundError, Refusal
from credit_core.records.service import add_record
from credit_core.subjects.models import Subject, SubjectKind
from notices.campaigns import counting
from notices.campaigns.models import Campaign, CampaignReaction
from notices.campaigns.status import CampaignStatus

AWARD = "P+3"
"""完成医保学习课程或通过知识问答."""
ASKS_WITHIN = timedelta(hours=48)
"""As long as the customer-service window: a question after that is hardly about the campaign."""
_LOOK_BACK, _MISSED = timedelta(days=30), timedelta(days=1)
_SHOWN = (
    CampaignStatus.SCHEDULED,
    CampaignStatus.SENDING,
    CampaignStatus.PAUSED,
    CampaignStatus.DONE,
)
_OPEN = (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.DONE)


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str = Field(min_length=2, max_length=120)
    choices: tuple[str, ...] = Field(min_length=2, max_length=6)
    right: int = Field(ge=0)

    @model_validator(mode="after")
    def _right_is_there(self) -> Question:
        if self.right >= len(self.choices):
            raise ValueError("the right answer is none of the choices")
        return self


class Page(BaseModel):
    """What stands on it besides the campaign's own message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(default="", max_length=3000)
    sign_up: bool = False
    capacity: int | None = Field(default=None, ge=1)
    """Places; None: as many as come."""
    quiz: tuple[Question, ...] = Field(default=(), max_length=10)
    award: bool = False
    """A resident who passes gets ``P+3``, where the rules of the day know it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The page for one follower."""

    campaign: Campaign
    page: Page
    done: frozenset[str]
    """What they did: ``signed_up``, ``quiz_passed``."""
    left: int | None
    """Places left; None: not limited."""
    open: bool


def path_of(campaign: Campaign) -> str:
    """Path below the public address."""
    return f"/h5/campaigns/{campaign.id}"


def page_of(campaign: Campaign) -> Page | None:
    """None when the campaign has no page."""
    kept = campaign.content.get("page")
    return Page.model_validate(kept) if kept else None


def read(
    *, words: str, sign_up: bool, capacity: str, quiz: str, award: bool
) -> dict[str, object] | None:
    """The page as staff typed it; None when nothing was.

    ``quiz`` is plain text: a block per question, its first line asks, each other line is an
    answer, the right one begins with ``*``.

    :raises Refusal: ``campaign.capacity`` or ``campaign.quiz``.
    """
    questions = _questions(quiz)
    if capacity and not (capacity.isdecimal() and int(capacity) > 0):
        raise Refusal("campaign.capacity")
    if not (words or sign_up or questions):
        return None
    try:
        page = Page(
            text=words,
            sign_up=sign_up,
            capacity=int(capacity) if capacity and sign_up else None,
            quiz=tuple(questions),
            award=award and bool(questions),
        )
    except ValidationError:
        raise Refusal("campaign.quiz") from None
    return page.model_dump(mode="json")


def as_typed(page: Mapping[str, object] | None) -> str:
    """The quiz of a stored page as staff typed it."""
    if not page:
        return ""
    return "\n\n".join(
        "\n".join(
            [one.ask]
            + [("*" if place == one.right else "") + said for place, said in enumerate(one.choices)]
        )
        for one in Page.model_validate(page).quiz
    )


def open_page(session: Session, campaign_id: int, follower: Follower, now: datetime) -> Standing:
    """Show it, and count that this follower opened it.

    :raises NotFoundError: there is no such page, or it is not out yet.
    """
    campaign, page = _shown(session, campaign_id)
    if campaign.status in _OPEN:
        counting.react(
            session, campaign_id=campaign_id, follower_id=follower.id, what="opened", now=now
        )
    return _standing(session, campaign, page, follower)


def sign_up(session: Session, campaign_id: int, follower: Follower, now: datetime) -> Standing:
    """Take a place.

    :raises Refusal: ``campaign.full``, ``campaign.no_sign_up`` or ``campaign.page_closed``.
    """
    # Locked: the last place is given once.
    campaign, page = _open(session, campaign_id, lock=True)
    if not page.sign_up:
        raise Refusal("campaign.no_sign_up")
    before = _standing(session, campaign, page, follower)
    if "signed_up" not in before.done and before.left == 0:
        raise Refusal("campaign.full")
    counting.react(
        session, campaign_id=campaign_id, follower_id=follower.id, what="signed_up", now=now
    )
    return _standing(session, campaign, page, follower)


def answer(
    session: Session, campaign_id: int, follower: Follower, said: Sequence[str], now: datetime
) -> tuple[Standing, list[bool]]:
    """Mark the answers; all right passes. Whoever did not pass may try again.

    :param said: the chosen place of each question, as text.
    :raises Refusal: ``campaign.no_quiz``, ``campaign.answer_all`` or ``campaign.page_closed``.
    """
    campaign, page = _open(session, campaign_id)
    if not page.quiz:
        raise Refusal("campaign.no_quiz")
    if len(said) != len(page.quiz) or not all(one.isdecimal() for one in said):
        raise Refusal("campaign.answer_all")
    right = [int(one) == question.right for one, question in zip(said, page.quiz, strict=True)]
    if all(right):
        fresh = counting.react(
            session, campaign_id=campaign_id, follower_id=follower.id, what="quiz_passed", now=now
        )
        if fresh and page.award:
            _award(session, campaign, follower, now)
    return _standing(session, campaign, page, follower), right


def count_questions(session: Session, now: datetime) -> int:
    """Count who wrote to the account within 48 hours after opening a page; for the clock.

    The time of a person's last message stands with the person, so no message has to be looked
    at, whatever it says.
    """
    opened = CampaignReaction
    spoke = (
        select(opened.campaign_id, opened.follower_id, opened.at, Follower.window_opened_at)
        .join(Campaign, Campaign.id == opened.campaign_id)
        .join(Follower, Follower.id == opened.follower_id)
        .where(
            Campaign.started_at > now - _LOOK_BACK,
            opened.what == "opened",
            opened.at > now - ASKS_WITHIN - _MISSED,
            Follower.window_kind == "message",
            Follower.window_opened_at > opened.at,
        )
    )
    counted = 0
    for campaign_id, follower_id, opened_at, spoke_at in session.execute(spoke).all():
        if spoke_at is not None and spoke_at - opened_at <= ASKS_WITHIN:
            counted += counting.react(
                session,
                campaign_id=campaign_id,
                follower_id=follower_id,
                what="asked",
                now=spoke_at,
            )
    return counted


def _shown(session: Session, campaign_id: int, *, lock: bool = False) -> tuple[Campaign, Page]:
    campaign = session.get(Campaign, campaign_id, with_for_update=lock, populate_existing=lock)
    page = page_of(campaign) if campaign is not None else None
    if campaign is None or page is None:
        raise NotFoundError(f"no page of a campaign {campaign_id}")
    # Who has the message may open it still, and reads that it was called off.
    called_off = campaign.status == CampaignStatus.CANCELLED and campaign.started_at is not None
    if campaign.status not in _SHOWN and not called_off:
        raise NotFoundError(f"no page of a campaign {campaign_id}")
    return campaign, page


def _open(session: Session, campaign_id: int, *, lock: bool = False) -> tuple[Campaign, Page]:
    campaign, page = _shown(session, campaign_id, lock=lock)
    if campaign.status not in _OPEN:
        raise Refusal("campaign.page_closed")
    return campaign, page


def _standing(session: Session, campaign: Campaign, page: Page, follower: Follower) -> Standing:
    done = session.scalars(
        select(CampaignReaction.what).where(
            CampaignReaction.campaign_id == campaign.id,
            CampaignReaction.follower_id == follower.id,
        )
    )
    left = None
    if page.capacity is not None:
        taken = select(func.count()).where(
            CampaignReaction.campaign_id == campaign.id, CampaignReaction.what == "signed_up"
        )
        left = max(page.capacity - (session.scalar(taken) or 0), 0)
    return Standing(campaign, page, frozenset(done), left, campaign.status in _OPEN)


def _award(session: Session, campaign: Campaign, follower: Follower, now: datetime) -> None:
    """The points for learning, as a record like any other, where the rules of today know them."""
    subject = session.scalars(
        select(Subject)
        .join(Binding, Binding.subject_id == Subject.id)
        .where(
            Binding.follower_id == follower.id,
            Binding.role == BindingRole.SELF,
            Binding.until.is_(None),
            Subject.kind == SubjectKind.RESIDENT,
        )
    ).first()
    if subject is None:
        return
    today = local_day(now)
    try:
        with session.begin_nested():
            add_record(
                session,
                subject,
                AWARD,
                occurred_on=today,
                decided_on=today,
                document_no=text("campaigns", "quiz.document", number=campaign.id),
                source_unit=text("campaigns", "quiz.source"),
                at=now,
                by=f"campaign:{campaign.id}",
                detail=text("campaigns", "quiz.detail", title=campaign.title),
            )
    except Refusal:
        # The item is not in the rules of today: passing is counted, and nothing more.
        return


def _questions(typed: str) -> list[Question]:
    found = []
    blocks = [block for block in typed.replace("\r\n", "\n").split("\n\n") if block.strip()]
    for block in blocks:
        ask, *lines = [line.strip() for line in block.strip().split("\n") if line.strip()]
        right = [place for place, line in enumerate(lines) if line.startswith("*")]
        if len(right) != 1:
            raise Refusal("campaign.quiz")
        choices = tuple(line.lstrip("*").strip() for line in lines)
        try:
            found.append(Question(ask=ask, choices=choices, right=right[0]))
        except ValidationError:
            raise Refusal("campaign.quiz") from None
    return found
