"""From a file's bytes to lines: text, Markdown, HTML, Word and PDF.

What comes out is not clean yet: lines may be cut in the middle of words (`joining` mends that),
and nothing is known about articles (`splitting` finds them).
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from credit_core.knowledge.rules import pattern

if TYPE_CHECKING:
    from bs4 import Tag

SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".html", ".htm", ".docx", ".pdf"})
LARGEST_FILE = 64 * 1024 * 1024
_INVISIBLE = dict.fromkeys(
    [*map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), *range(9), 11, *range(14, 32), 127]
)


class UnreadableFileError(ValueError):
    """A file cannot be read as a document.

    :ivar code: key of the text in ``config/texts/knowledge.yaml`` under ``unreadable``.
    """

    def __init__(self, code: str, file: str) -> None:
        super().__init__(f"{file}: {code}")
        self.code = code
        self.file = file


@dataclass(frozen=True)
class Line:
    """One line as the file has it.

    :ivar heading: level of a heading that the format itself marks (1 is the highest), or 0.
    :ivar whole: the line is a complete paragraph (a heading, a list item or a paragraph of
        HTML or Word); nothing is to be joined to it.
    :ivar row: cells, when the line is a row of a table.
    """

    text: str
    heading: int = 0
    whole: bool = False
    row: tuple[str, ...] = ()


BLANK = Line("")


@dataclass
class Extracted:
    """Lines of a file; an empty line separates blocks.

    :ivar title: what the file itself gives as its title (HTML ``title``, Word properties).
    """

    lines: list[Line] = field(default_factory=list)
    title: str = ""


def extract(path: Path) -> Extracted:
    """Read a file by its suffix.

    :raises UnreadableFileError: unknown kind, too large, empty, damaged, or a PDF of pictures.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableFileError("kind", path.name)
    if not path.is_file():
        raise UnreadableFileError("missing", path.name)
    if path.stat().st_size > LARGEST_FILE:
        raise UnreadableFileError("large", path.name)
    return extract_bytes(path.read_bytes(), path.name)


def extract_bytes(data: bytes, name: str) -> Extracted:
    """As :func:`extract`, for bytes in hand; ``name`` tells the kind."""
    suffix = Path(name).suffix.lower()
    try:
        if suffix == ".pdf":
            extracted = _pdf(data)
        elif suffix == ".docx":
            extracted = _docx(data)
        elif suffix in {".html", ".htm"}:
            extracted = _html(data)
        else:
            extracted = _text(decode(data))
    except UnreadableFileError:
        raise
    except Exception as error:
        # Parsers of foreign formats raise whatever they like on a damaged file.
        raise UnreadableFileError("damaged", name) from error
    if not any(line.text.strip() or any(line.row) for line in extracted.lines):
        raise UnreadableFileError("pictures" if suffix == ".pdf" else "empty", name)
    return extracted


def decode(data: bytes) -> str:
    """Text of unknown encoding: UTF-8 with or without BOM, UTF-16 with BOM, else GB18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8-sig", errors="replace")


def clean(text: str) -> str:
    """One line without invisible signs, odd spaces and the spaces of letter-spaced headlines."""
    text = text.translate(_INVISIBLE).replace("\u3000", " ").replace("\xa0", " ")
    text = re.sub(r"\\([_*#\[\]()])", r"\1", text)
    text = re.sub(r"</?(?:sub|sup|br|b|i|u)\s*/?>", "", text, flags=re.IGNORECASE)
    text = text.strip()
    parts = text.split(" ")
    if len(parts) > 4 and sum(len(part) <= 2 for part in parts) > 0.8 * len(parts):
        return "".join(parts)
    return re.sub(r"(?<=[\u4e00-\u9fff]) +(?=\d)|(?<=\d) +(?=[\u4e00-\u9fff])", "", text)


def _text(content: str) -> Extracted:
    lines: list[Line] = []
    for page in re.split(r"\f", content.replace("\r\n", "\n").replace("\r", "\n")):
        if lines:
            lines.append(BLANK)
        lines += [_text_line(raw) for raw in page.split("\n")]
    return Extracted(_without_page_marks(lines))


def _text_line(raw: str) -> Line:
    if "\t" in raw:
        cells = tuple(clean(cell) for cell in raw.split("\t"))
        if sum(bool(cell) for cell in cells) > 1 or not cells[0]:
            return Line("", row=cells) if any(cells) else BLANK
    text = clean(raw)
    if (heading := re.match(r"(#{1,6})\s+(.*?)\s*#*$", text)) is not None:
        return Line(_plain(heading[2]), heading=len(heading[1]), whole=True)
    if re.fullmatch(r"\|.*\|", text):
        cells = tuple(_plain(cell.strip()) for cell in text.strip("|").split("|"))
        return (
            BLANK if all(re.fullmatch(r":?-+:?", cell) for cell in cells) else Line("", row=cells)
        )
    return Line(_plain(text))


def _plain(text: str) -> str:
    """Without Markdown's emphasis, links and pictures."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\(([^)]*)\)", r"\1（\2）", text)
    return re.sub(r"\*\*(.+?)\*\*|__(.+?)__", lambda m: m[1] or m[2], text).strip()


def _without_page_marks(lines: list[Line]) -> list[Line]:
    """Without page numbers and the heads that run over the pages.

    A short line that comes again and again, each time in the middle of a sentence, is a head.
    """
    counts = Counter(line.text for line in lines if 2 <= len(line.text) <= 30 and not line.heading)
    repeated = {text for text, count in counts.items() if count >= 2}
    kept: list[Line] = []
    interrupting = _interrupting(lines, repeated)
    for index, line in enumerate(lines):
        if line.text and not line.heading and pattern("page_number").match(line.text):
            continue
        if line.text in interrupting and index > 0:
            continue
        kept.append(line)
    return kept


