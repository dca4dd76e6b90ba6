"""Plans as data: what is told, to whom, when, and in which words per channel.

``config/notices/templates.yaml`` names the WeChat templates of the account with their typed
keywords; ``config/notices/plans.yaml`` says per kind of notice who is told and how. Reading
them renders every plan with its own ``example`` and applies WeChat's limits, so what WeChat
would refuse is refused here, with file and line.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.settings import DATA
from config.texts import text
from credit_core import datafile, workdays
from credit_core.datafile import PartError, Truth, Whole
from credit_core.errors import CreditError
from notices import fitting
from notices.hours import NIGHT, Quiet
from notices.status import Lane

FOLDER = DATA / "notices"
OWN_FIELDS = frozenset({"notice_id", "case_label", "answer_by"})
"""Fields that every notice fills from its own row (see :func:`own_fields`)."""
Channel = Literal["subscription", "template", "custom"]
Audience = Literal["person", "clerks", "officer", "next_in_charge", "follower"]


class PlanError(CreditError):
    """A plan does not exist, or a notice lacks a field that its texts need."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Template(_Strict):
    """One template of the account: typed keywords with the labels that people see."""

    id: str = Field(min_length=3, max_length=64)
    title: str = Field(min_length=2, max_length=20)
    use: Literal["template", "once", "long"]
    keywords: dict[str, str] = Field(min_length=1, max_length=5)
    allowed: dict[str, list[str]] = Field(default_factory=dict)
    """Values of ``const`` keywords that the platform approved beforehand."""

    @model_validator(mode="after")
    def _known_keywords(self) -> Template:
        for key in self.keywords:
            try:
                kind = fitting.kind_of(key)
            except fitting.FieldRefused as error:
                raise PartError(("keywords", key), str(error)) from None
            if kind == "const" and key not in self.allowed:
                raise PartError(("keywords", key), _says("const"))
        for key, values in self.allowed.items():
            if key not in self.keywords:
                raise PartError(("allowed", key), _says("no_keyword"))
            for number, value in enumerate(values):
                try:
                    fitting.check(key, value, values)
                except fitting.FieldRefused as error:
                    raise PartError(("allowed", key, number), str(error)) from None
        return self

    @property
    def content(self) -> str:
        """The template's text as the platform shows it: ``标题:{{thing1.DATA}}`` a line."""
        return "\n".join(f"{label}:{{{{{key}.DATA}}}}" for key, label in self.keywords.items())


class Message(_Strict):
    """What one channel carries. ``values`` fill a template, ``text`` a customer message."""

    template: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    """Path below the public address."""
    text: str | None = None


class Answer(_Strict):
    """已知悉 is awaited: after so many working days the notice is repeated, then reported."""

    within: Whole = Field(ge=1, le=60)
    """Working days."""
    repeats: Whole = Field(default=1, ge=0, le=5)
    then: Audience = "officer"


class When(_Strict):
    """A notice of the clock: so many days before or after a deadline."""

    deadline: list[str] = Field(min_length=1)
    """Kinds of deadlines in credit_core."""
    before: list[Whole] = Field(default_factory=list)
    after: list[Whole] = Field(default_factory=list)
    days: Literal["calendar", "working"] = "calendar"
    roll: Literal["none", "earlier", "later"] = "none"
    """Where the notice's day goes when it is a rest day."""


class Plan(_Strict):
    """How one kind of notice is told."""

    title: str = Field(min_length=2, max_length=20)
    to: list[Audience] = Field(min_length=1)
    statutory: Truth = False
    reminder: str | None = None
    """The switch in config/notices/reminders.yaml that governs it; None: not switched."""
    subjects: list[str] = Field(default_factory=list)
    """Kinds of subjects it is for; empty: all."""
    events: list[str] = Field(default_factory=list)
    """Events of credit_core that cause it, as ``kind`` or ``kind:variant``."""
    when: When | None = None
    hours: Literal["any", "day"] = "day"
    """``any``: at once, also at night, when somebody's act causes it; what the clock causes
    waits for the morning."""
    lane: Lane = Lane.ORDINARY
    digest: Truth = False
    acknowledge: Answer | None = None
    keep_days: Whole | None = Field(default=None, ge=1)
    """Not worth sending later than so many days after its day."""
    messages: dict[Channel, Message] = Field(min_length=1)
    """The order is the order in which channels are tried."""
    example: dict[str, str | int]

    @model_validator(mode="after")
    def _sound(self) -> Plan:
        if self.statutory and self.reminder:
            raise PartError(("reminder",), _says("statutory"))
        if self.when and not (self.when.before or self.when.after):
            raise PartError(("when",), _says("when"))
        for channel, message in self.messages.items():
            if (channel == "custom") == (message.text is None):
                raise PartError(("messages", channel), _says("message"))
        return self

    @property
    def quiet_hours(self) -> Quiet | None:
        return NIGHT if self.hours == "day" else None

    def needed_fields(self) -> frozenset[str]:
        """Names that its texts are filled with."""
        return frozenset(_names(self))


