"""CSV in whatever encoding people save it: each line in, or refused by its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from credit_core.records.columns import SheetError
from credit_core.records.importing import reason
from credit_core.records.sheets import read_rows
from credit_core.subjects.service import find_subject
from tests.credit_core.records.tables import counted, row, run, text_of, write


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"]
)
def test_encodings(sqlite_database, tmp_path, encoding):
    done, rejected = run(sqlite_database, write(tmp_path, [row(1), row(2)], encoding))
    assert (done.imported, rejected) == (2, [])
    with sqlite_database.read() as session:
        assert find_subject(session, "resident", row(1)["identifier"]).name == row(1)["name"]


def test_broken_bytes_cost_only_their_row(sqlite_database, tmp_path):
    raw = text_of([row(1), row(2), row(3)]).encode()
    path = tmp_path / "broken.csv"
    lines = raw.split(b"\r\n")
    lines[2] = lines[2].replace("市医疗保障局".encode(), b"\xff\xfe\xfa\x81")
    path.write_bytes(b"\r\n".join(lines))
    done, rejected = run(sqlite_database, path)
    assert done.imported == 2
    assert "编码" in rejected[0][1]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_read_and_a_broken_one_refused(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "wide.csv"
    whole = text_of([row(0)]).encode(encoding)
    file.write_bytes(whole)
    assert [one.fault for one in read_rows(file)] == [None]
    file.write_bytes(whole[:-1])
    with pytest.raises(SheetError, match=r"file\.encoding"):
        list(read_rows(file))


def faults(path: Path) -> dict[int, str]:
    return {one.line: one.fault.code for one in read_rows(path) if one.fault}


def test_a_tabbed_unicode_text_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "unicode.txt"
    path.write_bytes(text_of([row(0, detail="甲,乙,丙"), row(1)], "\t").encode("utf-16"))
    first, second = read_rows(path)
    assert (first.values["detail"], second.fault) == ("甲,乙,丙", None)


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8"])
def test_a_damaged_line_is_the_only_one_refused(tmp_path: Path, encoding: str) -> None:
    """One bad byte in a GBK file once made every line of it unreadable."""
    lines = text_of([row(n) for n in range(600)]).encode(encoding).split(b"\r\n")
    lines[400] = lines[400].replace("市".encode(encoding), b"\xff")
    path = tmp_path / "damaged.csv"
    path.write_bytes(b"\r\n".join(lines))
    assert faults(path) == {401: "row.encoding"}


@pytest.mark.parametrize(("most", "few"), [("gbk", "utf-8"), ("utf-8", "gbk")])
def test_lines_of_another_encoding_are_refused_and_never_taken_for_other_words(
    tmp_path: Path, most: str, few: str
) -> None:
    """Two files that were put together: much of UTF-8 passes for GBK, as other characters."""
    head, *lines = text_of([row(n) for n in range(90)]).splitlines(keepends=True)
    raw = [line.encode(few if 50 <= n < 70 else most) for n, line in enumerate(lines)]
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"".join([head.encode(), *raw]))
    assert faults(path) == dict.fromkeys(range(52, 72), "row.encoding")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_that_breaks_in_the_middle_is_refused_with_its_line(
    sqlite_database, tmp_path: Path, encoding: str
) -> None:
    head, line = text_of([row(1)]).splitlines(keepends=True)
    text = head + line * 20_000 + "\ud800" + line * 50
    path = tmp_path / "wide.csv"
    path.write_bytes(text.encode(encoding, "surrogatepass"))
    with pytest.raises(SheetError) as caught:
        run(sqlite_database, path)
    assert "第20002行" in reason(caught.value)
    assert counted(sqlite_database) == 0


def test_titles_before_the_header_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "titled.csv"
    text = "sep=;\n失信记录汇总表;;;\n制表日期;2026-06-01\n" + text_of([row(0), row(1)], ";")
    path.write_text(text, encoding="utf-8")
    assert [(one.line, one.fault) for one in read_rows(path)] == [(5, None), (6, None)]


def test_a_table_without_a_header_says_which_columns_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "headless.csv"
    path.write_text("".join(text_of([row(n) for n in range(40)]).splitlines(True)[1:]), "utf-8")
    with pytest.raises(SheetError, match=r"file\.header_missing"):
        list(read_rows(path))


def test_a_number_that_lost_its_last_digits_is_told_as_such(sqlite_database, tmp_path) -> None:
    _, rejected = run(sqlite_database, write(tmp_path, [row(1, identifier="3.71090E+17")]))
    assert "丢失" in rejected[0][1]
