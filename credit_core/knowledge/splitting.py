"""From paragraphs to documents and their passages.

One file may hold many documents: the articles of a magazine, the reports of a newspaper page, a
letter and the plan that it sends. Each is split by its own numbering into passages, none longer
than a reader can take in, each with the headings that it stands under.
"""

from __future__ import annotations

import re

from credit_core.knowledge.article import Article, mark_of
from credit_core.knowledge.joining import Paragraph, is_open
from credit_core.knowledge.magazine import Magazine
from credit_core.knowledge.newspaper import is_newspaper, split_reports
from credit_core.knowledge.passages import split_passages
from credit_core.knowledge.rules import pattern


def split_articles(paragraphs: list[Paragraph], file_title: str = "") -> list[Article]:
    """Inner documents in the order of the file."""
    if is_newspaper(paragraphs):
        articles = split_reports(paragraphs)
    elif any(part.heading for part in paragraphs):
        articles = Magazine(paragraphs, file_title).sort()
    else:
        articles = _split_by_titles(paragraphs, file_title)
    articles = [article for article in articles if article.text.strip()]
    if len(articles) > 3:
        articles = [article for article in articles if not _is_cover(article)]
    for article in articles:
        article.passages = split_passages(article)
        if article.byline and article.passages:
            first = article.passages[0]
            first.text = f"{article.byline}\n{first.text}"
    return articles


def _is_cover(article: Article) -> bool:
    """A cover, a slogan or a list of titles: nothing in it is a sentence."""
    return len(article.text) < 120 and not re.search("[。！？；]", article.text)


def _split_by_titles(paragraphs: list[Paragraph], file_title: str) -> list[Article]:
    articles = [Article("")]
    for part in paragraphs:
        current = articles[-1]
        if _is_bare_title(part):
            if current.title and not _is_front_matter(current):
                articles.append(Article(part.text))
                continue
            current.title = part.text
            continue
        current.paragraphs.append(part)
    for article in articles:
        if not article.title:
            first = next((part.text for part in article.paragraphs if part.text), "")
            article.title = file_title or first[:40]
    return articles


def _is_bare_title(part: Paragraph) -> bool:
    text = part.text
    if part.row or not 5 <= len(text) <= 90 or mark_of(text):
        return False
    if pattern("number_of_document").fullmatch(text) or pattern("head_of_file").match(text):
        return False
    if re.search("[，。；：]", re.sub("《[^》]*》", "", text)):
        return False
    return bool(pattern("title_end").search(text)) and is_open(text.rstrip("）)》"))


def _is_front_matter(article: Article) -> bool:
    """Only the issuing office's name and the number stand before the title."""
    return all(
        not part.row and not pattern("terminal").search(part.text) for part in article.paragraphs
    )
