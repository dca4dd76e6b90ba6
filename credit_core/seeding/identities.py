"""Synthetic identifiers and names.

All identifiers pass the checks of :mod:`credit_core.subjects.identifiers`, yet lie in county
codes (3710 90 to 99) that were never given out, so none of them is a real person or unit.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import yaml
from stdnum.cn.ric import calc_check_digit

from config.settings import DATA
from credit_core.subjects.identifiers import (
    CREDIT_LETTERS,
    credit_check_sign,
    organisation_check_sign,
)

_FIRST_BIRTH = date(1940, 1, 1)
_BIRTHS = (date(2007, 12, 31) - _FIRST_BIRTH).days + 1
_PLACES = 10
_SPREAD = 7_368_787
"""A prime that shares no factor with the number of identities: indexes scatter, none meet."""
_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PREFIX = {"institution": "12", "employer": "91", "supplier": "93"}


@cache
def words() -> dict[str, Any]:
    """The word lists of ``config/seeding/names.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load(
        (DATA / "seeding" / "names.yaml").read_text(encoding="utf-8")
    )
    return loaded


def identity_number(index: int, seed: int) -> str:
    """The identity number of synthetic resident ``index``; adults all."""
    total = _BIRTHS * 1000 * _PLACES
    scattered = (index * _SPREAD + seed * 104_729) % total
    rest, sequence = divmod(scattered, 1000)
    place, birth = divmod(rest, _BIRTHS)
    born = _FIRST_BIRTH + timedelta(days=birth)
    body = f"3710{90 + place}{born:%Y%m%d}{sequence:03d}"
    check: str = calc_check_digit(body + "0")
    return body + check


def credit_code(kind: str, index: int, seed: int) -> str:
    """The unified social credit code of a synthetic organisation."""
    scattered = (index * 1_000_003 + seed * 7919) % 31**5
    signs = ""
    for _ in range(5):
        scattered, digit = divmod(scattered, 31)
        signs += CREDIT_LETTERS[digit]
    organisation = "MA9" + signs
    body = f"{_PREFIX[kind]}371099{organisation}{organisation_check_sign(organisation)}"
    return body + credit_check_sign(body)


def doctor_code(index: int, seed: int) -> str:
    """The national code of a synthetic doctor."""
    return f"D371099{(index + seed * 1009) % 1_000_000:06d}"


def person_name(index: int, seed: int) -> str:
    lists = words()
    surnames, given = lists["surnames"], lists["given"]
    pick = (index * 48_271 + seed * 9973) & 0x7FFFFFFF
    pick, a = divmod(pick, len(surnames))
    pick, b = divmod(pick, len(given))
    c = pick % (len(given) + 10)
    return str(surnames[a] + given[b] + (given[c] if c < len(given) else ""))


def unit_name(kind: str, index: int, seed: int) -> str:
    lists = words()
    brands, forms = lists["brands"], lists[f"{kind}s"]
    pick = index * 31 + seed
    return f"{brands[pick % len(brands)]}{index:05d}{forms[pick // 7 % len(forms)]}"