def _interrupting(lines: list[Line], repeated: set[str]) -> set[str]:
    filled = [line for line in lines if line.text]
    votes: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for before, line, after in zip(filled, filled[1:], filled[2:], strict=False):
        if line.text not in repeated:
            continue
        seen[line.text] += 1
        cut = not pattern("closing").search(before.text) and len(before.text) > 8
        if cut and not after.heading and not pattern("closing").search(line.text):
            votes[line.text] += 1
    return {text for text, count in votes.items() if count >= 2 and count * 2 > seen[text]}


def _html(data: bytes) -> Extracted:
    from bs4 import BeautifulSoup

    # The parser takes a comment of many megabytes for text.
    told = re.sub(rb"<!--.*?-->", b"", data, flags=re.DOTALL)
    soup = BeautifulSoup(told, "lxml", from_encoding=_html_encoding(data))
    title = clean(soup.title.get_text()) if soup.title else ""
    for tag in soup(["script", "style", "nav", "footer", "header", "aside", "form", "noscript"]):
        tag.decompose()
    for tag in soup("br"):
        tag.replace_with("\f")
    walk = _HtmlWalk()
    walk.visit(soup.body or soup)
    walk.flush()
    return Extracted(_without_page_marks(walk.lines), title)


_HTML_BLOCKS = (
    "address article blockquote body center dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr "
    "li main ol p pre section table tbody thead ul"
)


class _HtmlWalk:
    """Collects the text of each block of a page, tables as rows."""

    BLOCKS = frozenset(_HTML_BLOCKS.split())

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._buffer = ""

    def flush(self, heading: int = 0) -> None:
        # A line break of the source is only a space; <br> (here a form feed) breaks the line.
        for part in self._buffer.split("\f"):
            text = re.sub(r"\s*\n\s*", "\n", part.strip())
            text = re.sub(r"(?<=[^\x00-\x7f])\n|\n(?=[^\x00-\x7f])", "", text)
            text = clean(text.replace("\n", " "))
            if text:
                self.lines.append(Line(text, heading=heading, whole=bool(heading)))
        if self.lines and (self.lines[-1].text or self.lines[-1].row):
            self.lines.append(BLANK)
        self._buffer = ""

    def visit(self, node: Tag) -> None:
        from bs4 import Tag
        from bs4.element import Comment, NavigableString

        for child in node.children:
            if isinstance(child, Tag):
                if child.name == "tr":
                    self._row(child)
                elif child.name in self.BLOCKS:
                    self.flush()
                    self.visit(child)
                    self.flush(int(child.name[1]) if re.fullmatch("h[1-6]", child.name) else 0)
                else:
                    self.visit(child)
            elif isinstance(child, NavigableString) and not isinstance(child, Comment):
                self._buffer += str(child)

    def _row(self, row: Tag) -> None:
        self.flush()
        while self.lines and not self.lines[-1].text and not self.lines[-1].row:
            self.lines.pop()
        cells = tuple(clean(cell.get_text("").replace("\f", "")) for cell in row(["td", "th"]))
        self.lines.append(Line("", row=cells))


def _html_encoding(data: bytes) -> str:
    declared = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    if declared:
        name = declared[1].decode("ascii").lower()
        return "gb18030" if name in {"gb2312", "gbk"} else name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _docx(data: bytes) -> Extracted:
    import docx
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    document = docx.Document(io.BytesIO(data))
    lines: list[Line] = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            style = (block.style.name or "") if block.style is not None else ""
            level = re.match(r"(?:heading|标题)\s*(\d)", style, re.IGNORECASE)
            number = 1 if style.lower() == "title" else int(level[1]) if level else 0
            text = clean(block.text)
            lines += [Line(text, heading=number if text else 0, whole=bool(number and text)), BLANK]
        elif isinstance(block, Table):
            for row in block.rows:
                lines.append(Line("", row=_unmerged([clean(cell.text) for cell in row.cells])))
            lines.append(BLANK)
    title = clean(document.core_properties.title or "")
    return Extracted(lines, title)


def _unmerged(cells: list[str]) -> tuple[str, ...]:
    """Word repeats a merged cell in each column it spans; keep it once."""
    return tuple(
        "" if index and cell and cell == cells[index - 1] else cell
        for index, cell in enumerate(cells)
    )


def _pdf(data: bytes) -> Extracted:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    pages = [
        [clean(line) for line in (page.extract_text() or "").split("\n")] for page in reader.pages
    ]
    lines: list[Line] = []
    for page in _without_running_heads(pages):
        lines += [Line(text) for text in page]
    title = str(reader.metadata.title or "") if reader.metadata else ""
    return Extracted(_without_page_marks(lines), clean(title))


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Without the first and last lines that come again on most pages (digits apart)."""
    if len(pages) < 3:
        return pages

    def shape(text: str) -> str:
        return re.sub(r"\d+", "0", text)

    edges: Counter[str] = Counter()
    for page in pages:
        filled = [line for line in page if line]
        edges.update({shape(line) for line in (filled[:2] + filled[-2:])})
    heads = {
        text
        for text, count in edges.items()
        if count * 2 > len(pages) and not pattern("terminal").search(text)
    }
    kept: list[list[str]] = []
    for page in pages:
        filled = [line for line in page if line]
        while filled and shape(filled[0]) in heads:
            filled.pop(0)
        while filled and shape(filled[-1]) in heads:
            filled.pop()
        kept.append(filled)
    return kept
