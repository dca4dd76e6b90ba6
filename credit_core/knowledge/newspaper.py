"""A newspaper page: several reports whose columns and headlines were scanned one after another.

Reports are recognised by how they begin (本报讯, □ author) and end (the reporter in brackets).
Headlines and leads that the scan put elsewhere are given to the report whose words they share.
"""

from __future__ import annotations

import re
from collections import Counter

from credit_core.knowledge.article import Article
from credit_core.knowledge.joining import Paragraph
from credit_core.knowledge.rules import pattern
from credit_core.knowledge.terms import bigrams, normalise

_LEAST_SHARED = 0.34


def is_newspaper(paragraphs: list[Paragraph]) -> bool:
    marks = sum(
        bool(pattern("report_mark").match(part.text) or re.match("[□■]", part.text))
        for part in paragraphs
    )
    return marks >= 2


def split_reports(paragraphs: list[Paragraph]) -> list[Article]:
    """Reports with their headlines."""
    reports: list[Article] = []
    headlines: list[Paragraph] = []
    open_report = False
    for part in paragraphs:
        if pattern("byline").match(part.text):
            reports.append(Article("", byline=part.text))
            open_report = True
        elif pattern("report_mark").match(part.text):
            reports.append(Article("", [part]))
            open_report = True
        elif open_report and not (part.alone and _outside(reports[-1])):
            reports[-1].paragraphs.append(Paragraph(part.text, heading=3) if part.alone else part)
        elif part.alone:
            headlines.append(part)
            open_report = False
        else:
            reports.append(Article("", [part]))
            if headlines and not _shares_better(headlines[-1], reports):
                reports[-1].title = headlines.pop().text
        if part.text and pattern("report_end").search(part.text):
            open_report = False
    _give_headlines(headlines, reports)
    reports = [report for report in reports if len(report.text) > 12]
    for report in reports:
        report.title = report.title or _first_sentence(report)
    return reports


def _outside(report: Article) -> bool:
    return bool(report.paragraphs) and bool(
        pattern("report_end").search(report.paragraphs[-1].text)
    )


def _shares_better(headline: Paragraph, reports: list[Article]) -> bool:
    """Whether an earlier report fits the headline better than the one that follows it."""
    scores = [_shared(headline.text, report) for report in reports]
    return max(scores[:-1], default=0.0) > scores[-1]


def _give_headlines(headlines: list[Paragraph], reports: list[Article]) -> None:
    """Each headline to the report that shares most with it; what is left over is dropped."""
    pairs = sorted(
        ((_shared(line.text, report), -len(line.text), line, report)
         for line in headlines for report in reports),
        key=lambda pair: (pair[0], pair[1]), reverse=True,
    )  # fmt: skip
    taken: set[int] = set()
    for score, _, line, report in pairs:
        if id(line) in taken or score < _LEAST_SHARED or len(line.text) < 6:
            continue
        taken.add(id(line))
        if report.title or len(line.text) > 40:
            report.paragraphs.insert(0, Paragraph(line.text))
        else:
            report.title = line.text


def _shared(headline: str, report: Article) -> float:
    """Share of the headline's pairs of characters that the report has."""
    wanted = Counter(bigrams(normalise(headline)))
    if not wanted:
        return 0.0
    has = set(bigrams(normalise(report.text)))
    return sum(pair in has for pair in wanted) / len(wanted)


def _first_sentence(report: Article) -> str:
    text = re.sub(pattern("report_mark").pattern, "", report.text).strip()
    return re.split("[，。]", text)[0][:30]
