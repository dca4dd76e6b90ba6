"""How a message is worded: ideas instead of words, so that other words say the same."""

from __future__ import annotations

from bot.wording import Wording, everyday_words

WORDS = {"CHILD": ["儿子", "娃", "小孩"], "SEEN": ["看见", "看", "晓得"], "BOOK": ["看书"]}


def plain(text: str) -> str:
    return text


def test_words_that_mean_the_same_are_one_idea() -> None:
    wording = Wording(WORDS, plain)
    assert wording.ideas("儿子会看见吗") == wording.ideas("娃晓得不") == {"CHILD", "SEEN"}


def test_a_sign_inside_a_longer_word_is_that_word() -> None:
    assert Wording(WORDS, plain).ideas("小孩看书") == {"CHILD", "BOOK"}


def test_two_ideas_together_are_a_sign_of_their_own() -> None:
    signs = Wording(WORDS, plain).signs("儿子看见")
    assert {"iCHILD", "iSEEN", "pCHILD+SEEN", "儿", "儿 子", "^ 儿", "见 $"} <= signs


def test_no_everyday_word_stands_twice_for_one_idea() -> None:
    for idea, words in everyday_words().items():
        assert len(words) == len(set(words)), idea
