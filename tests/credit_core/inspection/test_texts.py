"""Every refusal of the package has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import credit_core.inspection
from credit_core.cases.wording import explain
from credit_core.errors import Refusal


def test_every_refusal_has_a_text():
    codes = set()
    for path in Path(credit_core.inspection.__file__).parent.glob("*.py"):
        codes |= set(re.findall(r'Refusal\(\s*"([a-z_.]+)"', path.read_text("utf-8")))
    assert len(codes) >= 5
    fields = dict.fromkeys(["matter", "least", "speciality", "ways"], "x")
    for code in codes:
        assert explain(Refusal(code, **fields))
