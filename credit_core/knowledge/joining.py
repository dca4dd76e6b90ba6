"""Mends what scanning and export broke: from lines to whole paragraphs.

Three kinds of brokenness are told apart by the look of the whole file:

- *spaced*: every line of a narrow column stands alone between blank lines, cut in mid-word;
- *wrapped*: lines follow each other, cut at the page's width;
- *paged*: paragraphs are whole, but a page or column break cuts some of them in two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from credit_core.knowledge.extraction import Line
from credit_core.knowledge.rules import numbering, pattern

LONG_LINE = 18
FRAGMENT = 12
NARROW = 32


@dataclass(frozen=True)
class Paragraph:
    """A whole paragraph, heading or table row of a document.

    :ivar heading: level that the format marks, or 0; :ivar alone: a short line that stood as a
        block of its own and does not end like a sentence (a headline, a title, a label).
    """

    text: str
    heading: int = 0
    row: tuple[str, ...] = ()
    alone: bool = False


def join_lines(lines: list[Line]) -> list[Paragraph]:
    """Whole paragraphs in reading order."""
    chunks = _chunks(lines)
    flow = [chunk for chunk in chunks if not chunk[0].whole and not chunk[0].row]
    if _is_spaced(flow):
        return _join_spaced(chunks)
    if _is_wrapped(flow):
        chunks = [_unwrap(chunk) for chunk in chunks]
    return _join_paged(chunks)


def is_open(text: str) -> bool:
    """Whether a text ends in the middle of a sentence."""
    return not pattern("closing").search(text)


def glue(left: str, right: str) -> str:
    """Two halves as one: no space between Chinese signs, one between Latin words."""
    if left and right and left[-1].isascii() and right[0].isascii() and left[-1].isalnum():
        return f"{left} {right}" if right[0].isalnum() else left + right
    return left + right


def starts_block(text: str) -> bool:
    """Whether a line opens something new: a number, a bullet, a label, a byline."""
    return (
        any(mark.match(text) for _, mark in numbering())
        or bool(pattern("bullet").match(text))
        or bool(pattern("byline").match(text))
        or bool(pattern("report_start").match(text))
        or bool(pattern("editor_note").match(text))
    )


def _chunks(lines: list[Line]) -> list[list[Line]]:
    """Runs of lines without a blank between; headings and rows stand alone."""
    chunks: list[list[Line]] = []
    current: list[Line] = []
    for line in lines:
        if not line.text and not line.row:
            if current:
                chunks.append(current)
            current = []
        elif line.whole or line.row:
            if current:
                chunks.append(current)
            chunks.append([line])
            current = []
        else:
            current.append(line)
    if current:
        chunks.append(current)
    return chunks


def _is_spaced(flow: list[list[Line]]) -> bool:
    if len(flow) < 12:
        return False
    single = [chunk[0].text for chunk in flow if len(chunk) == 1]
    if len(single) < 0.6 * len(flow):
        return False
    cut = sum(is_open(text) for text in single)
    if sum(len(text) > NARROW + 8 for text in single) > 0.03 * len(single):
        return False
    # A column cuts all its lines at one width; titles and short items differ.
    width = median(len(text) for text in single if is_open(text)) if cut else 0
    even = sum(abs(len(text) - width) <= 3 for text in single if is_open(text))
    return width <= NARROW and cut > 0.55 * len(single) and even > 0.6 * cut


def _is_wrapped(flow: list[list[Line]]) -> bool:
    lines = [line.text for chunk in flow for line in chunk[:-1]]
    if len(lines) < 4 or len(lines) < 0.5 * len(flow):
        return False
    return sum(is_open(text) for text in lines) > 0.4 * len(lines)


def _unwrap(chunk: list[Line]) -> list[Line]:
    """Lines of one block joined where the page's width cut them."""
    if len(chunk) == 1:
        return chunk
    width = max(len(line.text) for line in chunk)
    joined: list[Line] = []
    open_width = 0
    for line in chunk:
        full = open_width >= 0.85 * width
        if joined and full and is_open(joined[-1].text) and not _is_new(line.text):
            joined[-1] = Line(glue(joined[-1].text, line.text))
        elif joined and full and not _is_new(line.text) and open_width >= width - 1:
            # A full line that happens to end with a stop: the paragraph may go on.
            joined[-1] = Line(glue(joined[-1].text, line.text))
        else:
            joined.append(line)
        open_width = len(line.text)
    return joined


def _is_new(text: str) -> bool:
    return starts_block(text) or bool(pattern("full_date").fullmatch(text))


def _join_paged(chunks: list[list[Line]]) -> list[Paragraph]:
    paragraphs: list[Paragraph] = []
    for chunk in chunks:
        for position, line in enumerate(chunk):
            if line.row or line.heading:
                paragraphs.append(Paragraph(line.text, heading=line.heading, row=line.row))
                continue
            previous = paragraphs[-1] if paragraphs else None
            if previous is not None and _continues(previous, line.text, same_block=position > 0):
                paragraphs[-1] = Paragraph(glue(previous.text, line.text))
            else:
                alone = len(chunk) == 1 and len(line.text) <= 60 and is_open(line.text)
                paragraphs.append(Paragraph(line.text, alone=alone))
    return _rejoin_orphans(paragraphs)


