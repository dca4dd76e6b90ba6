"""From paragraphs to documents and their passages.

One file may hold many documents: the articles of a magazine, the reports of a newspaper page, a
letter and the plan that it sends. Each is split by its own numbering into passages, none longer
than a reader can take in, each with the headings that it stands under.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from credit_core.knowledge.joining import Paragraph, is_open
from credit_core.knowledge.rules import numbering, pattern, thresholds
from credit_core.knowledge.terms import to_number

_RANK = {name: rank for rank, (name, _) in enumerate(numbering())}
_HEADING_RANK = -1


@dataclass
class Passage:
    """A piece of text that can answer.

    :ivar path: headings that it stands under, outermost first.
    """

    text: str
    path: tuple[str, ...] = ()


@dataclass
class Article:
    """One inner document of a file."""

    title: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    level: int = 0
    byline: str = ""
    passages: list[Passage] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(
            "，".join(filter(None, part.row)) if part.row else part.text for part in self.paragraphs
        )


def split_articles(paragraphs: list[Paragraph], file_title: str = "") -> list[Article]:
    """Inner documents in the order of the file."""
    if _is_newspaper(paragraphs):
        from credit_core.knowledge.newspaper import split_reports

        articles = split_reports(paragraphs)
    elif any(part.heading for part in paragraphs):
        articles = _Magazine(paragraphs, file_title).sort()
    else:
        articles = _split_by_titles(paragraphs, file_title)
    articles = [article for article in articles if article.text.strip()]
    if len(articles) > 3:
        articles = [article for article in articles if not _is_cover(article)]
    for article in articles:
        article.passages = split_passages(article)
    return articles


def _is_cover(article: Article) -> bool:
    """A cover, a slogan or a list of titles: nothing in it is a sentence."""
    return len(article.text) < 120 and not re.search("[。！？；]", article.text)


def is_periodical(paragraphs: list[Paragraph]) -> bool:
    """A magazine: it has an issue number, or several articles with authors."""
    bylines = sum(bool(pattern("byline").match(part.text)) for part in paragraphs)
    return bylines >= 3 or any(pattern("issue").search(part.text) for part in paragraphs[:30])


def _is_newspaper(paragraphs: list[Paragraph]) -> bool:
    marks = sum(
        bool(pattern("report_mark").match(part.text) or re.match("[□■]", part.text))
        for part in paragraphs
    )
    return marks >= 2


def mark_of(text: str) -> str:
    """The style of numbering a paragraph begins with, or an empty string."""
    for name, mark in numbering():
        if mark.match(text):
            return name
    return ""


def _is_section_heading(text: str) -> bool:
    return bool(
        mark_of(text) or pattern("region_part").match(text) or pattern("editor_note").match(text)
    )


class _Magazine:
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
        number = _number_of(part.text, mark)
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


def _number_of(text: str, mark: str) -> int | None:
    style = next((sign for name, sign in numbering() if name == mark), None)
    found = style.match(text) if style else None
    digits = re.search("[一二三四五六七八九十百零〇两]+|\\d+", found[0]) if found else None
    return to_number(digits[0]) if digits else None


def _extends_title(current: Article, part: Paragraph) -> bool:
    """A heading right below a title that has no text yet belongs to the title."""
    return (
        bool(current.level)
        and not current.paragraphs
        and part.heading >= current.level
        and not _is_section_heading(part.text)
        and len(current.title) <= 12
        and not current.title.startswith("【")
    )


def _opens_article(
    current: Article, part: Paragraph, rest: list[Paragraph], *, periodical: bool
) -> bool:
    if _is_section_heading(part.text) or not part.text:
        return False
    if part.heading == 1 or not current.level:
        return True
    if len(part.text) <= 4 and current.paragraphs:
        return False
    if part.heading <= current.level or (periodical and part.heading == 2 and len(part.text) > 7):
        return not (len(part.text) <= 8 and re.match("[“‘]", part.text))
    # A deeper heading opens an article of its own when it has an author of its own.
    return any(pattern("byline").match(following.text) for following in rest)


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
    return all(len(part.text) <= 40 and not part.row for part in article.paragraphs)


# --- passages -----------------------------------------------------------------------------


@dataclass
class _Node:
    """A numbered heading or item, what stands under it, and its parts."""

    text: str
    rank: int
    lines: list[str] = field(default_factory=list)
    parts: list[_Node] = field(default_factory=list)
    table: bool = False

    def whole(self) -> str:
        own = [self.text, *self.lines] if self.text else list(self.lines)
        return "\n".join([*own, *(part.whole() for part in self.parts)])


def split_passages(article: Article) -> list[Passage]:
    """Passages of a document, in its order."""
    root = _Node("", -2)
    stack = [root]
    for part in _with_articles(_with_tables(article.paragraphs)):
        text = part.text.strip()
        if not text or pattern("boilerplate").match(text):
            continue
        rank = _rank(part, text)
        if rank is None:
            stack[-1].lines.append(text)
            continue
        while len(stack) > 1 and stack[-1].rank >= rank:
            stack.pop()
        node = _Node(text, rank, table=bool(part.row))
        stack[-1].parts.append(node)
        stack.append(node)
    passages: list[Passage] = []
    _collect(root, (), passages)
    return [passage for passage in passages if len(passage.text) > 1]


def _rank(part: Paragraph, text: str) -> int | None:
    if part.row:
        return len(_RANK) + 1
    mark = mark_of(text)
    if mark:
        return _RANK[mark]
    if part.heading or pattern("region_part").match(text):
        return _HEADING_RANK
    return None


def _collect(node: _Node, path: tuple[str, ...], passages: list[Passage]) -> None:
    limit = thresholds().passage_length
    whole = node.whole()
    heading = node.text if node.rank == _HEADING_RANK else heading_of(node.text)
    below = (*path, heading) if heading else path
    container = node.rank <= _RANK["part"] and node.rank != _RANK["article"] and bool(node.parts)
    if node.rank > -2 and len(whole) <= limit and not (container and len(whole) > limit // 2):
        passages.append(Passage(whole, below if heading else path))
        return
    own = ([node.text] if node.text and node.text != heading else []) + node.lines
    if node.text and node.text == heading and node.parts and not node.lines:
        own = []
    for text in _blocks(own, limit):
        passages.append(Passage(text, below))
    _collect_parts(node, below, passages)


def _collect_parts(node: _Node, path: tuple[str, ...], passages: list[Passage]) -> None:
    """Small sibling items stay together with each other; larger ones stand alone."""
    limit = thresholds().passage_length
    sizes = [len(part.whole()) for part in node.parts]
    small = sizes and max(sizes) < 140 and not node.parts[0].table
    if small and node.parts[0].rank > _RANK["part"]:
        for text in _blocks([part.whole() for part in node.parts], limit):
            lead = node.lines[-1] if node.lines else node.text
            intro = lead if lead and len(lead) < 160 and lead not in path else ""
            passages.append(Passage(f"{intro}\n{text}" if intro else text, path))
        return
    for part in node.parts:
        _collect(part, path, passages)


def heading_of(text: str) -> str:
    """The heading that a numbered paragraph opens with; empty when it is an item of prose."""
    if not text:
        return ""
    mark = next((found for _, sign in numbering() if (found := sign.match(text))), None)
    rest = text[mark.end() :].strip() if mark else text
    if mark and mark_of(text) == "article":
        return mark[0]
    if len(text) <= 40 and is_open(text):
        return text
    first = re.match(r"[^。：:；]{2,34}[。：:]", rest)
    if mark and first:
        return (text[: mark.end()] + first[0].rstrip("。：:")).strip()
    return mark[0] if mark and len(mark[0]) > 2 and mark[0].startswith("第") else ""


def _blocks(texts: list[str], limit: int) -> list[str]:
    """Neighbouring paragraphs in blocks of up to ``limit``; a longer one is cut at sentences."""
    blocks: list[str] = []
    for text in texts:
        for piece in _pieces(text, limit):
            short = len(piece) < limit // 4 and not pattern("named_item").match(piece)
            if blocks and (short or len(blocks[-1]) < limit // 4) and (
                len(blocks[-1]) + len(piece) < limit
            ):
                blocks[-1] = f"{blocks[-1]}\n{piece}"
            else:
                blocks.append(piece)
    return blocks


def _pieces(text: str, limit: int) -> list[str]:
    if len(text) <= limit:
        return [text]
    pieces: list[str] = [""]
    for sentence in sentences(text):
        if pieces[-1] and len(pieces[-1]) + len(sentence) > limit:
            pieces.append("")
        pieces[-1] += sentence
    return [piece for piece in pieces if piece.strip()]


def sentences(text: str) -> list[str]:
    """Sentences with their stops; a line break ends a sentence too."""
    return [found for found in pattern("sentence").findall(text) if found.strip()]


def _with_articles(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """第N+1条 in the middle of a paragraph of 第N条 begins a paragraph of its own."""
    result: list[Paragraph] = []
    for part in paragraphs:
        text = part.text
        while mark_of(text) == "article":
            number = _number_of(text, "article") or 0
            following = next(
                (
                    found
                    for found in re.finditer("(?<=[。；])第[一二三四五六七八九十百零]+条", text)
                    if _number_of(found[0], "article") == number + 1
                ),
                None,
            )
            if following is None:
                break
            result.append(Paragraph(text[: following.start()], heading=part.heading, row=part.row))
            text = text[following.start() :]
        result.append(Paragraph(text, heading=part.heading, row=part.row, alone=part.alone))
    return result


# --- tables -------------------------------------------------------------------------------


def _with_tables(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Rows of tables as sentences: each cell with the name of its column.

    A row whose first cell is empty goes on with the row above (a page break cut it), and so
    does a short line between rows.
    """
    result: list[Paragraph] = []
    header: tuple[str, ...] = ()
    rows: list[list[list[str]]] = []

    def flush() -> None:
        for row in rows:
            cells = [_cell(pieces) for pieces in row]
            pairs = zip(header, cells, strict=False)
            text = "；".join(f"{name}：{cell}" if name else cell for name, cell in pairs if cell)
            result.append(Paragraph(text, row=tuple(cells)))
        rows.clear()

    for position, part in enumerate(paragraphs):
        if part.row:
            if not header:
                header = part.row
            elif part.row[0] or not rows:
                padded = [*part.row, *[""] * (len(header) - len(part.row))]
                rows.append([[cell] if cell else [] for cell in padded])
            else:
                _continue_row(rows[-1], part.row)
            continue
        inside = rows and any(after.row for after in paragraphs[position + 1 : position + 3])
        if inside and len(part.text) < 60 and is_open(part.text):
            _longest(rows[-1]).append(part.text + _TORN)
            continue
        flush()
        header = ()
        result.append(part)
    flush()
    return result


_TORN = "\u2060"  # Marks a piece whose other half stands in the next row.


def _longest(row: list[list[str]]) -> list[str]:
    return max(row, key=lambda pieces: sum(map(len, pieces)))


def _continue_row(row: list[list[str]], cells: tuple[str, ...]) -> None:
    for pieces, cell in zip(row, cells, strict=False):
        if cell and pieces and pieces[-1].endswith(_TORN):
            pieces[-1] = pieces[-1].removesuffix(_TORN) + cell
        elif cell:
            pieces.append(cell)


def _cell(pieces: list[str]) -> str:
    """Two or three pieces are one text that was cut; more are a list, each piece an entry."""
    if len(pieces) <= 3:
        return "".join(pieces).replace(_TORN, "")
    entries: list[str] = []
    for piece in pieces:
        if entries and len(piece) <= 2:
            continue  # The last sign of the entry above, wrapped into a row of its own.
        entries.append(piece.replace(_TORN, ""))
    return "、".join(entries)
