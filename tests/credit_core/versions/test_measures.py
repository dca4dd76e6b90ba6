"""The catalogue of measures is edited with all six fields, from its day on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import yaml

from credit_core.datafile import DataFileError
from credit_core.measures.catalogue import catalogue
from credit_core.versions.measures import MeasureTopic
from credit_core.versions.store import approve_version, draft_version

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOPIC = MeasureTopic()


def test_a_version_holds_from_its_day_on(session):
    content = TOPIC.begun(session, "interview", MONDAY).replace("- 3\n", "- 2\n")
    version = draft_version(session, TOPIC, content, by="甲", at=MORNING)
    approve_version(session, TOPIC, version, by="乙", at=MORNING)
    book = catalogue(session)
    assert book.on("interview", date(2026, 11, 30)).months == (1, 3)
    assert book.on("interview", date(2026, 12, 1)).months == (1, 2)
    assert book.on("interview", date(2021, 4, 30)) is None


@pytest.mark.parametrize("field", ["matter", "body", "objects", "means", "basis", "months"])
@pytest.mark.parametrize("put", [None, "", "  "])
def test_a_kind_of_measure_is_not_saved_without_one_of_its_six_fields(session, field, put):
    loaded = yaml.safe_load(TOPIC.begun(session, "interview", MONDAY))
    loaded["measures"][0][field] = put
    content = yaml.safe_dump(loaded, allow_unicode=True)
    with pytest.raises(DataFileError, match=field):
        draft_version(session, TOPIC, content, by="甲", at=MORNING)


def test_a_constraint_needs_the_class_that_it_may_rest_on(session):
    content = TOPIC.begun(session, "interview", MONDAY).replace("  least_class: 轻微\n", "")
    with pytest.raises(DataFileError, match="least_class"):
        draft_version(session, TOPIC, content, by="甲", at=MORNING)
