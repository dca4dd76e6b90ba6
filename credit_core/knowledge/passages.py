"""From a document's paragraphs to passages, by its own numbering."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from credit_core.knowledge.article import Article, Passage, mark_of, number_of, sentences
from credit_core.knowledge.joining import Paragraph, is_open
from credit_core.knowledge.rules import numbering, pattern, thresholds
from credit_core.knowledge.tables import with_tables

_RANK = {name: rank for rank, (name, _) in enumerate(numbering())}
_HEADING_RANK = -1
_ADDRESSED = "主送单位"
"""What an official letter calls those to whom it is written, though it does not write the word."""


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
    passages: list[Passage] = []
    for part in _with_articles(with_tables(article.paragraphs)):
        text = part.text.strip()
        if not text or pattern("boilerplate").match(text):
            continue
        if pattern("of_itself").match(text):
            passages.append(Passage(text, ()))
            continue
        rank = _rank(part, text)
        if not root.parts and pattern("addressed").match(text):
            passages.append(Passage(text, (_ADDRESSED,)))
            continue
        if rank is None:
            stack[-1].lines.append(text)
            continue
        while len(stack) > 1 and stack[-1].rank >= rank:
            stack.pop()
        node = _Node(text, rank, table=bool(part.row))
        stack[-1].parts.append(node)
        stack.append(node)
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
    articles = any(part.rank == _RANK["article"] for part in node.parts)
    container = node.rank <= _RANK["part"] and node.rank != _RANK["article"] and bool(node.parts)
    split = articles or (container and len(whole) > limit // 2)
    if node.rank > -2 and len(whole) <= limit and not split:
        passages.append(Passage(whole, below if heading else path))
        return
    own = ([node.text] if node.text and node.text != heading else []) + node.lines
    if node.text and node.text == heading and node.parts and not node.lines:
        own = []
    headings = [title for part in node.parts if len(title := heading_of(part.text)) > 4]
    if len(headings) >= 2 and len(headings) == len(node.parts):
        # What the parts are called answers «which»; with the sentence that introduces them.
        lead = own.pop() if own and own[-1].endswith(("：", ":")) else heading
        passages.append(Passage("\n".join(filter(None, (lead, *headings)))[:limit], below))
    passages.extend(Passage(text, below) for text in _blocks(own, limit))
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
            if (
                blocks
                and (short or len(blocks[-1]) < limit // 4)
                and (len(blocks[-1]) + len(piece) < limit)
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


def _with_articles(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """第N+1条 in the middle of a paragraph of 第N条 begins a paragraph of its own."""
    result: list[Paragraph] = []
    for part in paragraphs:
        text = part.text
        while mark_of(text) == "article":
            number = number_of(text, "article") or 0
            following = next(
                (
                    found
                    for found in re.finditer("(?<=[。；])第[一二三四五六七八九十百零]+条", text)
                    if number_of(found[0], "article") == number + 1
                ),
                None,
            )
            if following is None:
                break
            result.append(Paragraph(text[: following.start()], heading=part.heading, row=part.row))
            text = text[following.start() :]
        result.append(Paragraph(text, heading=part.heading, row=part.row, alone=part.alone))
    return result
