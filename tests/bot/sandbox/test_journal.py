"""The log of effects: lines survive, half lines do no harm."""

from __future__ import annotations

from bot.sandbox.journal import Journal


def test_a_line_cut_by_a_crash_is_passed_over_and_the_next_stands_alone(tmp_path):
    path = tmp_path / "effects.jsonl"
    journal = Journal(path)
    journal.write(1000.0, "template", {"openid": "a"})
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"at": 1001.0, "api": "templ')
    journal = Journal(path)
    journal.write(1002.0, "mass", {"openid": "b"})
    assert [line["openid"] for line in journal.lines()] == ["a", "b"]
    assert [line["openid"] for line in journal.lines(since=1001)] == ["b"]
    assert [line["openid"] for line in journal.lines(api="template")] == ["a"]
    journal.clear()
    assert list(journal.lines()) == []
    journal.close()
