"""How quickly a question is answered with a thousand documents indexed."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.serving import settle
from credit_core.database import Base, Database
from credit_core.knowledge import models as _tables  # noqa: F401  Registers the tables.
from credit_core.knowledge.library import Library

DOCUMENTS = 1000
QUESTIONS = 300
BAR_MS = 20.0
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CITIES = """
石家庄 唐山 保定 太原 大同 沈阳 大连 长春 哈尔滨 南京 苏州 无锡 杭州 宁波 合肥 芜湖 福州 厦门 南昌
济南 青岛 郑州 洛阳 武汉 宜昌 长沙 株洲 广州 深圳 南宁 海口 成都 绵阳 贵阳 昆明 西安 兰州 西宁 银川
""".split()  # noqa: SIM905
MATTERS = """
信用修复 信用承诺 信用评价 异议申诉 双随机抽查
信用报告查询 药店分级管理 医师积分管理 失信名单公示 守信激励
联合惩戒 举报奖励 协议管理 基金稽核 智能监控 信用积分兑换 飞行检查 价格招采信用
""".split()  # noqa: SIM905
SUBJECTS = """
定点医院 定点药店 参保单位 参保人员 医保医师 药品企业
护理机构 配送企业
""".split()  # noqa: SIM905
VERBS = """
提交 受理 核实 公示 告知 登记 复核 归档 报送 移送 约谈 整改 抽查 培训 通报
""".split()  # noqa: SIM905
OBJECTS = """
申请表 证明材料 信用记录 整改报告 承诺书 台账 处罚决定 评价结果 名单 告知书
""".split()  # noqa: SIM905


def synthetic_document(number: int, rng: random.Random) -> tuple[str, str]:
    """Name and text of one act of some city: eight articles of two to four sentences."""
    city, matter = rng.choice(CITIES), rng.choice(MATTERS)
    year = rng.randint(2015, 2025)
    lines = [
        f"{city}市医疗保障局文件",
        f"{city[0]}医保〔{year}〕{number}号",
        f"{city}市医疗保障领域{matter}管理办法（第{number}号）",
    ]
    for article in range(1, 9):
        sentences = []
        for _ in range(rng.randint(2, 4)):
            days, points = rng.randint(2, 60), rng.randint(1, 90)
            sentences.append(
                f"{rng.choice(SUBJECTS)}应当在{days}个工作日内{rng.choice(VERBS)}{rng.choice(OBJECTS)}，"
                f"逾期不{rng.choice(VERBS)}的，按{rng.choice(MATTERS)}的规定记{points}分，"
                f"由{rng.choice(SUBJECTS)}所在地的经办机构{rng.choice(VERBS)}{rng.choice(OBJECTS)}。"
            )
        lines.append(f"第{_chinese(article)}条 " + "".join(sentences))
    return f"act_{number:04}.txt", "\n\n".join(lines)


def _chinese(number: int) -> str:
    return "一二三四五六七八九十"[number - 1]


def _questions(rng: random.Random) -> list[str]:
    asked = []
    for _ in range(QUESTIONS):
        city = rng.choice([*CITIES, ""])
        asked.append(
            f"{city}{rng.choice(SUBJECTS)}{rng.choice(VERBS)}{rng.choice(OBJECTS)}要几个工作日，"
            f"{rng.choice(MATTERS)}怎么记分"
        )
    return asked


def fill(database: Database, documents: int = DOCUMENTS) -> float:
    """Import synthetic acts, ten in a transaction; seconds it took."""
    rng, library = random.Random(7), Library()
    started = time.perf_counter()
    for first in range(0, documents, 10):
        with database.begin() as session:
            for number in range(first, min(first + 10, documents)):
                name, body = synthetic_document(number, rng)
                library.import_bytes(session, body.encode(), name, now=NOW)
    return time.perf_counter() - started


def run() -> list[dict[str, object]]:
    """Rows of name, value, unit and bar for ``make bench``."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        Base.metadata.create_all(database.engine)
        importing = fill(database)
        library = Library()
        settle()
        started = time.perf_counter()
        with database.read() as session:
            library.ask(session, "杭州信用修复要几个工作日")
        first = (time.perf_counter() - started) * 1000
        taken = []
        for question in _questions(random.Random(11)):
            started = time.perf_counter()
            with database.read() as session:
                library.ask(session, question)
            taken.append((time.perf_counter() - started) * 1000)
        size = (Path(folder) / "bench.sqlite3").stat().st_size / 1e6
        database.dispose()
    taken.sort()
    return [
        {"name": f"knowledge: import {DOCUMENTS} documents", "value": importing, "unit": "s"},
        {"name": "knowledge: first question of a process", "value": first, "unit": "ms"},
        {
            "name": f"knowledge: question, {DOCUMENTS} documents, p50",
            "value": statistics.median(taken), "unit": "ms", "bar": BAR_MS,
        },
        {
            "name": f"knowledge: question, {DOCUMENTS} documents, p99",
            "value": taken[int(len(taken) * 0.99)], "unit": "ms", "bar": BAR_MS,
        },
        {"name": "knowledge: database", "value": size, "unit": "MB"},
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run():
        sys.stdout.write(f"{row}\n")
