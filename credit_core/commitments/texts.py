"""The texts of commitments: versioned, never changed once used, found by kind and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from credit_core.commitments.models import CommitmentKind
from credit_core.datafile import load
from credit_core.errors import Refusal
from credit_core.subjects.models import SubjectKind


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindRule(_Shape):
    title: str = Field(min_length=1)
    type: str = Field(min_length=1)
    signers: tuple[SubjectKind, ...] = Field(min_length=1)
    valid_months: int | None = Field(default=None, ge=1)
    public: bool = False


class TextVersion(_Shape):
    kind: CommitmentKind
    version: str = Field(min_length=1, max_length=40)
    effective_from: date
    effective_to: date | None = None
    text: str = Field(min_length=1)

    @property
    def sha256(self) -> bytes:
        return sha256(self.text.encode()).digest()


class _RefusalList(_Shape):
    rule: str
    basis: str


class CommitmentBook(_Shape):
    kinds: dict[CommitmentKind, KindRule]
    refusal_items: dict[SubjectKind, str] = Field(default_factory=dict)
    breach_items: dict[SubjectKind, str] = Field(default_factory=dict)
    refusal_list: _RefusalList
    versions: tuple[TextVersion, ...]

    @model_validator(mode="after")
    def _whole(self) -> CommitmentBook:
        missing = set(CommitmentKind) - set(self.kinds)
        if missing:
            raise ValueError(f"kinds lacks {min(missing)}")
        names = [(version.kind, version.version) for version in self.versions]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the version {twice[0][1]!r} of {twice[0][0]} stands twice")
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
