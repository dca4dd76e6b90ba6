"""The client against the stand-in: raw UTF-8, bounded files, one renewal, silent errors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.faults import FaultRule
from bot.wechat import errors
from bot.wechat.media import MediaTooLarge
from credit_core.database import Database
from tests.notices.platform import SECRET, stage

SEND = "/cgi-bin/message/template/send"
VALUES = {
    "thing1": "康宁大药房",
    "const2": "B",
    "thing3": "新增扣分记录",
    "thing4": "查看明细",
    "time5": "2026年11月23日",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 5000


async def test_many_callers_fetch_one_token(sqlite_database: Database, tmp_path: Path) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        fetched = FaultRule(kind="delay", path="/cgi-bin/stable_token", ms=50)
        on.faults(fetched)
        await asyncio.gather(*(on.client.transport.token.value() for _ in range(50)))
        assert on.sandbox.world.faults.rules[0].hits == 1


async def test_a_wrong_secret_is_tried_once_for_all_who_wait(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        on.fault(kind="errcode", path="/cgi-bin/stable_token", errcode=40125)
        calls = (on.client.transport.token.value() for _ in range(50))
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in found} == {errors.Misconfigured}
        assert on.sandbox.world.faults.rules[0].hits == 1


async def test_a_revoked_token_is_renewed_once_and_the_message_sent(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        on.fault(kind="errcode", path=SEND, errcode=40001, times=1)
        number = await on.client.messages.template("one_a", "TPL_CREDIT_ALERT_0001", VALUES)
        assert number
        (line,) = on.log("template")
        assert line["body"]["data"]["thing1"]["value"] == "康宁大药房"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "reset"}, errors.OutcomeUnknown),
        ({"kind": "http", "status": 502}, errors.OutcomeUnknown),
        ({"kind": "errcode", "errcode": 45009}, errors.QuotaUsedUp),
        ({"kind": "errcode", "errcode": 99999}, errors.RetryLater),
    ],
)
async def test_errors_have_types(
    sqlite_database: Database, tmp_path: Path, fault: dict[str, object], expected: type[Exception]
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        on.fault(path=SEND, **fault)
        with pytest.raises(expected) as raised:
            await on.client.messages.template("one_a", "TPL_CREDIT_ALERT_0001", VALUES)
        token = await on.client.transport.token.value()
        for secret in ("one_a", SECRET, token):
            assert secret not in str(raised.value)


async def test_nothing_listens_is_certainly_not_sent(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        await on.client.transport.token.value()
        on.client.transport.base = "http://127.0.0.1:9"
        with pytest.raises(errors.NotSent):
            await on.client.messages.template("one_a", "TPL_CREDIT_ALERT_0001", VALUES)


@pytest.mark.parametrize("fault", ["reset", "http"])
async def test_a_call_whose_token_was_not_fetched_is_certainly_not_sent(
    sqlite_database: Database, tmp_path: Path, fault: str
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        on.fault(kind=fault, path="/cgi-bin/stable_token")
        with pytest.raises(errors.NotSent):
            await on.client.messages.template("one_a", "TPL_CREDIT_ALERT_0001", VALUES)


async def test_a_field_that_wechat_names_is_kept_as_a_hint(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        with pytest.raises(errors.MessageRefused) as raised:
            await on.client.messages.template(
                "one_a", "TPL_CREDIT_ALERT_0001", VALUES | {"thing1": "长" * 30}
            )
        assert raised.value.code == 47003
        assert raised.value.rid


async def test_files_are_read_up_to_a_limit(sqlite_database: Database, tmp_path: Path) -> None:
    async with stage(sqlite_database, tmp_path / "wx") as on:
        media_id = await on.client.media.upload_image(PNG, "image/png")
        found = await on.client.media.get(media_id)
        assert found.content == PNG
        with pytest.raises(MediaTooLarge):
            await on.client.media.get(media_id, most_bytes=1000)
        with pytest.raises(errors.MessageRefused) as raised:
            await on.client.media.get("gone")
        assert raised.value.code == 40007
