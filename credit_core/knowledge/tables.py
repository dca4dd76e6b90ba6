"""Tables: rows as sentences, with the rows that a page break cut put together."""

from __future__ import annotations

from credit_core.knowledge.joining import Paragraph, is_open


def with_tables(paragraphs: list[Paragraph]) -> list[Paragraph]:
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
