"""Signing in and out: the pages that nobody has to be signed in for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from credit_core.accounts.actions import record_action
from credit_core.accounts.sessions import close_session, open_session
from credit_core.accounts.staff import Attempt, finish_attempt, start_attempt
from credit_core.errors import Refusal
from handlers.staff.console import CONSOLE, Console
from handlers.staff.guard import BEFORE_COOKIE, CSRF_FIELD, SESSION_COOKIE, new_before_cookie
from handlers.staff.page import BASE, Flash
from handlers.staff.rendering import refusal_text

_HASHING = asyncio.Semaphore(2)
"""Each hash takes 64 MiB and tens of milliseconds of a core."""


def routes() -> list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]]:
    return [
        ("GET", "/sign-in", show),
        ("POST", "/sign-in", sign_in),
        ("POST", "/sign-out", sign_out),
    ]


async def show(request: web.Request) -> web.StreamResponse:
    return _form_page(request, login="", sentence="", status=200)


async def sign_in(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]
    form = {name: str(value) for name, value in (await request.post()).items()}
    login = form.get("login", "")
    if not console.guard.before_is_ours(request, form.get(CSRF_FIELD, "")):
        return _form_page(request, login, refusal_text(Refusal("page.stale")), 403)
    try:
        attempt = await asyncio.to_thread(_start, console, login)
        async with _HASHING:
            fits = await asyncio.to_thread(attempt.password_fits, form.get("password", "")[:200])
        token = await asyncio.to_thread(_finish, console, attempt, fits, form.get("totp", ""))
    except Refusal as refusal:
        status = 429 if refusal.code == "tries.locked" else 401
        return _form_page(request, login, refusal_text(refusal), status)
    response = web.Response(status=303, headers={"Location": _local(request.query.get("next", ""))})
    console.guard.sign_in(response, token)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]
    form = await request.post()
    if not console.guard.form_is_ours(request, str(form.get(CSRF_FIELD, ""))):
        return web.Response(status=303, headers={"Location": f"{BASE}/"})
    await asyncio.to_thread(_close, console, request.cookies.get(SESSION_COOKIE, ""))
    response = web.Response(status=303, headers={"Location": f"{BASE}/sign-in"})
    console.guard.sign_out(response)
    console.guard.set_flash(response, Flash("signed_out"))
    return response


def _form_page(request: web.Request, login: str, sentence: str, status: int) -> web.StreamResponse:
    console = request.app[CONSOLE]
    cookie = request.cookies.get(BEFORE_COOKIE) or new_before_cookie()
    flash = console.guard.take_flash(request)
    html = console.templates.get_template("sign_in.html").render(
        csrf=console.guard.before_token(cookie),
        city=console.settings.city,
        login=login[:40],
        sentence=sentence,
        next=request.query.get("next", ""),
        flash=flash,
    )
    response = web.Response(text=html, status=status, content_type="text/html")
    console.guard.mark_before(response, cookie)
    if flash is not None:
        console.guard.clear_flash(response)
    return response


def _start(console: Console, login: str) -> Attempt:
    with console.database.begin() as session:
        return start_attempt(session, login, console.clock.now())


def _finish(console: Console, attempt: Attempt, fits: bool, totp: str) -> str:
    if not fits:
        raise Refusal("staff.sign_in_wrong")
    now = console.clock.now()
    with console.database.begin() as session:
        member_id = finish_attempt(session, attempt, totp, now)
        record_action(session, attempt.login, "account.sign_in", "", now)
        return open_session(session, member_id, now)


def _close(console: Console, token: str) -> None:
    with console.database.begin() as session:
        close_session(session, token)


def _local(path: str) -> str:
    """Only pages of the console; anything else leads to its front."""
    inside = path.startswith(f"{BASE}/") and "\\" not in path and "//" not in path
    return path if inside and path.isprintable() else f"{BASE}/"
