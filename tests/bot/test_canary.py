"""A canary person goes through a running service; nothing of them gets out of the sealed columns.

Name, identity number, phone and openid are typed in messages, put into forms, names of files and
addresses. No log line, error page or metric shows them; the raw bytes of the database file show
nothing but the openid.
"""

from __future__ import annotations

import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo import identity_number
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from credit_core.subjects.models import SubjectKind
from credit_core.subjects.service import register_subject
from tests.conftest import KEY as UNIT_KEY
from tests.crash.installation import KEY, Installation, Process
from tests.crash.sender import Message, Sender, content, text

NAME = "欧阳金丝雀"
PHONE = "13912345678"
OPENID = "oCanary_of_the_test_AAAAAAAA"
SECRET_WORDS = "砉磗圪垯"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def number() -> str:
    from datetime import date

    return identity_number("371002", date(1956, 3, 7), 12)


@pytest.fixture
def installation(tmp_path: Path, number: str) -> Iterator[Installation]:
    install_keyring(Keyring(KEY))
    made = Installation(tmp_path, f"sqlite:///{tmp_path / 'canary.sqlite3'}")
    made.run("db", "upgrade")
    records = tmp_path / "records.csv"
    records.write_text(
        "kind,identifier,name,item,occurred_on,decided_on,document_no,source_unit,severity,detail\n"
        f"resident,{number},{NAME},P-1,2026-05-01,2026-06-01,测医保〔2026〕1号,测试医保局,轻微,"
        "在药店超量配药\n",
        encoding="utf-8",
    )
    database = Database(made.database_url)
    with database.begin() as session:
        now = SystemClock().now()
        register_subject(session, SubjectKind.RESIDENT, number, NAME, on=now.date(), district="甲")
    database.dispose()
    made.run("import", "records", str(records))
    yield made
    made.end()
    install_keyring(Keyring(UNIT_KEY))


def message(kind: str, more: str, serial: int) -> Message:
    return Message(
        OPENID,
        "<xml><ToUserName>gh_medcredit</ToUserName>"
        f"<FromUserName>{OPENID}</FromUserName><CreateTime>1790000000</CreateTime>"
        f"<MsgType>{kind}</MsgType>{more}<MsgId>{serial}</MsgId></xml>",
    )


def what_is_said(number: str) -> list[Message]:
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    spaced = f"{number[:6]} {number[6:14]} {number[14:]}"
    said = [
        f"我叫{NAME}，身份证{number}，电话{PHONE}",
        f"{SECRET_WORDS}{NAME}{number}{PHONE}",
        f"{SECRET_WORDS}{wide}",
        f"{SECRET_WORDS}{spaced}",
        f"{SECRET_WORDS}{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}",
        "绑定",
        "同意",
        "本人",
        NAME,
        number[:-1] + ("1" if number[-1] != "1" else "2"),
        number,
        "我的信用分",
        "为什么扣分",
        "谁查过我",
        "我要申诉",
        "1",
        f"我是{NAME}，{number}，那天我在住院，打{PHONE}找我",
        "没有",
        "提交",
        "申诉进度",
        "我要举报",
        f"{NAME}看见{PHONE}在刷别人的卡{number}",
        "取消",
        "人工",
        PHONE,
        "有什么优惠",
    ]
    return [
        *(text(OPENID, one) for one in said),
        message("file", f"<Title>{NAME}{number}.pdf</Title><FileKey>{PHONE}</FileKey>", 1),
        message("location", f"<Label>{NAME}家 {PHONE}</Label>", 2),
        message("link", f"<Title>{NAME}</Title><Url>http://e.example/{number}</Url>", 3),
        message("voice", f"<MediaId>{number}</MediaId><Recognition>{NAME}</Recognition>", 4),
        message("image", f"<MediaId>{NAME}{number}</MediaId><PicUrl>{PHONE}</PicUrl>", 5),
        message(NAME, f"<Content>{number}</Content>", 6),
        message(f"k{number}", f"<Content>{PHONE}</Content>", 7),
        message("event", f"<Event>{NAME}</Event><EventKey>{number}</EventKey>", 8),
        message("event", f"<Event>e{number}</Event><EventKey>{PHONE}</EventKey>", 9),
        message("event", f"<Event>CLICK</Event><EventKey>{NAME}{number}</EventKey>", 10),
        message(
            "event", f"<Event>subscribe</Event><EventKey>qrscene_{NAME}{number}</EventKey>", 11
        ),
        message("event", f"<Event>SCAN</Event><EventKey>{number}{PHONE}{NAME}</EventKey>", 12),
    ]


