"""Who may take which step of a repair and which form it prints: ``config/repair/steps.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from config.settings import DATA
from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import APPLICANT, require_role
from credit_core.datafile import load

StepName = Literal[
    "submit",
    "ask_papers",
    "resubmit",
    "papers_complete",
    "accept",
    "verify",
    "extend",
    "start_notice",
    "confirm",
    "label",
    "refuse",
    "object",
    "decide_objection",
    "undo",
    "withdraw",
]


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    doers: tuple[Literal["applicant"] | StaffRole, ...] = Field(min_length=1)
    form: str | None = None


class _Steps(RootModel[dict[StepName, Step]]):
    pass


@cache
def _steps() -> dict[StepName, Step]:
    return load(DATA / "repair" / "steps.yaml", _Steps).root


def step(name: StepName) -> Step:
    return _steps()[name]


def doer(name: StepName, staff: StaffMember | None) -> str:
    """Login of who takes the step, after a check that they may.

    :raises Refusal: ``cases.role``.
    """
    if staff is None:
        return APPLICANT
    require_role(staff, (who for who in step(name).doers if isinstance(who, StaffRole)))
    return staff.login
