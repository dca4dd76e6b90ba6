"""Who is told: the person, the clerks, the case's officer, the next in charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding, BindingRole, StaffMember, StaffRole
from credit_core.cases.models import CaseStep
from credit_core.masking import mask_name
from credit_core.subjects.models import Subject, SubjectKind

_PEOPLE = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)


@dataclass(slots=True)
class Party:
    """A subject with those who speak for it now."""

    subject_id: int
    kind: str
    name: str
    """As it may stand on a telephone: persons masked, organisations in full."""
    district: str
    persons: list[int] = field(default_factory=list)
    """Followers who are the subject."""
    clerks: list[int] = field(default_factory=list)
    """Followers who act for it."""

    def followers(self, audience: Sequence[str]) -> list[int]:
        wanted: list[int] = []
        if "person" in audience:
            wanted += self.persons
        if "clerks" in audience:
            wanted += self.clerks
        return wanted


def parties(session: Session, subject_ids: Sequence[int]) -> Mapping[int, Party]:
    """Subjects with their bindings, many at once."""
    found: dict[int, Party] = {}
    for start in range(0, len(subject_ids), 500):
        chunk = subject_ids[start : start + 500]
        for subject in session.scalars(select(Subject).where(Subject.id.in_(chunk))):
            found[subject.id] = Party(subject.id, subject.kind, name_of(subject), subject.district)
        bindings = session.execute(
            select(Binding.subject_id, Binding.follower_id, Binding.role)
            .where(Binding.subject_id.in_(chunk), Binding.until.is_(None))
            .order_by(Binding.id)
        )
        for subject_id, follower_id, role in bindings:
            party = found[subject_id]
            (party.persons if role == BindingRole.SELF else party.clerks).append(follower_id)
    return found


def name_of(subject: Subject) -> str:
    return mask_name(subject.name) if subject.kind in _PEOPLE else subject.name


class Bureau:
    """The bureau's people, read once for many notices."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_role: dict[str, list[StaffMember]] = defaultdict(list)
        self._by_login: dict[str, StaffMember] = {}
        for member in session.scalars(
            select(StaffMember).where(StaffMember.active.is_(True)).order_by(StaffMember.id)
        ):
            self._by_login[member.login] = member
            for role in member.roles.split(","):
                self._by_role[role.strip()].append(member)

    def officers(self, district: str = "", case_no: str | None = None) -> list[int]:
        """Who works the case; without one, the clerks of the district, or all clerks."""
        if case_no:
            worked = self._worked(case_no)
            if worked is not None:
                return [worked]
        return self._of(StaffRole.CLERK, district)

    def next_in_charge(self, district: str = "") -> list[int]:
        """Reviewers and approvers, of the district first."""
        found = self._of(StaffRole.REVIEWER, district) + self._of(StaffRole.APPROVER, district)
        return list(dict.fromkeys(found)) or self._of(StaffRole.CLERK, district)

    def _worked(self, case_no: str) -> int | None:
        logins = self._session.scalars(
            select(CaseStep.by).where(CaseStep.case_no == case_no).order_by(CaseStep.id.desc())
        )
        for login in logins:
            member = self._by_login.get(login)
            if member is not None:
                return member.id
        return None

    def _of(self, role: StaffRole, district: str) -> list[int]:
        members = self._by_role[role]
        local = [member.id for member in members if district and member.district == district]
        return local or [member.id for member in members]
