"""A real record takes a pharmacy near the next grade: its clerk is told, in words that fit."""

from __future__ import annotations

from sqlalchemy import select

from credit_core.accounts.models import Binding, BindingRole
from credit_core.database import Database
from notices import outbox, planner
from notices.models import Notice
from tests.credit_core.scoring.people import AT, TODAY, give, someone
from tests.notices.conftest import Bureau


def test_from_the_record_to_the_outbox(bureau: Bureau) -> None:
    clerk = bureau.follower("one_clerk")
    url = bureau.database.url.render_as_string(hide_password=False)
    listening = Database(url, subscribers=[planner.subscriber])
    with listening.begin() as session:
        pharmacy = someone(session, "institution")
        session.add(
            Binding(follower_id=clerk, subject_id=pharmacy.id, role=BindingRole.CLERK, since=AT)
        )
        give(session, pharmacy, "I-4", TODAY, detail="暂停结算")
        give(session, pharmacy, "I-4", TODAY, detail="约谈")
        give(session, pharmacy, "I-4", TODAY, detail="约谈")
    with listening.read() as session:
        (notice,) = session.scalars(select(Notice).where(Notice.kind == "grade_near"))
        fields = outbox.fields_of(notice)
        assert notice.follower_id == clerk
    listening.dispose()
    assert (fields["grade"], fields["next_lower"], fields["points_left"]) == ("A", "B", 6)
    assert "-30" in fields["lines_text"]
