"""Identifiers of the five kinds of subject: made plain, checked, explained when wrong.

A resident is known by the identity number (GB 11643), organisations by the unified social
credit code (GB 32100; institutions also by their national medical-insurance code), medical staff
by the national code of medical-insurance staff. A number
is refused only for what is certain (shape, check digit, impossible date, unknown province); a
region that today's tables do not know is no fault, because people keep the region of the day on
which the number was given. Softer doubts are hints of :class:`Checked`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum.cn.ric import calc_check_digit

from config.texts import text
from credit_core.errors import Refusal
from credit_core.subjects.models import SubjectKind

PROVINCES = frozenset({*range(11, 66), 71, 81, 82, 83})
"""First two digits of a region: mainland 11–65, Taiwan 71, permits of residence 81–83."""

CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 signs of GB 32100: no I, O, S, V, Z."""
_ORGANISATION_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_IDENTITY = re.compile(r"[1-9]\d{16}[\dX]")
_CREDIT = re.compile(f"[{CREDIT_LETTERS}]{{18}}")
_MEDICAL = {
    "institution": re.compile(r"H\d{11}"),
    "pharmacy": re.compile(r"P\d{11}"),
    "doctor": re.compile(r"D\d{12}"),
    "nurse": re.compile(r"N\d{12}"),
    "hospital_pharmacist": re.compile(r"HY\d{12}"),
    "technician": re.compile(r"HJ\d{12}"),
}
_CODE_OF_INSTITUTION = re.compile(r"[HP].{11}$")
PRACTITIONERS = ("doctor", "nurse", "hospital_pharmacist", "technician")
_DASHES = str.maketrans("", "", "-‐‑‒–—−\u200b\u200c\u200d\ufeff")


class IdentifierError(Refusal):
    """An identifier is wrong; ``code`` is a key of ``config/texts/identifiers.yaml``."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A usable identifier, with doubts that a person may look at.

    :ivar kind_of_code: ``identity``, ``credit_code`` or a kind of medical staff.
    :ivar hints: codes of texts under ``hints``; none of them refuses the number.
    """

    value: str
    kind_of_code: str
    hints: tuple[str, ...] = ()


def compact(raw: str) -> str:
    """Full-width signs, spaces, dashes and lower case made plain.

    >>> compact(" ３７１００２ 1990-0307 123x ")
    '37100219900307123X'
    """
    plain = unicodedata.normalize("NFKC", raw)
    return "".join(plain.split()).translate(_DASHES).upper()


def check_identity(raw: str) -> Checked:
    """Check an identity number (GB 11643).

    :raises IdentifierError: with the first thing that is wrong.
    """
    number = compact(raw)
    if not number:
        raise IdentifierError("identity.empty")
    if len(number) == 15 and number.isdecimal():
        raise IdentifierError("identity.old_15")
    if len(number) != 18:
        raise IdentifierError("identity.length", length=len(number))
    if not _IDENTITY.fullmatch(number) or not number[:17].isascii():
        raise IdentifierError("identity.signs")
    if int(number[:2]) not in PROVINCES:
        raise IdentifierError("identity.province", prefix=number[:2])
    if _birth_date(number) is None:
        raise IdentifierError("identity.birth")
    if calc_check_digit(number) != number[-1]:
        raise IdentifierError("identity.check_digit")
    return Checked(number, "identity")


def looks_like_identity(raw: str) -> bool:
    """Whether a whole text is an identity number by its shape, right or mistyped."""
    number = compact(raw)
    return _IDENTITY.fullmatch(number) is not None and _birth_date(number) is not None


def _birth_date(number: str) -> date | None:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if born.year >= 1850 else None


def birth_date(identity: str) -> date:
    """The day of birth inside a checked identity number."""
    born = _birth_date(identity)
    if born is None:
        raise IdentifierError("identity.birth")
    return born


