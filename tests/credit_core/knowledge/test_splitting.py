"""Files fall into their documents, documents into passages with their headings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from credit_core.knowledge.about import about_article, about_file
from credit_core.knowledge.article import Article
from credit_core.knowledge.extraction import extract_bytes
from credit_core.knowledge.joining import join_lines
from credit_core.knowledge.splitting import split_articles


def articles(text: str, name: str = "a.txt") -> list[Article]:
    return split_articles(join_lines(extract_bytes(text.encode(), name).lines), "file")


def passage(article: Article, words: str) -> tuple[str, tuple[str, ...]]:
    return next((one.text, one.path) for one in article.passages if words in one.text)


ACT = """# 某省信用修复办法

## 第一章 总则

第一条 为了规范信用修复，制定本办法。

第二条 修复分为两种：（一）自动修复；（二）申请修复。第三条 修复由认定单位受理。

## 第二章 程序

第四条 认定单位在八个工作日内核对材料。
"""


def test_an_act_is_split_by_its_articles_under_their_chapters() -> None:
    (act,) = articles(ACT, "a.md")
    assert act.title == "某省信用修复办法"
    text, path = passage(act, "八个工作日")
    assert path == ("第二章 程序", "第四条")
    assert "第三条" not in text
    assert passage(act, "修复由认定单位受理")[1][-1] == "第三条"


LETTER = """东海市医疗保障局文件

东医保〔2022〕7号

关于印发《东海市药店信用分级方案》的通知

各定点药店：

现将《东海市药店信用分级方案》印发给你们，请遵照执行。

东海市医疗保障局

2022年4月6日

东海市药店信用分级方案

一、目标

建立药店信用档案。

二、任务

（一）评定等级。每年三月评定一次，由县局初评，市局复核后在网站公示，并且告知药店。

（二）使用等级。甲级药店一年检查一次，丁级药店一季度检查一次，并且由负责人说明情况。
"""


def test_a_letter_and_the_plan_it_sends_are_two_documents_with_one_number() -> None:
    paragraphs = join_lines(extract_bytes(LETTER.encode(), "a.txt").lines)
    letter, plan = split_articles(paragraphs)
    assert plan.title == "东海市药店信用分级方案"
    file = about_file(paragraphs, [letter, plan], "")
    about = about_article(plan, file)
    assert (about.number, about.year, about.issued_on) == ("东医保〔2022〕7号", 2022, "2022-04-06")
    assert passage(plan, "一季度检查一次")[1][0] == "二、任务"


TABLE = (
    "任务分工表\n\n序号\t事项\t要求\t完成时限\n"
    "1\t报送台账\t各单位按模板完整填写各个字\t2024年5月底前\n"
    "\t\t段并且报送。\t\n"
    "2\t清理代码\t甲医院重复代码治理\t2024年6月底前\n"
    "\t\t乙医院重复代码治理\t\n\t\t丙医院重复代码治理\t\n\t\t丁医院重复代码治理\t\n"
)


def test_rows_cut_by_a_page_break_are_whole_and_carry_their_columns() -> None:
    (table,) = articles(TABLE)
    text, _ = passage(table, "报送台账")
    assert "要求：各单位按模板完整填写各个字段并且报送。" in text
    assert "完成时限：2024年5月底前" in text
    assert "甲医院重复代码治理、乙医院重复代码治理、丙医院" in passage(table, "清理代码")[0]


PAGE = """
本报讯 近日，东海市医保局发布消息，全市三百二十家药店完成信用评级，甲级药店一共有六十一家。

（王 一）

□ 李 二

西山县医保局在每个乡镇设立信用驿站，村民凭信用分可以借用轮椅和拐杖，免交押金，全县一共有十四个驿站。

“轮椅借走了，签个字就行。”西山县一位村民说。

本报讯 南江市对两年没有年报的医药公司进行清理，一共吊销了八十八家公司的执照。

（赵 三）

西山信用驿站：村民凭信用分借轮椅

东海三百多家药店完成信用评级

南江清理吊销八十八家医药公司
"""


def test_reports_of_a_newspaper_page_get_the_headlines_printed_elsewhere() -> None:
    found = {article.title: article.text for article in articles(PAGE)}
    assert "六十一家" in found["东海三百多家药店完成信用评级"]
    assert "十四个驿站" in found["西山信用驿站：村民凭信用分借轮椅"]
    assert "八十八家公司" in found["南江清理吊销八十八家医药公司"]
    assert "南江" not in found["西山信用驿站：村民凭信用分借轮椅"]


MAGAZINE = """# 信用东海

2024年第2期 《信用东海》编辑部

## 目录

▲ 信用驿站

## 西山县的信用驿站怎么办起来

文/西山县信用办

西山县的驿站从去年开始办，第一批有十四个。

（转8页）

## 南江市2024年工作方案

文/南江市信用办

### 1. 归集信息

全面归集医药机构的信息，数据量在年底前达到三百万条以上。

### 2. 推行承诺

承诺事项占到七成以上。

## 东海信用协会换届

新一届协会在五月选举产生。

### 3. 开展培训

培训率在年底前达到百分之六十五。

（接3页）

第二批驿站计划再办九个。
"""


def test_a_magazine_falls_into_articles_and_its_torn_parts_come_home() -> None:
    found = {article.title: article.text for article in articles(MAGAZINE, "a.md")}
    assert "再办九个" in found["西山县的信用驿站怎么办起来"]
    assert "百分之六十五" in found["南江市2024年工作方案"]
    assert "百分之六十五" not in found["东海信用协会换届"]
    assert not any("▲" in text for text in found.values())


def test_a_magazine_gives_its_name_and_year_to_its_articles() -> None:
    paragraphs = join_lines(extract_bytes(MAGAZINE.encode(), "a.md").lines)
    found = split_articles(paragraphs)
    file = about_file(paragraphs, found, "")
    about = about_article(found[-1], file)
    assert file.publication == "《信用东海》2024年第2期"
    assert about.year == 2024


LINE = st.sampled_from(
    """
# 标题|第一条 内容。|一、任务|（一）事项。说明|1. 项|表\t头\t列|\t续\t|本报讯 近日|（王 一）|
□ 李 二|（转8页）|（接3页）|- 3 -|断开的半句没有|写完的一句话。|\x00控制|名称：说明文字|
https://example.org|关于印发办法的通知|
""".replace("\n", "").split("|")
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(LINE, max_size=40), st.sampled_from(["\n", "\n\n"]), st.sampled_from(["a.txt", "a.md"])
)
def test_no_arrangement_of_lines_breaks_the_import(lines, gap, name) -> None:
    paragraphs = join_lines(extract_bytes(("写完。" + gap + gap.join(lines)).encode(), name).lines)
    found = split_articles(paragraphs, "file")
    file = about_file(paragraphs, found, "")
    for article in found:
        about_article(article, file)
        assert all(len(one.text) < 2000 for one in article.passages)
