"""Every type that WeChat pushes gets a fitting answer, in every mode, and leaves no odd trace."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.app import make_app
from bot.crypto import Envelope
from bot.turns import ANSWER_WITHIN
from bot.understanding import Understander
from config.texts import text
from credit_core.accounts.models import Follower
from credit_core.database import Database
from tests.bot import account
from tests.bot.account import AES_KEY, APPID, TOKEN, query
from tests.bot.every_inbound import PERSON, Sample, samples

SAMPLES = samples()


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander.load()


@pytest.fixture(params=["plain", "compatible", "safe"])
async def phone(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path, understander: Understander
) -> AsyncIterator[Phone]:
    settings = account.settings(
        wechat_mode=request.param,
        wechat_allow_plain=True,
        secret_key="unit-tests-only-secret-0123456789-abcdef",
        wechat_api_base="http://127.0.0.1:9",
        var_dir=tmp_path,
    )
    app = make_app(settings, database, understander=understander)
    async with TestClient(TestServer(app)) as client:
        yield Phone(client, request.param)


class Phone:
    """Posts bodies as WeChat does in one mode and opens the answers as WeChat does."""

    def __init__(self, client: TestClient[Any, Any], mode: str) -> None:
        self.client, self.mode = client, mode
        self.envelope = Envelope(TOKEN, AES_KEY, APPID)

    async def post(self, sample: Sample) -> str:
        """The clear answer, or ``success``."""
        params, body = self.packed(sample.body)
        async with self.client.post("/wechat", params=params, data=body) as response:
            assert response.status == 200, sample.name
            answer = await response.text()
        if answer == "success" or self.mode == "plain":
            return answer
        root = ET.fromstring(answer)
        return self.envelope.open(
            root.findtext("Encrypt") or "",
            signature=root.findtext("MsgSignature") or "",
            timestamp=root.findtext("TimeStamp") or "",
            nonce=root.findtext("Nonce") or "",
        ).decode()

    def packed(self, clear: bytes) -> tuple[dict[str, str], bytes]:
        if self.mode == "plain":
            return query(None), clear
        stamp = query(None)["timestamp"]
        encrypted, _ = self.envelope.seal(clear, nonce="n0nce", timestamp=stamp)
        params = query(encrypted, int(stamp))
        if clear.lstrip().startswith(b"{"):
            return params, json.dumps({"ToUserName": "gh_0", "Encrypt": encrypted}).encode()
        shown = b""
        if self.mode == "compatible" and clear.startswith(b"<xml>") and clear.endswith(b"</xml>"):
            shown = clear[5:-6]
        return params, b"<xml>%b<Encrypt><![CDATA[%b]]></Encrypt></xml>" % (
            shown,
            encrypted.encode(),
        )


def said(answer: str) -> str:
    return "" if answer == "success" else ET.fromstring(answer).findtext("Content") or ""


def fits(sample: Sample, answer: str) -> bool:
    if sample.answer == "any":
        return True
    if sample.answer == "nothing":
        return answer == "success"
    if sample.answer == "text":
        return bool(said(answer).strip())
    topic, _, key = sample.answer.partition(".")
    return said(answer).startswith(text(topic, key))


def test_there_are_samples_enough_and_no_two_alike() -> None:
    assert len(SAMPLES) >= 125
    assert max(Counter(sample.body for sample in SAMPLES).values()) == 1


async def test_every_type_gets_a_fitting_answer(phone: Phone, database: Database) -> None:
    wrong = []
    with capture_logs() as lines:
        for sample in SAMPLES:
            answer = await phone.post(sample)
            if answer != "success":
                root = ET.fromstring(answer)
                assert root.findtext("ToUserName") == PERSON, sample.name
                assert root.findtext("FromUserName") == "gh_0123456789ab", sample.name
            if not fits(sample, answer):
                wrong.append((sample.name, sample.answer, answer[:200]))
            # Nobody's place in a form decides the next answer.
            database_reset(database)
    assert wrong == []
    faults = [line for line in lines if line["log_level"] in {"error", "critical"}]
    assert faults == []
    assert ANSWER_WITHIN < 5
    with database.read() as session:
        assert set(session.scalars(select(Follower.openid))) == {PERSON}


def database_reset(database: Database) -> None:
    from bot.models import Conversation

    with database.begin() as session:
        for row in session.scalars(select(Conversation)):
            session.delete(row)


async def test_every_type_twice_is_the_same_answer(phone: Phone, database: Database) -> None:
    """WeChat delivers again what it believes lost."""
    for sample in SAMPLES[::3]:
        assert await phone.post(sample) == await phone.post(sample), sample.name
