"""Tables of the language, made once from the libraries when the model is trained.

The libraries know every reading and half a million words; a run needs a small part, and loading
that part takes hundredths of a second.
"""

from __future__ import annotations

from bot.understanding.model import with_syllables
from bot.understanding.normalise import Normaliser
from bot.understanding.phonetics import Phonetics, fold

_FIRST, _LAST = 0x4E00, 0x9FFF
_RARE = 30


def normaliser() -> Normaliser:
    """Character by character, so that a length never changes and slots keep their place."""
    import zhconv

    pairs: dict[int, int] = {}
    for code in range(0x3400, _LAST + 1):
        simple = zhconv.convert(chr(code), "zh-hans")
        if len(simple) == 1 and ord(simple) != code:
            pairs[code] = ord(simple)
    # Japanese keyboards write some characters their own way.
    pairs |= {
        ord(own): ord(ours)
        for own, ours in zip("実検験変対発図応", "实检验变对发图应", strict=True)
    }
    # 乾 and 著 stay with their simplified readings that people really type.
    pairs[ord("嚟")] = ord("嚟")
    return Normaliser(pairs)


def phonetics() -> tuple[Phonetics, dict[str, str]]:
    """Coarse sounds for the run, and exact spellings (for making examples in pinyin)."""
    from pypinyin import Style, lazy_pinyin

    letters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    spelled = lazy_pinyin(letters, style=Style.NORMAL)
    exact = {
        letter: sound.replace("ü", "v")
        for letter, sound in zip(letters, spelled, strict=True)
        if sound != letter and sound.isascii() and sound.isalpha()
    }
    syllables = frozenset(sound for sound in exact.values() if len(sound) > 1 or sound in "aeo")
    return with_syllables({letter: fold(one) for letter, one in exact.items()}, syllables), exact


def homophones(exact: dict[str, str], words: dict[str, int]) -> dict[str, str]:
    """For each common character the common characters with the same spelling."""
    weight: dict[str, int] = {}
    for word, frequency in words.items():
        for letter in word:
            weight[letter] = weight.get(letter, 0) + frequency
    by_sound: dict[str, list[str]] = {}
    for letter in sorted(weight, key=lambda one: (-weight[one], one))[:3200]:
        if letter in exact:
            by_sound.setdefault(exact[letter], []).append(letter)
    return {
        letter: "".join(one for one in same[:9] if one != letter)
        for same in by_sound.values()
        if len(same) > 1
        for letter in same
        if len(same[:9]) > 1
    }


def words(own: list[str]) -> dict[str, int]:
    """Word frequencies for jieba, with all prefixes as it expects them (a prefix has 0)."""
    import jieba

    table: dict[str, int] = {}
    with jieba.dt.get_dict_file() as stream:
        for line in stream:
            word, frequency, *_ = line.decode("utf-8").split(" ")
            if int(frequency) >= _RARE or len(word) == 1:
                table[word] = int(frequency)
    for word in own:
        table[word] = max(table.get(word, 0), 2000)
    for word in list(table):
        for end in range(1, len(word)):
            table.setdefault(word[:end], 0)
    return table


def cutter(table: dict[str, int]) -> object:
    """A jieba tokenizer over the table, without the reading of its half million words."""
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ = table
    tokenizer.total = sum(table.values())
    tokenizer.initialized = True
    return tokenizer
