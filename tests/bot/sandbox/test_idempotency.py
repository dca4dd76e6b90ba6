"""Keys are remembered for their time, and memory follows the window."""

from __future__ import annotations

from bot.sandbox.idempotency import RecentKeys


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_found_until_its_time_is_over():
    clock = Clock()
    keys = RecentKeys(600, clock)
    keys.remember(("o", "k"), 7)
    clock.now = 599
    assert keys.find(("o", "k")) == 7
    assert keys.find(("o", "other")) is None
    clock.now = 600
    assert keys.find(("o", "k")) is None


def test_memory_follows_the_window_and_not_the_calls():
    clock = Clock()
    keys = RecentKeys(10, clock)
    for number in range(20_000):
        clock.now = number / 100
        keys.find(("o", str(number)))
        keys.remember(("o", str(number)), number)
    assert len(keys) <= 1010
