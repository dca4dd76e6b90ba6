"""The words and marks in ``config/knowledge`` are sound."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from credit_core.knowledge.rules import FOLDER, dialect, synonyms, ways_of_speaking


@pytest.mark.parametrize("name", ["everyday", "synonyms", "dialect", "wants", "patterns"])
def test_no_entry_hides_another(name) -> None:
    lines = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    keys = Counter(found[1] for line in lines if (found := re.match(r"([^\s#\-][^:]*): ", line)))
    assert [key for key, times in keys.items() if times > 1] == []


def test_everyday_words_lead_to_the_words_of_documents() -> None:
    assert "公示" in synonyms()["挂网"]
    assert "行政处罚" in synonyms()["罚钱"]


def test_a_way_of_speaking_never_matches_nothing() -> None:
    assert all(not way.match("") for way, _ in ways_of_speaking())
    assert all(not said.match("") for said, _ in dialect())
