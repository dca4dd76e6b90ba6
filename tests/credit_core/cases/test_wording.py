"""Every refusal can be said to a person: its code has a text, and the text its fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import credit_core
from config.texts import text, topic

ROOT = Path(credit_core.__file__).parent
PACKAGES = (
    "access", "cases", "commitments", "evidence", "lists", "measures", "objections", "repair",
)  # fmt: skip
CODE = re.compile(
    r'"((?:access|cases|commitments|evidence|lists|measures|objections|repairs)\.\w+)"'
)
CODES = sorted(
    {
        found
        for path in (
            *(path for package in PACKAGES for path in (ROOT / package).glob("*.py")),
            ROOT.parent / "handlers" / "cli" / "repair.py",
        )
        for found in CODE.findall(path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_text(code):
    name, _, key = code.partition(".")
    assert topic(name)["refusals"][key].strip()


def test_every_text_has_a_code():
    """A text that nobody says any more is taken out."""
    said = set(CODES)
    for name in {code.partition(".")[0] for code in CODES}:
        for key in topic(name)["refusals"]:
            assert f"{name}.{key}" in said


@pytest.mark.parametrize("name", ["repairs", "objections"])
def test_every_state_has_its_words(name):
    from credit_core.objections.models import ObjectionState
    from credit_core.repair.models import RepairState

    states = RepairState if name == "repairs" else ObjectionState
    for state in states:
        assert text(name, f"states.{state}")
        assert text(name, f"next.{state}")
