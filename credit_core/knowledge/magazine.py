"""A file with headings: a magazine's articles, or one document with its sections.

Scanned magazines have headings of all levels in no order, articles that go on pages later, and
sections that a page break put into the next article; numbering and page marks set them right.
"""

from __future__ import annotations

import re

from credit_core.knowledge.article import Article, is_section_heading, mark_of, number_of
from credit_core.knowledge.joining import Paragraph
from credit_core.knowledge.rules import pattern


def is_periodical(paragraphs: list[Paragraph]) -> bool:
    """A magazine: it has an issue number, or several articles with authors."""
    bylines = sum(bool(pattern("byline").match(part.text)) for part in paragraphs)
    return bylines >= 3 or any(pattern("issue").search(part.text) for part in paragraphs[:30])


class Magazine:
    """Sorts the paragraphs of a file with headings into its articles."""

    def __init__(self, paragraphs: list[Paragraph], file_title: str) -> None:
        self.paragraphs = paragraphs
        self.periodical = is_periodical(paragraphs)
        self.articles = [Article(file_title)]
        self.turned: Article | None = None
        self.resumed: Article | None = None
        self.early: list[Paragraph] | None = None
        self._waiting: list[Paragraph] = []
        self.last_numbers: dict[int, dict[str, int]] = {}

    @property
    def current(self) -> Article:
        return self.resumed or self.articles[-1]

    def sort(self) -> list[Article]:
        skipping = False
        for position, part in enumerate(self.paragraphs):
            if part.heading:
                skipping = bool(pattern("contents").search(part.text))
                if not skipping:
                    self._heading(part, self.paragraphs[position + 1 : position + 2])
            elif not skipping and not self._turn(part):
                self._text(part)
        return self.articles

    def _heading(self, part: Paragraph, rest: list[Paragraph]) -> None:
        self.resumed = self.early = None
        article = self.articles[-1]
        if _extends_title(article, part):
            article.title = f"{article.title} {part.text}".strip()
            article.level = article.level or part.heading
        elif _opens_article(article, part, rest, periodical=self.periodical):
            self.articles.append(Article(part.text, level=part.heading))
        else:
            self._follow_number(part)
            self.current.paragraphs.append(part)

    def _text(self, part: Paragraph) -> None:
        if pattern("byline").match(part.text) and not self.articles[-1].byline:
            self.articles[-1].byline = part.text
            return
        self._follow_number(part)
        if self.early is not None:
            self.early.append(part)
        else:
            self.current.paragraphs.append(part)

    def _turn(self, part: Paragraph) -> bool:
        """Follows «turn to page» and «from page», in whichever order the scan has them."""
        if pattern("turn_to").match(part.text):
            self.turned = self.articles[-1]
            for early in self._waiting:
                self.turned.paragraphs.append(early)
            self._waiting = []
            return True
        if pattern("turn_from").match(part.text):
            if self.turned is not None:
                self.resumed = self.turned
            else:
                self.early = self._waiting
            return True
        return False

    def _follow_number(self, part: Paragraph) -> None:
        """A section whose number goes on from an earlier article belongs to that article."""
        mark = mark_of(part.text)
        number = number_of(part.text, mark)
        if number is None:
            return
        seen = self.last_numbers.setdefault(id(self.current), {})
        if number > 1 and mark not in seen and self.resumed is None:
            for article in self.articles[-2:-6:-1]:
                if self.last_numbers.get(id(article), {}).get(mark) == number - 1:
                    self.resumed = article
                    seen = self.last_numbers[id(article)]
                    break
        seen[mark] = number


def _extends_title(current: Article, part: Paragraph) -> bool:
    """A heading right below a title that has no text yet belongs to the title."""
    return (
        bool(current.level)
        and not current.paragraphs
        and part.heading >= current.level
        and not is_section_heading(part.text)
        and len(current.title) <= 12
        and not current.title.startswith("【")
    )


def _opens_article(
    current: Article, part: Paragraph, rest: list[Paragraph], *, periodical: bool
) -> bool:
    if is_section_heading(part.text) or not part.text:
        return False
    if part.heading == 1 or not current.level:
        return True
    if len(part.text) <= 4 and current.paragraphs:
        return False
    if part.heading <= current.level or (periodical and part.heading == 2 and len(part.text) > 7):
        return not (len(part.text) <= 8 and re.match("[“‘]", part.text))
    # A deeper heading opens an article of its own when it has an author of its own.
    return any(pattern("byline").match(following.text) for following in rest)
