"""The texts of commitments: versioned, never changed once used, found by kind and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.commitments.models import CommitmentKind
from credit_core.datafile import Date, PartError, Truth, Whole, Words, first_twice, load
from credit_core.errors import Refusal
from credit_core.subjects.models import SubjectKind


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindRule(_Shape):
    title: Words
    type: Words
    signers: tuple[SubjectKind, ...] = Field(min_length=1)
    valid_months: Whole | None = Field(default=None, ge=1)
    public: Truth = False


class TextVersion(_Shape):
    kind: CommitmentKind
    version: str = Field(min_length=1, max_length=40)
    effective_from: Date
    effective_to: Date | None = None
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> TextVersion:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        return self

    @property
    def sha256(self) -> bytes:
        return sha256(self.text.encode()).digest()


class _RefusalList(_Shape):
    rule: Words
    basis: Words


class CommitmentBook(_Shape):
    kinds: dict[CommitmentKind, KindRule]
    refusal_items: dict[SubjectKind, Words] = Field(default_factory=dict)
    breach_items: dict[SubjectKind, Words] = Field(default_factory=dict)
    refusal_list: _RefusalList
    versions: tuple[TextVersion, ...]

    @model_validator(mode="after")
    def _whole(self) -> CommitmentBook:
        missing = set(CommitmentKind) - set(self.kinds)
        if missing:
            raise PartError(("kinds", min(missing)), text("datafile", "value.missing"))
        number = first_twice([f"{one.kind} {one.version}" for one in self.versions])
        if number is not None:
            said = text("datafile", "value.twice", value=self.versions[number].version)
            raise PartError(("versions", number, "version"), said)
        return self

    def version(self, kind: CommitmentKind, name: str) -> TextVersion | None:
        return next((v for v in self.versions if v.kind == kind and v.version == name), None)


@cache
def commitment_book() -> CommitmentBook:
    return load(DATA / "commitments" / "texts.yaml", CommitmentBook)


@dataclass(frozen=True, slots=True)
class Shown:
    """A commitment as it is read before signing."""

    title: str
    version: str
    text: str


def text_in_force(kind: CommitmentKind, on: date) -> TextVersion:
    """:raises Refusal: ``commitments.no_text``."""
    found = [
        version
        for version in commitment_book().versions
        if version.kind == kind
        and version.effective_from <= on
        and (version.effective_to is None or on <= version.effective_to)
    ]
    if not found:
        raise Refusal("commitments.no_text")
    return max(found, key=lambda version: version.effective_from)
