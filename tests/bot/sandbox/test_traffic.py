"""Pages get live events; a page that lags is told to load anew."""

from __future__ import annotations

from bot.sandbox.traffic import Hub, Traffic


async def test_a_lagging_page_is_told_to_reload():
    hub = Hub()
    slow, quick = hub.open(), hub.open()
    for number in range(501):
        hub.publish({"type": "message", "n": number})
        quick.get_nowait()
    assert slow.get_nowait() == {"type": "reload"}
    assert slow.empty()


async def test_the_ring_is_bounded_and_bodies_are_cut():
    traffic = Traffic(Hub())
    for number in range(300):
        traffic.add(float(number), "api", "POST /x", b"a" * 9000, "b")
    entries = traffic.entries()
    assert len(entries) == 200
    assert len(entries[-1]["sent"]) == 4000


async def test_a_flood_is_not_shown_line_by_line():
    hub = Hub()
    page = hub.open()
    traffic = Traffic(hub)
    for _ in range(300):
        traffic.add(5.0, "api", "POST /x", b"", b"")
    assert page.qsize() == 40