def _continues(previous: Paragraph, text: str, *, same_block: bool) -> bool:
    if previous.heading or previous.row or not previous.text:
        return False
    if pattern("continues").match(text) and len(previous.text) > 4:
        return True
    if _is_new(text) or (
        pattern("label").match(previous.text[:14]) and len(previous.text) < LONG_LINE
    ):
        return False
    if pattern("clause_end").search(previous.text) and not pattern("attention").match(
        previous.text
    ):
        return previous.text[-1] in "，、," or same_block
    if not is_open(previous.text):
        return same_block and text.startswith(("<http", "http", "（http"))
    if same_block and not previous.alone:
        return not _is_title(previous.text)
    fragment = len(previous.text) >= FRAGMENT and re.search("[，、]", previous.text) is not None
    return (len(previous.text) >= LONG_LINE or fragment) and not _is_title(previous.text)


def _is_title(text: str) -> bool:
    return (
        (bool(pattern("title_end").search(text)) and len(text) <= 60)
        or bool(pattern("number_of_document").fullmatch(text))
        or bool(pattern("byline").match(text))
        or bool(pattern("signed").match(text))
        or (any(mark.match(text) for _, mark in numbering()) and len(text) <= 32)
    )


def _rejoin_orphans(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """A sentence that a heading or another article on the page cut off is put together again.

    The torn end and a later beginning belong together when a word of the dictionary spans the
    tear, or when the end leaves a bracket open that the beginning closes.
    """
    joined = list(paragraphs)
    for index, torn in enumerate(paragraphs):
        if torn.heading or torn.row or len(torn.text) < 2 * LONG_LINE or not is_open(torn.text):
            continue
        for later in range(index + 1, min(index + 16, len(paragraphs))):
            candidate = joined[later]
            before = joined[later - 1]
            if candidate.heading or candidate.row or len(candidate.text) < LONG_LINE:
                continue
            if later == index + 1 or starts_block(candidate.text):
                continue
            if is_open(before.text) and not before.heading:
                continue
            if _fits(torn.text, candidate.text):
                joined[index] = Paragraph(glue(torn.text, candidate.text))
                joined[later] = Paragraph("")
                break
    return [paragraph for paragraph in joined if paragraph.text or paragraph.row]


def _fits(end: str, start: str) -> bool:
    opened = end.count("（") + end.count("(") - end.count("）") - end.count(")")
    closing = re.search(r"[（()）]", start)
    if opened > 0 and closing is not None and closing[0] in "）)" and closing.start() < 20:
        return True
    from credit_core.knowledge.terms import dictionary_frequency

    for left, right in ((2, 1), (1, 2), (1, 1)):
        word = end[-left:] + start[:right]
        if dictionary_frequency(word) > 50 and not dictionary_frequency(start[:2]):
            return True
    return False


def _join_spaced(chunks: list[list[Line]]) -> list[Paragraph]:
    paragraphs: list[Paragraph] = []
    widths: list[int] = []
    outside = False

    def close(text: str, *, alone: bool = False) -> None:
        paragraphs.append(Paragraph(text, alone=alone))
        widths.clear()

    buffer = ""
    for chunk in chunks:
        if chunk[0].heading or chunk[0].row:
            if buffer:
                close(buffer)
            buffer = ""
            paragraphs.append(Paragraph(chunk[0].text, heading=chunk[0].heading, row=chunk[0].row))
            continue
        texts = [line.text for line in chunk]
        if not buffer and _is_headline(texts, outside=outside):
            close("".join(texts), alone=True)
            continue
        if not buffer and len(texts) > 1 and not re.search(r"[，。；]", texts[0]):
            close(texts[0], alone=True)
            texts = texts[1:]
        for text in texts:
            if buffer and _breaks(text):
                close(buffer)
                buffer = ""
            buffer = glue(buffer, text)
            widths.append(len(text))
            ended = bool(pattern("report_end").search(text)) and len(text) < 20
            if ended or _ends_paragraph(text, widths) or pattern("byline").match(text):
                outside = ended
                close(buffer, alone=bool(pattern("byline").match(buffer)))
                buffer = ""
    if buffer:
        close(buffer)
    return paragraphs


def _breaks(text: str) -> bool:
    return bool(pattern("report_mark").match(text) or pattern("byline").match(text))


def _is_headline(texts: list[str], *, outside: bool) -> bool:
    joined = "".join(texts)
    if pattern("terminal").search(joined) or any(map(pattern("report_start").match, texts)):
        return False
    if len(texts) > 1:
        return not re.search("[。；]", joined) and len(texts[-1]) < NARROW
    return (outside and not re.search("[，。；]", joined)) or len(joined) <= 4


def _ends_paragraph(text: str, widths: list[int]) -> bool:
    """A stop before the column's edge ends a paragraph; at the edge it may not."""
    if not pattern("terminal").search(text):
        return False
    return len(text) < max(widths[-6:]) - 1 or len(widths) == 1
