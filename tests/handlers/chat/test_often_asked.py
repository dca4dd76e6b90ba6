"""What people often ask beside their main wish: every question is answered as it should be."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bot.understanding import Understander
from bot.understanding.grammar import samples
from handlers.chat import often_asked
from handlers.chat.often_asked import OftenAsked, questions, sureness
from handlers.chat.phrases import choices

LONGEST_ANSWER, LONGEST_TITLE = 130, 14
ALL = sorted(questions().items())


@pytest.mark.parametrize(("key", "one"), ALL, ids=[key for key, _ in ALL])
def test_a_question_can_be_told_and_tapped(key: str, one: OftenAsked) -> None:
    assert 4 <= len(one.title) <= LONGEST_TITLE
    assert len(one.asked) >= 8
    assert len(one.answer.format(hotline="12393")) <= LONGEST_ANSWER
    assert len(choices(*one.then)) == len(one.then) <= 3


def test_no_two_titles_are_alike() -> None:
    titles = [one.title for _, one in ALL]
    assert len(titles) == len(set(titles))


def test_what_a_question_is_about_is_spoken_of_somewhere(understander: Understander) -> None:
    from handlers.chat import make_routes

    routes = make_routes(understander)
    known = {*routes.intents, *routes.forms, "acts", "coupons", "policy"}
    for key, one in ALL:
        assert one.about <= known, key


def test_no_phrasing_stands_in_two_questions_that_hold_at_once() -> None:
    stands: dict[str, list[tuple[str, OftenAsked]]] = defaultdict(list)
    for key, one in ALL:
        for pattern in one.asked:
            for said in set(samples(pattern, {}, 24, pattern)):
                stands[said].append((key, one))
    for said, holders in stands.items():
        for at, (key, one) in enumerate(holders):
            for other_key, other in holders[at + 1 :]:
                if key == other_key:
                    continue
                apart = one.about and other.about and one.about.isdisjoint(other.about)
                apart = apart or {one.who, other.who} == {"person", "institution"}
                narrower = bool(one.about) != bool(other.about)
                assert apart or narrower, f"{said}: {key}, {other_key}"


def test_what_stands_far_ahead_is_surer() -> None:
    near, far = sureness([0.3, 0.29], 0.25)[0], sureness([0.3, 0.1], 0.1)[0]
    assert near < 0.6
    assert far > 0.9
    assert sureness([1.8, 1.79], 0.9)[0] == 1.0
    assert not sureness([], 0.2)


def test_what_is_more_like_a_plain_wish_is_no_aside() -> None:
    assert sureness([0.3, 0.1], 0.4)[0] < 0.3


def test_a_phrasing_left_out_is_still_met_among_the_first(understander: Understander) -> None:
    """Each question is asked by a phrasing that its own file does not hold: half are met by the
    first three that are offered, where any of 400 could be."""
    from bot.likeness import Likeness
    from bot.wording import Wording, everyday_words

    held = {key: one.asked[::5] for key, one in ALL}
    rest = [
        (key, said)
        for key, one in ALL
        for pattern in one.asked
        if pattern not in held[key]
        for said in samples(pattern, {}, often_asked.READINGS, pattern)
    ]
    known = Likeness(rest, Wording(everyday_words(), understander.plain).signs)
    met = asked = 0
    for key, one in ALL:
        for pattern in held[key]:
            said = next(iter(samples(pattern, {}, 1, pattern)))
            fits = [
                name
                for name, *_ in known.ranked(said)
                if not questions()[name].about
                or not one.about
                or questions()[name].about & one.about
            ]
            asked, met = asked + 1, met + (key in fits[:3])
    assert asked > 1000
    assert met / asked >= 0.4
