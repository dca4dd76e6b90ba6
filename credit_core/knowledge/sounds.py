"""Words that sound alike: 修付 is 修复, whichever word the input method offered.

The words of the documents are kept with their sound; a word of a question that no document and
no dictionary has is looked up by it. Sounds that speakers of many dialects do not tell apart
(zh and z, n and l, -ng and -n) are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from credit_core.knowledge.models import KnowledgeWord
from credit_core.knowledge.question import content_words
from credit_core.knowledge.terms import normalise

SHORTEST, LONGEST = 2, 6
_CHUNK = 500
_ALIKE_IN_SOUND = select(KnowledgeWord.sound, KnowledgeWord.word).where(
    KnowledgeWord.sound.in_(bindparam("sounds", expanding=True))
)
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"))


def sound_of(word: str) -> str:
    """How a word sounds, without tones and without what dialects mix up.

    >>> sound_of("修付") == sound_of("修复")
    True
    """
    from pypinyin import lazy_pinyin

    syllables = []
    for syllable in lazy_pinyin(word):
        for one, other in _ALIKE:
            syllable = syllable.replace(one, other)  # noqa: PLW2901  Folded step by step.
        syllables.append(syllable)
    return " ".join(syllables)


def words_of(texts: Iterable[str]) -> set[str]:
    """The words of texts that a question may mean."""
    return {
        word
        for text in texts
        for word in content_words(normalise(text))
        if SHORTEST <= len(word) <= LONGEST and re.fullmatch("[\u4e00-\u9fff]+", word)
    }


def add_words(session: Session, words: set[str]) -> None:
    """Remember words with their sounds; those that are known already stay as they are."""
    wanted = sorted(words)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        known = set(
            session.scalars(select(KnowledgeWord.word).where(KnowledgeWord.word.in_(chunk)))
        )
        new = [{"word": word, "sound": sound_of(word)} for word in chunk if word not in known]
        if new:
            session.execute(insert(KnowledgeWord), new)


def alike(session: Session, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each word the words of the documents that sound the same."""
    sounds = {word: sound_of(word) for word in words}
    if not sounds:
        return {}
    rows = session.execute(_ALIKE_IN_SOUND, {"sounds": list(set(sounds.values()))}).all()
    return {
        word: tuple(other for found, other in rows if found == sound and other != word)
        for word, sound in sounds.items()
    }
