"""What scanning and export broke is whole again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credit_core.knowledge.extraction import extract_bytes
from credit_core.knowledge.joining import glue, join_lines

PARAGRAPHS = [
    "本市建立定点药店信用档案，记录药店履行服务协议、接受检查以及处理投诉的情况，每年评定一次等级。",
    "评定为甲级的药店，次年减少检查次数；评定为丁级的药店，每季度检查一次，并且由负责人到局里说明情况。",
    "药店对等级有意见的，可以在收到通知后的十个工作日里书面提出，由局里另派人员核对，并且书面答复。",
]


def joined(text: str) -> list[str]:
    return [part.text for part in join_lines(extract_bytes(text.encode(), "a.txt").lines)]


def test_narrow_columns_with_a_blank_line_after_every_line() -> None:
    lines = [paragraph[start : start + 13] for paragraph in PARAGRAPHS
             for start in range(0, len(paragraph), 13)]  # fmt: skip
    assert "".join(joined("\n\n".join(lines))) == "".join(PARAGRAPHS)
    assert len(joined("\n\n".join(lines))) <= len(PARAGRAPHS)


def test_lines_cut_at_the_width_of_the_page() -> None:
    text = "\n".join(
        paragraph[start : start + 20]
        for paragraph in PARAGRAPHS
        for start in range(0, len(paragraph), 20)
    )
    assert joined(text) == PARAGRAPHS


def test_a_paragraph_cut_by_a_page_break() -> None:
    first, second = PARAGRAPHS[0][:33], PARAGRAPHS[0][33:]
    assert joined(f"{first}\n\n- 2 -\n\n{second}\n\n{PARAGRAPHS[1]}") == PARAGRAPHS[:2]


def test_headings_and_numbered_items_are_not_swallowed() -> None:
    text = "一、总体要求\n\n本市建立信用档案，由市医保局负责。\n\n（一）适用范围\n\n本市定点药店。"
    assert joined(text) == [
        "一、总体要求", "本市建立信用档案，由市医保局负责。", "（一）适用范围", "本市定点药店。",
    ]  # fmt: skip


def test_a_sentence_that_an_article_interrupts_is_found_again_by_its_torn_word() -> None:
    text = (
        "各区要把信用修复培训列入年度计划，对能够联系到的主体全部开展一次培训，对已经注销或者无法联"
        "\n\n# 另一篇文章\n\n这一篇讲的是别的事情，到这里就结束了。\n\n"
        "系到的主体登记在册，年底前由市里统一核对一遍。"
    )
    parts = [part.text for part in join_lines(extract_bytes(text.encode(), "a.md").lines)]
    assert any("无法联系到的主体登记在册" in part for part in parts)


@given(st.text("甲乙丙丁，。", min_size=1, max_size=8), st.text("甲乙ab1 ", min_size=1, max_size=8))
def test_gluing_loses_no_sign(left: str, right: str) -> None:
    assert glue(left, right).replace(" ", "") == (left + right).replace(" ", "")