def age_on(born: date, on: date) -> int:
    """Full years on a day; a birthday of 29 February is reached on 28 February.

    A period of years ends with the day of the same number, or the last of the month
    (Civil Code 202).

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28))
    18
    """
    return on.year - born.year - (on < birthday(born, on.year))


def birthday(born: date, year: int) -> date:
    """The birthday in a year."""
    if (born.month, born.day) == (2, 29) and not (
        year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    ):
        return date(year, 2, 28)
    return born.replace(year=year)


def check_credit_code(raw: str) -> Checked:
    """Check a unified social credit code (GB 32100-2015).

    The check sign of the organisation code inside (GB 11714) is a hint only: codes with an odd
    one are in use.

    :raises IdentifierError: with the first thing that is wrong.
    """
    code = compact(raw)
    if not code:
        raise IdentifierError("credit_code.empty")
    if len(code) != 18:
        raise IdentifierError("credit_code.length", length=len(code))
    wrong = sorted(set(code) - set(CREDIT_LETTERS))
    if not _CREDIT.fullmatch(code):
        raise IdentifierError("credit_code.signs", signs="、".join(wrong))
    if credit_check_sign(code[:17]) != code[17]:
        raise IdentifierError("credit_code.check_digit")
    hints = []
    if organisation_check_sign(code[8:16]) != code[16]:
        hints.append("organisation_check")
    region = code[2:4]
    if not region.isdecimal() or int(region) not in PROVINCES | {10}:
        hints.append("region_unknown")
    return Checked(code, "credit_code", tuple(hints))


def credit_check_sign(first17: str) -> str:
    """Last sign of a unified social credit code: weights 3^i mod 31.

    >>> credit_check_sign("91110000600037341")
    'L'
    """
    total = sum(CREDIT_LETTERS.index(sign) * pow(3, i, 31) for i, sign in enumerate(first17))
    return CREDIT_LETTERS[(31 - total % 31) % 31]


def organisation_check_sign(first8: str) -> str:
    """Check sign of an organisation code (GB 11714): mod 11, ten is written X."""
    total = sum(
        _ORGANISATION_SIGNS.index(sign) * weight
        for sign, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True)
    )
    rest = (11 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def check_medical_code(raw: str, *kinds: str) -> Checked:
    """Check a national medical-insurance code; an unknown province is a hint only.

    :param kinds: the kinds of code that may stand here; none: every kind.
    :raises IdentifierError: no kind has this shape.
    """
    code = compact(raw)
    if not code:
        raise IdentifierError("medical_code.empty")
    for kind in kinds or tuple(_MEDICAL):
        if _MEDICAL[kind].fullmatch(code) and code.isascii():
            region = code.lstrip("HPDNYJ")[:2]
            known = int(region) in PROVINCES
            return Checked(code, kind, () if known else ("region_unknown",))
    raise IdentifierError("medical_code.shape")


def check_identifier(kind: str, raw: str) -> Checked:
    """Check the identifier that subjects of a kind are known by.

    :raises IdentifierError: with a code and, by :func:`explain`, a text for people.
    """
    match SubjectKind(kind):
        case SubjectKind.RESIDENT:
            return check_identity(raw)
        case SubjectKind.PRACTITIONER:
            return check_medical_code(raw, *PRACTITIONERS)
        case SubjectKind.INSTITUTION if _CODE_OF_INSTITUTION.match(compact(raw)):
            # Where a source has no credit code, the national code of the institution stands.
            return check_medical_code(raw, "institution", "pharmacy")
        case SubjectKind.INSTITUTION | SubjectKind.EMPLOYER | SubjectKind.SUPPLIER:
            return check_credit_code(raw)


def explain(error: Refusal) -> str:
    """What is wrong with an identifier and what to do, in Chinese."""
    return text("identifiers", error.code, **error.fields)


def explain_hint(hint: str) -> str:
    return text("identifiers", f"hints.{hint}")
