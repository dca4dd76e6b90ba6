"""A console on a fresh database, with one member for each role and people made up."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from stdnum.cn import ric

from config.settings import Settings
from credit_core.accounts import staff
from credit_core.accounts.models import StaffRole
from credit_core.clock import FixedClock
from credit_core.subjects.service import register_subject
from handlers.staff.app import staff_app
from handlers.static import add_vendor_routes

PASSWORD = "correct-horse-1"
MEMBERS = {
    "clerk": {StaffRole.CLERK},
    "clerk2": {StaffRole.CLERK},
    "reviewer": {StaffRole.REVIEWER},
    "approver": {StaffRole.APPROVER},
    "auditor": {StaffRole.AUDITOR},
    "admin": {StaffRole.ADMIN},
    "both": {StaffRole.CLERK, StaffRole.APPROVER},
}


@pytest.fixture
def clock():
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path):
    return Settings(secret_key="test-secret-0123456789-abcdefghijkl", var_dir=tmp_path)


@pytest.fixture
def members(sqlite_database, clock):
    with sqlite_database.begin() as session:
        return {
            login: staff.create_member(
                session, login, PASSWORD, name=f"{login}名", roles=roles, now=clock.now()
            ).id
            for login, roles in MEMBERS.items()
        }


@pytest.fixture
def root(sqlite_database, clock, settings, members):
    assert members
    app = web.Application()
    add_vendor_routes(app)
    app.add_subapp("/staff", staff_app(sqlite_database, clock, settings))
    return app


class Browser:
    """A browser of one member: keeps cookies, takes the form token from the page."""

    def __init__(self, client):
        self.client = client
        self.token = ""
        self.page = ""
        self.status = 0
        self.url = ""
        self.headers = {}

    async def get(self, path, **more):
        return await self._read(await self.client.get(f"/staff{path}", **more))

    async def post(self, path, token=None, **form):
        data = {"csrf": self.token if token is None else token} | form
        referer = {"Referer": str(self.client.make_url(self.url or "/staff/"))}
        return await self._read(await self.client.post(f"/staff{path}", data=data, headers=referer))

    async def _read(self, response):
        body = await response.read()
        self.status, self.url, self.headers = (
            response.status,
            response.url.path_qs,
            response.headers,
        )
        self.page = body.decode(errors="replace")
        found = re.search(r'name="csrf" value="([^"]+)"', self.page)
        self.token = found.group(1) if found else self.token
        return self.page

    async def sign_in(self, login, password=PASSWORD, **more):
        await self.get("/sign-in")
        return await self.post("/sign-in", login=login, password=password, **more)

    def shows(self, *words):
        missing = [word for word in words if word not in self.page]
        assert not missing, f"{missing} not on {self.url}: {self.text[:1500]}"

    @property
    def text(self):
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page))


@pytest.fixture
async def browse(root):
    """Makes browsers of one running console, each signed in as one member."""
    server = TestServer(root)
    await server.start_server()
    clients = []

    async def make(login=None):
        # Cookies of an IP address are kept only when the jar is told so.
        client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
        clients.append(client)
        browser = Browser(client)
        if login is not None:
            await browser.sign_in(login)
            assert browser.url == "/staff/", browser.text
        return browser

    yield make
    for client in clients:
        await client.session.close()
    await server.close()


def citizen_number(sequence):
    body = f"37100219600101{sequence:03d}"
    return body + ric.calc_check_digit(f"{body}0")


@pytest.fixture
def people(sqlite_database):
    """A pharmacy and two residents of the same name."""
    with sqlite_database.begin() as session:
        pharmacy = register_subject(
            session, "institution", uscc("91371002MA3C8K2L"), "福安大药房", on=date(2024, 1, 1)
        )
        residents = [
            register_subject(
                session, "resident", citizen_number(number), "王秀英", on=date(2024, 1, 1),
                phone=f"1380000000{number}",
            )
            for number in (1, 2)
        ]  # fmt: skip
        return {"pharmacy": pharmacy.id, "residents": [one.id for one in residents]}


def uscc(first16):
    """A unified social credit code with right inner and outer check characters."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body, inner = first16[:8], first16[8:16]
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    value = (
        11
        - sum(
            (int(sign) if sign.isdigit() else ord(sign) - 55) * weight
            for sign, weight in zip(inner, weights, strict=True)
        )
        % 11
    )
    code = body + inner + {10: "X", 11: "0"}.get(value, str(value))
    total = sum(letters.index(sign) * pow(3, place, 31) for place, sign in enumerate(code))
    return code + letters[(31 - total % 31) % 31]
