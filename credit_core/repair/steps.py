"""Who may take which step of a repair and which form it prints: ``config/repair/steps.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import APPLICANT, require_role
from credit_core.datafile import PartError, load

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


class Steps(RootModel[dict[StepName, Step]]):
    @model_validator(mode="after")
    def _every_step(self) -> Steps:
        for name in get_args(StepName):
            if name not in self.root:
                raise PartError((name,), text("datafile", "value.missing"))
        return self


@cache
def _steps() -> dict[StepName, Step]:
    return load(DATA / "repair" / "steps.yaml", Steps).root


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
