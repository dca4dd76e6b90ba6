"""Every kind of file gives its text, whatever its encoding."""

from __future__ import annotations

import io

import docx
import pytest

from credit_core.knowledge.extraction import UnreadableFileError, decode, extract_bytes

SENTENCE = "定点药店应当在五个工作日内提交整改报告。"


def texts(data: bytes, name: str) -> list[str]:
    return [line.text for line in extract_bytes(data, name).lines if line.text]


def rows(data: bytes, name: str) -> list[tuple[str, ...]]:
    return [line.row for line in extract_bytes(data, name).lines if line.row]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_that_offices_use(encoding: str) -> None:
    assert decode(SENTENCE.encode(encoding)) == SENTENCE


def test_a_letter_outside_gbk_is_read_from_gb18030() -> None:
    assert decode("㐱药店".encode("gb18030")) == "㐱药店"


def test_page_numbers_are_no_text() -> None:
    body = f"{SENTENCE}\n\n- 3 -\n\n第 4 页\n\n第二段在这里。"
    assert texts(body.encode(), "a.txt") == [SENTENCE, "第二段在这里。"]


def test_a_running_head_inside_sentences_is_dropped_but_a_repeated_line_stays() -> None:
    page = (
        "药店应当按照协议的约定保存处方\n\n某市医保简报\n\n并且每月报送台账一次。\n\n"
        "完成时间：每月\n\n"
    )
    kept = texts((page * 3).encode(), "a.txt")
    assert "某市医保简报" not in kept
    assert kept.count("完成时间：每月") == 3


def test_spaced_headlines_are_closed_up() -> None:
    assert texts("药 店 信 用 分 级 开 始".encode(), "a.txt") == ["药店信用分级开始"]


def test_markdown_headings_and_tables() -> None:
    body = "# 办法\n\n**第一条** 内容。\n\n| 事项 | 期限 |\n|---|---|\n| 复核 | 5日 |\n"
    extracted = extract_bytes(body.encode(), "a.md")
    assert [(line.text, line.heading) for line in extracted.lines if line.text] == [
        ("办法", 1),
        ("第一条 内容。", 0),
    ]
    assert rows(body.encode(), "a.md") == [("事项", "期限"), ("复核", "5日")]


HTML = """<html><head><meta charset="{charset}"><title>通知</title></head><body>
<nav><a href="/">首页</a></nav><script>var a = 1;</script>
<div>前言在此，<b>不</b>能丢。<h2>一、要求</h2><p>药店应当
每月报送。</p>地址<br>电话</div>
<table><tr><th>事项</th><th>期限</th></tr><tr><td>复核</td><td>5日</td></tr></table>
<footer>版权所有</footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_html_keeps_the_text_and_drops_the_frame(charset: str) -> None:
    data = HTML.format(charset=charset).encode("utf-8" if charset == "utf-8" else "gbk")
    found = texts(data, "a.html")
    assert found == ["前言在此，不能丢。", "一、要求", "药店应当每月报送。", "地址", "电话"]
    assert rows(data, "a.html") == [("事项", "期限"), ("复核", "5日")]


def test_word_headings_and_tables() -> None:
    document = docx.Document()
    document.add_heading("工作方案", level=1)
    document.add_paragraph(SENTENCE)
    table = document.add_table(rows=2, cols=2)
    for row, cells in enumerate((("事项", "期限"), ("复核", "5日"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    buffer = io.BytesIO()
    document.save(buffer)
    assert texts(buffer.getvalue(), "a.docx") == ["工作方案", SENTENCE]
    assert rows(buffer.getvalue(), "a.docx") == [("事项", "期限"), ("复核", "5日")]


def pdf(pages: list[list[str]]) -> bytes:
    """A small PDF with Chinese text: glyph codes are the characters, told by a ToUnicode map."""
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(len(pages)))
    letters = sorted({letter for page in pages for line in page for letter in line})
    chars = "\n".join(f"<{ord(letter):04x}> <{ord(letter):04x}>" for letter in letters)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /X def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{len(letters)} beginbfchar\n{chars}\nendbfchar\nendcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        (
            "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 4 0 R "
            "/DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 1000 "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>"
        ),
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    for index, page in enumerate(pages):
        shown = "".join(
            f"1 0 0 1 50 {780 - 20 * row} Tm <{line.encode('utf-16-be').hex()}> Tj\n"
            for row, line in enumerate(page)
        )
        stream = f"BT /F 12 Tf\n{shown}ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F 3 0 R >> >> /Contents {6 + 2 * index} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, offsets = "%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    start = len(body)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    body += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF"
    return body.encode("latin-1")


def test_pdf_text_without_running_heads_and_page_numbers() -> None:
    bodies = ["药店应当保存处方。", "医院应当公开价格。", "医师应当核对证件。"]
    pages = [["某市医疗保障局简报", body, f"- {number} -"] for number, body in enumerate(bodies, 1)]
    assert texts(pdf(pages), "a.pdf") == bodies


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"x", "a.xlsx", "kind"),
        (b"   \n", "a.txt", "empty"),
        (b"not a zip", "a.docx", "damaged"),
        (b"not a pdf", "a.pdf", "damaged"),
        (pdf([[""]]), "a.pdf", "pictures"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, name: str, code: str, tmp_path) -> None:
    from credit_core.knowledge.extraction import extract

    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError) as refused:
        extract(path)
    assert refused.value.code == code


def test_a_comment_of_many_megabytes_is_no_text() -> None:
    page = "<p>第一条 测试办法。</p>".encode() + b"<!--" + b"x" * (11 * 1024 * 1024) + b"-->"
    said = "".join(line.text for line in extract_bytes(page, "办法.html").lines)
    assert said == "第一条 测试办法。"