def _says(fault: str, /, **fields: object) -> str:
    return text("notices", f"faults.{fault}", **fields)


class Templates(_Strict):
    templates: dict[str, Template]


class Plans(_Strict):
    plans: dict[str, Plan]

    @model_validator(mode="after")
    def _examples_pass(self) -> Plans:
        faults: list[InitErrorDetails] = []
        for kind, one in self.plans.items():
            for channel, message in one.messages.items():
                try:
                    _fill(one, message, one.example)
                except (PlanError, fitting.FieldRefused, KeyError) as fault:
                    faults.append(
                        InitErrorDetails(
                            type=PydanticCustomError("plan", "{fault}", {"fault": str(fault)}),
                            loc=("plans", kind, "messages", channel),
                            input=None,
                        )
                    )
        if faults:
            raise ValidationError.from_exception_data("plans", faults)
        return self


@cache
def templates() -> Mapping[str, Template]:
    """All templates of the account, by our name for them."""
    return load_templates(FOLDER / "templates.yaml")


@cache
def plans() -> Mapping[str, Plan]:
    """All plans, by kind of notice."""
    return load_plans(FOLDER / "plans.yaml")


def load_templates(path: Path) -> Mapping[str, Template]:
    """:raises credit_core.datafile.DataFileError: file, line and what to mend."""
    return datafile.load(path, Templates).templates


def load_plans(path: Path) -> Mapping[str, Plan]:
    """:raises credit_core.datafile.DataFileError: file, line and what to mend."""
    return datafile.load(path, Plans).plans


def plan(kind: str) -> Plan:
    """:raises PlanError: there is no such kind."""
    found = plans().get(kind)
    if found is None:
        raise PlanError(f"config/notices/plans.yaml has no plan {kind!r}")
    return found


def require_fields(kind: str, fields: Mapping[str, object]) -> None:
    """:raises PlanError: a field that the texts of this kind need is missing."""
    missing = _needed(kind) - fields.keys() - OWN_FIELDS
    if missing:
        raise PlanError(f"a notice {kind!r} needs {', '.join(sorted(missing))}")


def awaits_answer(kind: str) -> bool:
    found = plans().get(kind)
    return found is not None and found.acknowledge is not None


def chase_day(kind: str, today: date) -> date | None:
    """First day on which a missing 已知悉 has a consequence, counted from today."""
    answer = plan(kind).acknowledge
    return None if answer is None else workdays.add_working_days(today, answer.within + 1).due


def own_fields(
    kind: str, notice_id: int, case_no: str | None, told_on: date
) -> Mapping[str, object]:
    """What a notice's row tells: its number, its case, the last day for 已知悉 where one is
    awaited."""
    own: dict[str, object] = {"notice_id": notice_id, "case_label": case_no or "-"}
    answer_by = _answer_by(kind, told_on)
    return own | {"answer_by": answer_by} if answer_by else own


@lru_cache(maxsize=256)
def _answer_by(kind: str, told_on: date) -> str | None:
    answer = plan(kind).acknowledge
    if answer is None:
        return None
    day = workdays.add_working_days(told_on, answer.within).due
    return f"{day.year}年{day.month}月{day.day}日"


def values_of(one: Plan, message: Message, fields: Mapping[str, object]) -> dict[str, str]:
    """Template keywords filled and fitted to WeChat's limits.

    :raises fitting.FieldRefused: a value that cannot be made to fit.
    """
    return _fill(one, message, fields)[0]


def text_of(message: Message, fields: Mapping[str, object]) -> str:
    """The words of a customer-service message."""
    return (message.text or "").format_map(_Loud(fields)).strip()


@cache
def _needed(kind: str) -> frozenset[str]:
    return plan(kind).needed_fields()


def _fill(one: Plan, message: Message, fields: Mapping[str, object]) -> tuple[dict[str, str], str]:
    if message.template is None:
        return {}, text_of(message, fields)
    template = templates().get(message.template)
    if template is None:
        raise PlanError(_says("no_template", template=message.template))
    if message.values.keys() != template.keywords.keys():
        raise PlanError(_says("values", keywords="、".join(template.keywords)))
    loud, allowed = _Loud(fields), template.allowed
    filled = {
        key: fitting.fit(key, value.format_map(loud), allowed.get(key))
        for key, value in message.values.items()
    }
    return filled, one.title


def _names(one: Plan) -> Iterator[str]:
    for message in one.messages.values():
        for words in (*message.values.values(), message.url or "", message.text or ""):
            for _, name, _, _ in string.Formatter().parse(words):
                if name:
                    yield name


class _Loud(dict[str, object]):
    def __missing__(self, key: str) -> object:
        raise PlanError(_says("no_field", field=key))