def pages(base: str, number: str) -> Iterator[tuple[str, str]]:
    """What is answered to addresses and forms that hold the canary; and the metrics."""
    name = urllib.parse.quote(NAME)
    for path in (
        f"/{number}",
        f"/{name}/{PHONE}",
        f"/wechat?echostr={number}&signature={OPENID}&nonce={PHONE}&timestamp={name}",
        f"/h5/{number}?openid={OPENID}&name={name}",
        f"/staff/{number}?next={name}",
        f"/verify/{number}",
        f"/static/{name}",
        "/metrics",
    ):
        yield path, fetched(f"{base}{path}")
    form = urllib.parse.urlencode({"login": NAME, "password": number, "code": PHONE}).encode()
    for path in ("/staff/login", "/staff/signin", "/staff/", "/h5/", "/wechat"):
        yield path, fetched(f"{base}{path}", form)


def fetched(url: str, data: bytes | None = None) -> str:
    try:
        with urllib.request.urlopen(url, data, timeout=10) as answer:
            return str(answer.read().decode() + answer.url)
    except urllib.error.HTTPError as error:
        return str(error.read().decode() + str(error.headers))


def forms_of(value: str) -> dict[str, bytes]:
    """The ways in which a value may stand in a file."""
    return {
        "plain": value.encode(),
        "utf-16": value.encode("utf-16-le"),
        "json": value.encode("unicode_escape"),
        "url": urllib.parse.quote(value).encode(),
        "lower": value.lower().encode(),
    }


def holding(raw: bytes, values: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (what, form)
        for what, value in values.items()
        for form, written in forms_of(value).items()
        if written in raw
    ]


async def exercised(service: Process, number: str, database_file: Path) -> dict[str, str]:
    port = int(service.ready_url.split(":")[2].split("/")[0])
    async with Sender([port]) as sender:
        for one in what_is_said(number):
            assert await sender.deliver(one) is not None
        # A turn that fails leaves a trace in the log, for us; nothing of the person is in it.
        with sqlite3.connect(database_file) as raw:
            raw.execute("ALTER TABLE not_understood RENAME TO not_there")
        failing = text(OPENID, f"{SECRET_WORDS}{NAME}{number}{PHONE}")
        assert "再发一次" in content(await sender.deliver(failing) or "success")
        with sqlite3.connect(database_file) as raw:
            raw.execute("ALTER TABLE not_there RENAME TO not_understood")
    return dict(pages(f"http://127.0.0.1:{port}", number))


async def test_nothing_of_a_person_gets_out(installation: Installation, number: str) -> None:
    file = installation.folder / "canary.sqlite3"
    service = installation.service()
    service.environment["MEDCREDIT_LOG_LEVEL"] = "DEBUG"
    service.start()
    service.wait_ready()
    shown = await exercised(service, number, file)
    private = {"name": NAME, "number": number, "phone": PHONE}
    stored = b"".join(
        one.read_bytes()
        for one in installation.folder.rglob("*")
        if one.is_file() and one.suffix not in {".csv", ".log"}
    )
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    spaced = f"{number[:6]} {number[6:14]} {number[14:]}"
    assert OPENID.encode() in stored, "the database was not read"
    assert holding(stored, private | {"wide": wide, "spaced": spaced}) == []
    service.end()
    logs = installation.logs()
    assert "turn_failed" in logs, "no failure was logged; the test proves nothing"
    assert holding(logs.encode(), private | {"openid": OPENID}) == []
    for path, page in shown.items():
        assert holding(page.encode(), private | {"openid": OPENID}) == [], path
    assert "medcredit_requests_total" in shown["/metrics"]
