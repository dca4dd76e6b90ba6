"""XLSX as people really send it: every row in or refused by its number, bad files with advice."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from credit_core.records.columns import SheetError
from credit_core.records.importing import reason
from credit_core.records.sheets import read_rows
from tests.credit_core.records.tables import COLUMNS, counted, row, run


def book_of(*rows: dict[str, object], header: list[str] | None = None) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(header or COLUMNS)
    for one in rows:
        sheet.append(list(one.values()))
    return book


def saved(book: Workbook, tmp_path: Path) -> Path:
    path = tmp_path / "records.xlsx"
    book.save(path)
    return path


def changed(path: Path, part: str, old: str, new: str) -> Path:
    """The same book with another text in one of its parts, which has to be there."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def faults(path: Path) -> dict[int, str | None]:
    return {one.line: one.fault and one.fault.code for one in read_rows(path)}


def advice(path: Path) -> str:
    with pytest.raises(SheetError) as caught:
        list(read_rows(path))
    return reason(caught.value)


def test_xlsx_with_real_dates_and_numbers(sqlite_database, tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(
        ["主体类别", "证件号码", "姓名", "指标", "发生日期", "决定日期", "文号", "来源单位", "分值"]
    )
    values = row(1)
    sheet.append(
        ["参保人", values["identifier"], values["name"], "P+1", date(2026, 5, 1),
         date(2026, 6, 1), "甲", "市局", 20]
    )  # fmt: skip
    sheet.append([None] * 9)
    sheet.append(
        ["参保人", 3.7109e17, values["name"], "P+1", date(2026, 5, 1), date(2026, 6, 1), "乙", "局"]
    )
    sheet.append(
        ["参保人", values["identifier"], "=1+1", "P+1", date(2026, 5, 1), date(2026, 6, 1), "丙",
         "局"]
    )  # fmt: skip
    path = tmp_path / "records.xlsx"
    book.save(path)
    done, rejected = run(sqlite_database, path)
    assert done.imported == 1
    assert [line for line, _ in rejected] == [4, 5]
    assert "公式" in rejected[1][1]


def test_a_day_that_a_spreadsheet_shows_as_a_number_is_a_day(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(COLUMNS)
    values: dict[str, object] = {**row(0), "occurred_on": 46082, "decided_on": 46091.0}
    sheet.append(list(values.values()))
    file = tmp_path / "numbers.xlsx"
    book.save(file)
    (only,) = read_rows(file)
    assert (only.values["occurred_on"], only.values["decided_on"]) == ("2026-03-01", "2026-03-10")


def test_formulas_of_every_kind_are_refused_with_their_stored_results(tmp_path: Path) -> None:
    book = book_of(row(0), row(1), row(2), row(3))
    sheet = book.active
    sheet["A2"] = "=B2"
    sheet["L3"] = ArrayFormula("L3", "=A1:A2")
    sheet["I4"] = DataTableFormula("I4:I5", dt2D=True, r1="A1", r2="A2")
    path = changed(saved(book, tmp_path), SHEET, "<f>B2</f><v></v>", "<f>B2</f><v>20</v>")
    assert faults(path) == {2: "row.formula", 3: "row.formula", 4: "row.formula", 5: None}


def test_a_shared_formula_without_a_text_of_its_own_is_one_too(tmp_path: Path) -> None:
    book = book_of(row(0))
    book.active["A2"] = "=B2"
    told = '<f t="shared" si="0"/><v>resident</v>'
    path = changed(saved(book, tmp_path), SHEET, "<f>B2</f><v></v>", told)
    assert faults(path) == {2: "row.formula"}


def test_numbers_days_and_texts_come_as_they_are_seen(tmp_path: Path) -> None:
    rows = [
        row(0) | {"points": 20, "occurred_on": datetime(2026, 3, 1, 15, 30), "document_no": 17},
        row(1) | {"points": "20", "occurred_on": "2026年3月1日", "document_no": 0.1 + 0.2},
        row(2) | {"occurred_on": 46082, "decided_on": 20260310, "document_no": date(2026, 3, 1)},
    ]
    path = saved(book_of(*rows), tmp_path)
    found = [one.values for one in read_rows(path)]
    assert [one["points"] for one in found] == ["20", "20", ""]
    assert [one["document_no"] for one in found] == ["17", "0.3", "2026-03-01"]
    assert found[0]["occurred_on"] == found[2]["occurred_on"] == "2026-03-01"
    assert found[2]["decided_on"] == "20260310"


def test_chinese_built_in_days_and_the_other_epoch(tmp_path: Path) -> None:
    book = book_of(row(0) | {"occurred_on": 46082, "detail": 46082})
    book.active["L2"].number_format = "0.00"
    path = changed(saved(book, tmp_path), "xl/styles.xml", 'numFmtId="2"', 'numFmtId="31"')
    (only,) = read_rows(path)
    assert (only.values["occurred_on"], only.values["detail"]) == ("2026-03-01", "2026-03-01")
    path = changed(path, "xl/workbook.xml", "<workbookPr/>", '<workbookPr date1904="1"/>')
    (only,) = read_rows(path)
    assert (only.values["occurred_on"], only.values["detail"]) == ("2030-03-02", "2030-03-02")


def test_an_identity_number_kept_as_a_number_is_refused(sqlite_database, tmp_path: Path) -> None:
    """A spreadsheet keeps 15 digits: the rest became 000, sometimes with a valid check digit."""
    whole = row(1) | {"identifier": 371090199003070000}
    done, rejected = run(sqlite_database, saved(book_of(whole), tmp_path))
    assert (done.imported, [line for line, _ in rejected]) == (0, [2])
    assert "文本格式" in rejected[0][1]


def test_empty_merged_and_short_rows(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["2026年失信记录汇总表"])
    sheet.merge_cells("A1:L1")
    sheet.append([])
    sheet.append([f"*{name}\u200b" for name in COLUMNS] + [None, " "])
    for number in (0, 1):
        sheet.append(list(row(number).values()))
    sheet.append(["  ", None, ""])
    sheet["A9"] = "resident"
    sheet["B9"] = row(2)["identifier"]
    sheet.merge_cells("C4:C5")
    rows = list(read_rows(saved(book, tmp_path)))
    assert [one.line for one in rows] == [4, 5, 9]
    assert [one.values["name"] for one in rows] == [row(0)["name"], "", ""]
    assert not any(one.fault for one in rows)


def test_the_sheet_with_the_records_is_found_among_notes_and_hidden_ones(tmp_path: Path) -> None:
    book = book_of(row(0))
    book.active.title = "记录"
    notes = book.create_sheet("填表说明", 0)
    notes["A1"] = "请按下表填写"
    hidden = book.create_sheet("旧记录", 0)
    hidden.append(COLUMNS)
    hidden.append(list(row(5).values()))
    hidden.sheet_state = "hidden"
    (only,) = read_rows(saved(book, tmp_path))
    assert only.values["identifier"] == row(0)["identifier"]


def test_two_sheets_of_records_are_refused_by_name(tmp_path: Path) -> None:
    book = book_of(row(0))
    book.active.title = "上半年"
    second = book.create_sheet("下半年")
    second.append(COLUMNS)
    second.append(list(row(1).values()))
    told = advice(saved(book, tmp_path))
    assert "上半年、下半年" in told


def test_a_header_with_one_fault_is_told_even_beside_a_sheet_of_notes(tmp_path: Path) -> None:
    book = book_of(header=[*COLUMNS, "颜色"])
    book.create_sheet("说明", 0)["A1"] = "请填写"
    assert "颜色" in advice(saved(book, tmp_path))


def test_runs_readings_and_escapes_of_a_text(tmp_path: Path) -> None:
    text = (
        "<is><r><t>张</t></r><r><rPr><b/></rPr><t xml:space='preserve'> 三</t></r>"
        "<rPh sb='0' eb='1'><t>zhang</t></rPh></is>"
    )
    path = saved(book_of(row(0) | {"name": "NAME", "detail": "一_x000D_\n二"}), tmp_path)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(SHEET).decode()
        shared = archive.read("xl/sharedStrings.xml").decode() if 't="s"' in sheet else ""
    if shared:
        path = changed(path, "xl/sharedStrings.xml", "<si><t>NAME</t></si>",
                       text.replace("is>", "si>"))  # fmt: skip
    else:
        path = changed(path, SHEET, "<is><t>NAME</t></is>", text)
    (only,) = read_rows(path)
    assert (only.values["name"], only.values["detail"]) == ("张 三", "一\r\n二")


def test_a_wrong_size_in_the_sheet_loses_no_row(tmp_path: Path) -> None:
    path = saved(book_of(row(0), row(1)), tmp_path)
    path = changed(path, SHEET, '<dimension ref="A1:L3"', '<dimension ref="A1:B2"')
    assert faults(path) == {2: None, 3: None}


def test_an_identity_number_shown_as_a_day_is_refused_and_told_nowhere(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    book = book_of(row(0) | {"identifier": 371090199003070000})
    book.active["B2"].number_format = "yyyy-mm-dd"
    assert faults(saved(book, tmp_path)) == {2: "row.error_cell"}
    assert not any("3710" in str(one.message) for one in recwarn)


def test_a_book_that_the_library_cannot_read_says_to_save_it_anew(tmp_path: Path) -> None:
    path = saved(book_of(row(0)), tmp_path)
    path = changed(path, "xl/styles.xml", '<family val="2"', '<family val="134"')
    assert "另存为新文件" in advice(path)


def test_the_strict_kind_of_workbook_says_to_save_it_as_the_usual_one(tmp_path: Path) -> None:
    usual = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    strict = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    path = changed(saved(book_of(row(0)), tmp_path), "xl/workbook.xml", usual, strict)
    assert "另存为“Excel工作簿" in advice(path)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
FOREIGN = {
    "old.xls": (OLE + "Workbook".encode("utf-16-le"), "另存为“Excel工作簿"),
    "locked.xlsx": (OLE + b"\x00" * (1 << 20) + "EncryptedPackage".encode("utf-16-le"), "密码"),
    "page.xls": (b"<html><table><tr><td>1</td></tr></table></html>", "另存为“Excel工作簿"),
    "sheet.xml": (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "另存为“Excel工作簿"),
    "text.xls": (b"kind,identifier", "另存为“Excel工作簿"),
    "text.xlsx": (b"kind,identifier", "重新导出"),
    "pack.zip": (_zip({"records.csv": b"kind"}), "解压"),
    "open.ods": (_zip({"mimetype": b"application/vnd.oasis", "content.xml": b"<a/>"}), "另存为"),
    "empty.zip": (_zip({}), "解压"),
}


@pytest.mark.parametrize("name", list(FOREIGN))
def test_other_files_say_what_to_do(tmp_path: Path, name: str) -> None:
    content, word = FOREIGN[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert word in advice(path)


def test_a_file_cut_off_or_damaged_anywhere_is_refused_as_a_whole(
    sqlite_database, tmp_path: Path
) -> None:
    whole = saved(book_of(*(row(n) for n in range(300))), tmp_path).read_bytes()
    path = tmp_path / "damaged.xlsx"
    place = whole.index(SHEET.encode()) + 200
    spoiled = whole[:place] + b"\x00\xff\x55" * 20 + whole[place + 60 :]
    for content in (whole[: len(whole) // 2], whole[:-40], spoiled):
        path.write_bytes(content)
        with pytest.raises(SheetError, match=r"file\.broken"):
            run(sqlite_database, path)
    assert counted(sqlite_database) == 0


def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    path = saved(book_of(row(0)), tmp_path)
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><worksheet'
    path = changed(path, SHEET, "<worksheet", bomb)
    assert "损坏" in advice(path)


BLANKS = b" " * (80 << 20)
CELLS = b"<c/>" * (5 << 20)
OPEN = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
CLOSE = b"</sheetData></worksheet>"
BOMBS = {
    "packed two hundred times": OPEN + BLANKS + CLOSE,
    "a cell of megabytes": OPEN + b"<row><c t='str'><v>" + b"\xe5\x8c\xbb" * 99_999
    + b"</v></c></row>" + CLOSE,
    "a row of megabytes": OPEN + b"<row>" + CELLS + b"</row>" + CLOSE,
    "more rows than a sheet has": OPEN + b"<row r='99999999999'><c><v>1</v></c></row>" + CLOSE,
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_book_that_unpacks_to_too_much_is_refused(tmp_path: Path, name: str) -> None:
    path = saved(book_of(row(0)), tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    path.write_bytes(_zip(parts | {SHEET: BOMBS[name]}))
    assert "太大" in advice(path)


def cells_of(path: Path, line: int) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(SHEET).decode()
    _, _, rest = sheet.partition(f'<row r="{line}"')
    return re.findall(r"<c r.*?(?:</c>|/>)", rest.partition("</row>")[0])


def test_cells_out_of_order_are_all_read(tmp_path: Path) -> None:
    path = saved(book_of(row(severity="严重", detail="说明"), row()), tmp_path)
    cells = cells_of(path, 2)
    # The first cell is written last: whatever stands to its right must not fall away.
    changed(path, SHEET, "".join(cells), "".join([*cells[1:], cells[0]]))
    first, second = read_rows(path)
    assert first.fault is second.fault is None
    assert (first.values["kind"], first.values["severity"]) == ("resident", "严重")
    assert first.values["detail"] == "说明"


def test_a_cell_that_stands_twice_is_not_guessed_at(tmp_path: Path) -> None:
    path = saved(book_of(row(severity="严重"), row()), tmp_path)
    cells = cells_of(path, 2)
    changed(path, SHEET, cells[9], cells[9] + cells[9].replace("严重", "轻微"))
    assert "损坏" in advice(path)


@pytest.mark.parametrize("content", ["<si/>", "<si><t>甲</t></si>", "<si/><row/>"])
def test_shared_texts_are_bounded_by_the_memory_that_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr("credit_core.records.workbook._MOST_SHARED", 1 << 20)
    path = saved(book_of(row()), tmp_path)
    part = "xl/sharedStrings.xml"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        assert part not in archive.namelist()
        archive.writestr(part, f"<sst>{content * 20_000}</sst>")
    assert "太大" in advice(path)


def test_a_row_number_that_stands_twice_loses_no_row_in_silence(tmp_path: Path) -> None:
    path = changed(saved(book_of(row(0), row(1)), tmp_path), SHEET, '<row r="3"', '<row r="2"')
    assert "另存为新文件" in advice(path)
