"""Documents and chats come back after a restart; chats are bounded."""

from __future__ import annotations

from bot.sandbox.models import Tag
from bot.sandbox.store import Collection, Store


def test_documents_are_written_through(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    tags = Collection(store, "tags", Tag)
    tags.put("1", Tag(id=1, name="居民"))
    tags.put("2", Tag(id=2, name="机构"))
    assert tags.drop("2")
    assert not tags.drop("2")
    again = Collection(Store(tmp_path / "a.sqlite"), "tags", Tag)
    assert [(key, tag.name) for key, tag in again.items()] == [("1", "居民")]
    assert "1" in again
    assert len(again) == 1


def test_a_chat_keeps_its_newest_thousand(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    for number in range(1250):
        store.add_message("o", {"text": str(number)})
    found = store.messages("o", last=5000)
    assert found[-1]["text"] == "1249"
    assert 1000 <= len(found) <= 1100
    assert [m["text"] for m in store.messages("o", after=found[-3]["id"])] == ["1248", "1249"]
