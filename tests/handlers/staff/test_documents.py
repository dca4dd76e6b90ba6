"""The documents behind the answers: uploaded, tried, replaced, withdrawn."""

from __future__ import annotations

import re

import pytest
from aiohttp import FormData

from credit_core.accounts.actions import find_actions
from credit_core.knowledge.models import KnowledgeDocument
from handlers.staff import documents

OLD = """荣成市医疗保障信用管理办法
荣医保发〔2024〕7号
荣成市医疗保障局 2024年3月1日
第一条 为规范医疗保障信用管理，制定本办法。
第二条 信用修复申请自受理之日起二十个工作日内办结。
"""
NEW = OLD.replace("2024", "2026").replace("二十个", "十五个")


async def send(browser, name, content):
    form = FormData(quote_fields=False)
    form.add_field("csrf", browser.token)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    referer = {"Referer": str(browser.client.make_url("/staff/documents"))}
    return await browser._read(
        await browser.client.post("/staff/documents", data=form, headers=referer)
    )


@pytest.fixture
def library(browse):
    async def make(login="clerk"):
        browser = await browse(login)
        await browser.get("/documents")
        return browser

    return make


async def test_an_uploaded_document_answers_with_its_source(library, sqlite_database):
    clerk = await library()
    clerk.shows("还没有文件")
    await send(clerk, "办法.txt", OLD.encode())
    clerk.shows("已导入", "信用管理办法", "荣医保发〔2024〕7号", "荣成", "2024", "办法.txt", "现行")
    await clerk.post("/documents/ask", question="荣成信用修复几个工作日办结？")
    clerk.shows("二十个工作日", "第二条", "办法.txt")
    with sqlite_database.read() as session:
        assert find_actions(session)[0].action == "document.import"


async def test_a_replaced_document_is_not_cited(library):
    clerk = await library()
    await send(clerk, "办法.txt", OLD.encode())
    await send(clerk, "办法（新）.txt", NEW.encode())
    clerk.shows("替换旧版", "已被代替 1")
    await clerk.post("/documents/ask", question="荣成信用修复几个工作日办结？")
    clerk.shows("十五个工作日")
    assert "二十个" not in clerk.page


async def test_a_withdrawn_document_is_not_cited_but_kept(library, sqlite_database):
    clerk = await library()
    await send(clerk, "办法.txt", OLD.encode())
    with sqlite_database.read() as session:
        number = session.query(KnowledgeDocument).one().id
    await clerk.post(f"/documents/{number}/withdraw")
    clerk.shows("已撤下，不再引用", "已撤下 1")
    await clerk.post("/documents/ask", question="荣成信用修复几个工作日办结？")
    clerk.shows("文件里没有写", "补充文件后再试")
    await clerk.get("/documents?status=withdrawn")
    clerk.shows("信用管理办法")
    await clerk.post("/documents/7/withdraw")
    assert clerk.status == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("表.xlsx", b"PK", "读不了这种文件"),
        ("空.txt", b" \n", "文件里没有文字"),
        ("坏.pdf", b"%PDF-1.4 broken", "打不开"),
        ("坏.docx", b"not a zip", "打不开"),
    ],
)
async def test_what_cannot_be_read_is_refused_kindly(library, name, content, said):
    clerk = await library()
    await send(clerk, name, content)
    clerk.shows(said, "还没有文件")


async def test_a_file_over_the_limit_is_refused_kindly(library, monkeypatch):
    clerk = await library()
    monkeypatch.setattr(documents, "LARGEST_FILE", 100)
    await send(clerk, "办法.txt", OLD.encode())
    clerk.shows("超过 20 MB")
    await send(clerk, "大.txt", b"x" * (22 * 1024 * 1024))
    assert clerk.status == 413
    clerk.shows("文件太大")


async def test_thirteen_megabytes_are_taken_here(library):
    clerk = await library()
    await send(clerk, "大.html", OLD.encode() + b"<!--" + b"x" * (13 * 1024 * 1024) + b"-->")
    clerk.shows("已导入")


async def test_the_same_file_again_changes_nothing_and_no_file_is_told(library):
    clerk = await library()
    await send(clerk, "办法.txt", OLD.encode())
    await send(clerk, "办法.txt", OLD.encode())
    clerk.shows("没有改动", "现行 1")
    await clerk.post("/documents")
    clerk.shows("请先选择要上传的文件")


async def test_the_auditor_reads_and_asks_but_changes_nothing(library):
    auditor = await library("auditor")
    assert not re.search(r'type="file"', auditor.page)
    await send(auditor, "办法.txt", OLD.encode())
    assert auditor.status == 403
    await auditor.get("/documents")
    await auditor.post("/documents/ask", question="修复要多久")
    auditor.shows("还没有导入任何文件")
