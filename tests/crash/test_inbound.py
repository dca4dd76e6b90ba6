"""Messages delivered up to three times while the service is killed: one effect, one answer.

``MEDCREDIT_CRASH_ROUNDS`` sets how often it is killed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from bot.models import InboxRow, NotUnderstood
from credit_core.database import Database
from credit_core.objections.models import Objection
from credit_core.offers.models import Coupon
from tests.crash.installation import Installation, Process
from tests.crash.sender import Message, Sender, click, said_later, text

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]

PEOPLE = 10
STATEMENT = "那天我在外地住院，没有去过这家药店"
NONSENSE = "圪垯磗砉"


def openid(number: int) -> str:
    return f"seed_openid_{number:07d}"


async def killed(services: list[Process], rounds: int, enough: asyncio.Event) -> None:
    """Kill one service after another at any moment, and start it again."""
    dice = random.Random(rounds)
    for turn in range(rounds):
        service = services[turn % len(services)]
        await asyncio.sleep(dice.uniform(0.05, 1.2))
        service.kill()
        service.start()
        await asyncio.to_thread(service.wait_ready)
    enough.set()


def port_of(service: Process) -> int:
    return int(service.ready_url.split(":")[2].split("/")[0])


async def under_fire(
    installation: Installation,
    rounds: int,
    story: Callable[[Sender, asyncio.Event], Awaitable[None]],
) -> Sender:
    """Play a story while the services are killed; repeat every message once more at the end."""
    count = 1 if installation.database_url.startswith("sqlite") else 2
    services = [installation.service() for _ in range(count)]
    for service in services:
        service.start()
    for service in services:
        await asyncio.to_thread(service.wait_ready)
    enough = asyncio.Event()
    async with Sender([port_of(service) for service in services]) as sender:
        killer = asyncio.create_task(killed(services, rounds, enough))
        await story(sender, enough)
        await killer
        for message in list(sender.answers):
            await sender.until_answered(message)
    for service in services:
        service.end()
    assert sum(service.kills for service in services) == rounds
    assert sender.lost > 0, "nothing was hit; the test proves nothing"
    return sender


@pytest.fixture
def city(installation: Installation) -> Installation:
    installation.run("db", "upgrade")
    installation.run(
        "seed", "--residents", str(PEOPLE), "--records-per-subject", "2", "--until", "2026-10-31"
    )
    return installation


async def test_a_message_has_one_effect_and_one_answer(city: Installation, rounds: int) -> None:
    texts: list[Message] = []

    async def person(sender: Sender, number: int, enough: asyncio.Event) -> None:
        place = 0
        while not enough.is_set() or place < 5:
            place += 1
            message = text(openid(number), f"{NONSENSE}{number}-{place}")
            texts.append(message)
            await sender.until_answered(message, at_once=place % 2 == 0)

    async def story(sender: Sender, enough: asyncio.Event) -> None:
        await asyncio.gather(*(person(sender, number, enough) for number in range(PEOPLE)))

    sender = await under_fire(city, rounds, story)
    assert sender.different() == []
    database = Database(city.database_url)
    with database.read() as session:
        kept = Counter(row.text for row in session.scalars(select(NotUnderstood)))
        inbox = session.scalar(select(func.count()).select_from(InboxRow))
    database.dispose()
    assert set(kept.values()) == {1}
    assert len(kept) == len(texts) == inbox
    assert "turn_failed" not in city.logs()
    print(f"\n{len(texts)} messages, {sender.lost} deliveries broke off, {rounds} kills")


async def test_forms_and_claims_have_one_effect(city: Installation, rounds: int) -> None:
    """An objection over five messages and a claim by tapping, per person."""

    async def person(sender: Sender, number: int) -> None:
        who = openid(number)
        for say in ("我要申诉", "1", f"{STATEMENT}{number}", "没有", "提交"):
            await sender.until_answered(text(who, say), at_once=number % 2 == 0)
            await asyncio.sleep(0.1)
        await sender.until_answered(click(who, "claim:reading"), at_once=True)

    async def story(sender: Sender, _enough: asyncio.Event) -> None:
        await asyncio.gather(*(person(sender, number) for number in range(PEOPLE)))

    sender = await under_fire(city, rounds, story)
    assert sender.different() == []
    database = Database(city.database_url)
    with database.read() as session:
        said = sender.said() + said_later(session)
        filed = list(session.scalars(select(Objection.case_no)))
        codes = [coupon.code for coupon in session.scalars(select(Coupon))]
    database.dispose()
    assert len(filed) == PEOPLE
    assert all(sum(case in answer for answer in said) == 1 for case in filed)
    assert codes
    assert all(sum(code in answer for answer in said) == 1 for code in codes)
    assert "turn_failed" not in city.logs()
