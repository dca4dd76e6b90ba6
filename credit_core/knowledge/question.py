"""What a question asks: its words, its place and year, and the kind of fact it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from credit_core.knowledge.clauses import asides, asks
from credit_core.knowledge.grades import grades_in
from credit_core.knowledge.phrases import phrases_of
from credit_core.knowledge.places import Place, find_places
from credit_core.knowledge.rules import (
    Want,
    particles,
    pattern,
    stop_words,
    synonyms,
    units,
    wants,
)
from credit_core.knowledge.speech import plain
from credit_core.knowledge.terms import (
    bigrams,
    cut,
    dictionary_frequency,
    names_a_thing,
    to_number,
)

_PIECE = re.compile(r"[\u3400-\u9fff]+|[a-z]+(?:[-_.]?[a-z0-9]+)*|\d+(?:\.\d+)?[a-z]*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_INSIDE = frozenset("过了着个")
_COUNTED = re.compile("([一二两三四五六七八九十百]+)([年月天日分岁元倍折])")
_OR_NOT = re.compile(r"([\u4e00-\u9fff])[不没]\1")
_SUFFIX = re.compile("[\u4e00-\u9fff]{1,3}[子儿]")
_CLAUSE = re.compile("[，,；;？?。]")


@dataclass(frozen=True)
class Word:
    """A word of the question and the words in which a document may say the same.

    :ivar aside: it stands in a clause that does not ask.
    """

    text: str
    others: tuple[str, ...] = ()
    aside: bool = False


@dataclass(frozen=True)
class Question:
    """A question, taken apart.

    :ivar words: what it is about; places and question words are not among them.
    :ivar current_law: it asks for what applies today.
    :ivar branches: the places by which it names a branch of a bank or an office.
    :ivar number: the number of the document that it asks about (牟医保〔2020〕46号).
    """

    text: str
    words: tuple[Word, ...]
    places: tuple[Place, ...] = ()
    branches: tuple[Place, ...] = ()
    years: tuple[int, ...] = ()
    wants: tuple[Want, ...] = ()
    current_law: bool = False
    unit: re.Pattern[str] | None = None
    number: str = ""

    @cached_property
    def strict(self) -> tuple[re.Pattern[str], ...]:
        """Shapes that the answering sentence must have."""
        of_fact = any(pattern(name).search(self.text) for name in ("how_much", "fact_asked"))
        if pattern("yes_or_no").search(self.text) and not of_fact:
            return ()
        return tuple(shape for want in self._first_wants if (shape := self._shape(want)))

    def _shape(self, want: Want) -> re.Pattern[str] | None:
        """«多少次» is answered by a figure of 次 alone; «几类» also by naming them."""
        counted = want.name == "count" and pattern("counted_strictly").search(self.text)
        return self.unit if counted and self.unit else want.shape

    @cached_property
    def _first_wants(self) -> tuple[Want, ...]:
        """What the first asking clause wants for certain; a second question only welcomes."""
        clauses = _CLAUSE.split(self.text)
        for clause in [one for one in clauses if asks(one)] or clauses:
            found = [
                (want, hit[0])
                for want in self.wants
                if want.strict and (hit := want.cue.search(clause))
            ]
            # «额度管几年» names an amount and asks for years.
            named = [want for want, cue in found if want.named and not asks(cue)]
            asked = tuple(want for want, _ in found if want not in named)
            if found:
                return asked or tuple(named)
        return tuple(want for want in self.wants if want.strict)

    @cached_property
    def grades(self) -> frozenset[str]:
        """Grades in letters that it asks about: those of what asks, if any stands there."""
        asking = [clause for clause in _CLAUSE.split(self.text) if asks(clause)]
        named = [named for clause in asking if (named := grades_in(clause))]
        return named[0] if named else grades_in(self.text)

    @cached_property
    def items(self) -> frozenset[int]:
        """Numbers of the items of a list that it asks about: «第(13)项»."""
        return frozenset(_numbers(pattern("item_asked"), self.text))

    @cached_property
    def kind_words(self) -> frozenset[str]:
        """Words that name the kind of fact wanted, not its subject."""
        return frozenset().union(*(want.words for want in self.wants))

    @cached_property
    def head(self) -> Word | None:
        """What «… is what?» asks for: the thing right before it, unless it names a kind of fact."""
        before = pattern("asked_of").search(self.text)
        if before is None or not before[0]:
            return None
        tokens = _tokens(before[0])
        if not tokens or tokens[-1] in self.kind_words or not names_a_thing(tokens[-1]):
            return None
        return next((word for word in self.words if word.text == tokens[-1]), None)

    @cached_property
    def counted(self) -> Word | None:
        """What «how many …» counts."""
        asked = pattern("counted_of").search(self.text)
        tokens = _tokens(asked[1]) if asked else []
        if not tokens or not names_a_thing(tokens[-1]):
            return None
        return next((word for word in self.words if word.text == tokens[-1]), None)

    @cached_property
    def welcome(self) -> tuple[re.Pattern[str], ...]:
        """Shapes that speak for a sentence without being required."""
        shapes = [want.shape for want in self.wants if want.shape and want not in self._first_wants]
        return (*shapes, *([self.unit] if self.unit else []))

    @property
    def whole(self) -> bool:
        return any(want.whole for want in self.wants)


def understand(text: str) -> Question:
    """Take a question apart."""
    folded = plain(text)
    branch = pattern("branch")
    places = tuple(find_places(branch.sub(" ", folded)))
    branches = tuple(find_places(" ".join(one[0] for one in branch.finditer(folded))))
    years = tuple(sorted({int(year) for year in pattern("question_year").findall(folded)}))
    unnumbered = pattern("number_of_document").sub(" ", folded)
    # «What is document X?» is about its number; other questions are about what stands in it.
    words = tuple(_words(unnumbered, places) or _words(folded, places))
    beside = "，".join(asides(folded))
    if beside:
        asked = set(_CLAUSE.split(folded)) - set(_CLAUSE.split(beside))
        main = {word.text for clause in asked for word in _words(clause, places)}
        if main:
            words = tuple(replace(word, aside=word.text not in main) for word in words)
    return Question(
        text=folded,
        words=words,
        places=places,
        branches=branches,
        years=years,
        wants=tuple(want for want in wants() if want.cue.search(folded)),
        current_law=bool(pattern("current_law").search(folded)),
        unit=_unit(folded),
        number=_document_number(text),
    )


def has_items(asked: frozenset[int], folded: str) -> bool:
    """Whether a passage may answer for the items asked: it has them all among its own."""
    return asked <= set(_numbers(pattern("item_mark"), folded))


def _numbers(mark: re.Pattern[str], text: str) -> Iterator[int]:
    for hit in mark.finditer(text):
        number = to_number(next(group for group in hit.groups() if group))
        if number is not None:
            yield number


def _document_number(text: str) -> str:
    named = pattern("number_of_document").search(text)
    return re.sub(r"\s", "", named[0]) if named else ""


def _unit(folded: str) -> re.Pattern[str] | None:
    """«多少户» is answered by a figure of 户."""
    asked = pattern("counted").search(folded)
    if asked is None:
        return None
    unit = next(group for group in asked.groups() if group)
    alike = next((group for group in units() if unit in group), (unit,))
    number = r"[\d一二两三四五六七八九十百千][\d.]*(?:余|多|来|几)?(?:万|亿|千)?(?:余|多|来)?"
    # «一个», «一家» are articles rather than figures.
    names = "|".join(map(re.escape, alike))
    return re.compile(f"(?!一[个家]){number}(?:{names})(?!工作日|月|小时|百分)")


def _words(folded: str, places: tuple[Place, ...]) -> list[Word]:
    thesaurus = synonyms()
    asked = pattern("how_long").sub(" ", pattern("question_year").sub(" ", folded))
    phrases, bare = phrases_of(asked)
    bare = _OR_NOT.sub(r"\1", bare)
    for place in sorted(places, key=lambda place: -len(place.name)):
        bare = re.sub(f"{place.name}(?:省|市|县|区|地区|自治区)?", " ", bare)
    found: dict[str, Word] = {}
    counted: list[Word] = []
    for token in [*phrases, *_tokens(bare)]:
        if token in found or token in stop_words():
            continue
        if len(token) < 2 and not token.isdigit() and token not in thesaurus:
            continue
        if pattern("counted_thing").match(token):
            counted.append(Word(token))
            continue
        others = phrases.get(token) or thesaurus.get(token) or _of_stem(token)
        found[token] = Word(token, (*others, *_in_figures(token)))
    return list(found.values()) or counted


def _of_stem(word: str) -> tuple[str, ...]:
    """厂子 is 厂."""
    stem = word[:-1]
    if not _SUFFIX.fullmatch(word):
        return ()
    return (*((stem,) if len(stem) > 1 else ()), *synonyms().get(stem, ()))


def _in_figures(word: str) -> tuple[str, ...]:
    """五年 is also written 5年."""
    counted = _COUNTED.fullmatch(word)
    number = to_number(counted[1]) if counted else None
    return (f"{number}{counted[2]}",) if counted and number is not None else ()


def _tokens(text: str) -> list[str]:
    """Words, figures and Latin words, without the words that only ask."""
    tokens: list[str] = []
    text = pattern("measured").sub(r"\g<0> ", pattern("asking").sub(" ", text))
    for piece in re.findall(
        r"[\u3400-\u9fff]+|[a-z]+(?:[-_.]?[a-z0-9]+)*|\d+(?:\.\d+)?[a-z]*", text
    ):
        tokens += _names_whole(_parted_verbs(cut(piece))) if _HAN.match(piece) else [piece]
    return tokens


def _parted_verbs(words: list[str]) -> list[str]:
    """A verb that speech parts, joined: 登|过|记 → 登记."""
    joined = list(words)
    at = 0
    while at + 2 < len(joined):
        first, between, last = joined[at : at + 3]
        apart = between in _INSIDE and len(first) == len(last) == 1
        if apart and dictionary_frequency(first + last):
            joined[at : at + 3] = [first + last]
        at += 1
    return joined


def content_words(text: str) -> list[str]:
    """Words of a text as a question would have them, names outside the dictionary whole."""
    return [word for word in _tokens(text) if len(word) > 1 and word not in stop_words()]


def with_alike(question: Question, alike: dict[str, tuple[str, ...]]) -> Question:
    """The question with words that sound the same beside the words nobody knows."""
    words = tuple(
        replace(word, others=(*word.others, *alike.get(word.text, ()))) for word in question.words
    )
    return replace(question, words=words)


def _names_whole(words: list[str]) -> list[str]:
    """Signs in no word of the dictionary, side by side, are a name: 海|贝 → 海贝."""
    whole: list[str] = []
    run = ""
    for position, word in enumerate([*words, ""]):
        following = words[position + 1] if position + 1 < len(words) else ""
        inside = bool(run) and len(following) == 1 and following not in stop_words()
        if len(word) == 1 and (word not in stop_words() or (inside and word not in particles())):
            run += word
            continue
        if len(run) > 1 or run in synonyms():
            whole.append(run)
        run = ""
        if word:
            whole.append(word)
    return whole


def search_terms(
    question: Question, *, synonym_weight: float, pair_weight: float
) -> dict[str, float]:
    """Terms to look up with how much each matters."""
    weights: dict[str, float] = {}

    def put(term: str, weight: float) -> None:
        weights[term] = max(weights.get(term, 0.0), weight)

    for word in question.words:
        for text, weight in ((word.text, 1.0), *((other, synonym_weight) for other in word.others)):
            pairs = list(bigrams(text))
            for pair in pairs:
                put(pair, weight / len(pairs) ** 0.5)
            if len(text) > 2 or not pairs:
                put(text, weight)
    for pair in bigrams(question.text):
        if not any(word in pair for word in ("什么", "多少", "怎么", "哪些", "请问")):
            put(pair, pair_weight)
    for place in question.places:
        for pair in bigrams(place.name):
            put(pair, 1.0)
    return weights
