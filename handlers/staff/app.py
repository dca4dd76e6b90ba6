"""The console as an aiohttp application, to be mounted at ``/staff``.

Every route is a :class:`~handlers.staff.page.Page` with its roles, or one of the few public
ones (signing in, own styles). A page's function crosses to a database thread once, with its
template; what it refuses is rolled back and told in a kind sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import web

from config.settings import Settings
from credit_core.accounts.sessions import touch_session
from credit_core.clock import Clock
from credit_core.database import Database
from credit_core.errors import NotFoundError, Refusal
from handlers.staff import menu, signin
from handlers.staff.console import CONSOLE, Console
from handlers.staff.guard import CSRF_FIELD, SESSION_COOKIE, Guard
from handlers.staff.page import (
    BASE,
    Answer,
    Download,
    Flash,
    Member,
    Page,
    Redirect,
    Shown,
    Started,
    Upload,
    Visit,
)
from handlers.staff.pages import all_pages
from handlers.staff.rendering import HERE, STATIC, refusal_text, tune
from handlers.static import file_response

log = structlog.get_logger("staff")

UPLOAD_LIMIT = 12 * 1024 * 1024
"""Bytes of one form with its pictures; WeChat takes pictures up to 10 MB."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Done:
    """What came out of the database thread."""

    answer: Answer | None
    html: str = ""
    status: int = 200
    flash: Flash | None = None
    touch: bool = False


PAGES = web.AppKey("pages", dict[tuple[str, str], Page])
PUBLIC = web.AppKey("public", frozenset[tuple[str, str]])


def staff_app(database: Database, clock: Clock, settings: Settings) -> web.Application:
    """The console. Mount it with ``root.add_subapp("/staff", staff_app(…))`` and serve the
    vendor files with :func:`handlers.static.add_vendor_routes` on the root.

    :raises SettingsError: ``MEDCREDIT_SECRET_KEY`` is too short to sign forms with.
    """
    app = web.Application(client_max_size=UPLOAD_LIMIT, middlewares=[_kindly])
    templates = aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(HERE / "templates"))
    tune(templates)
    app[CONSOLE] = Console(database, clock, settings, Guard(settings), templates)
    pages: dict[tuple[str, str], Page] = {}
    for page in all_pages():
        app.router.add_route(page.method, page.path, _served(page))
        pages[page.method, page.path] = page
    app[PAGES] = pages
    public: set[tuple[str, str]] = set()
    for method, path, handler in (*signin.routes(), ("GET", "/static/{name}", _own_file)):
        app.router.add_route(method, path, handler)
        public.add((method, path))
    app[PUBLIC] = frozenset(public)
    return app


# --- one request ------------------------------------------------------------------------------


def _served(page: Page) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        console = request.app[CONSOLE]
        if page.largest:
            if SESSION_COOKIE not in request.cookies:
                return _to_sign_in(request)
            request = request.clone(client_max_size=page.largest)
        fields, files = await _form(request) if page.method == "POST" else ({}, {})
        done = await asyncio.to_thread(_run, console, page, request, fields, files)
        if done.touch:
            await asyncio.to_thread(_touch, console, request.cookies[SESSION_COOKIE])
        if isinstance(done.answer, Started):
            work = done.answer.work
            asyncio.get_running_loop().run_in_executor(None, work, console.database)
        return _respond(console, request, done)

    return serve


def _run(
    console: Console,
    page: Page,
    request: web.Request,
    fields: dict[str, list[str]],
    files: dict[str, Upload],
) -> _Done:
    """In the database thread: who asks, may they, the page, its template."""
    now = console.clock.now()
    begin = console.database.begin if page.writes else console.database.read
    member: Member | None = None
    touch = False
    try:
        with begin() as session:
            known = console.guard.recognise(session, request, now)
            if known is None:
                return _Done(None)
            member, touch = known
            if not member.roles & page.roles:
                raise _NotAllowed
            if page.method == "POST":
                token = fields.get(CSRF_FIELD, [""])[0]
                if not console.guard.form_is_ours(request, token):
                    raise _Stale
            visit = Visit(
                session=session,
                member=member,
                now=now,
                settings=console.settings,
                params=dict(request.match_info),
                query=dict(request.query),
                form=fields,
                files=files,
                ip=request.remote or "",
            )
            answer = page.action(visit)
            html, flash = _filled(console, request, page, visit, answer)
            status = answer.status if isinstance(answer, Shown) else 200
            return _Done(answer, html, status, flash, touch)
    except (Refusal, NotFoundError) as error:
        return _refused(console, request, page, member, error)


def _filled(
    console: Console, request: web.Request, page: Page, visit: Visit, answer: Answer
) -> tuple[str, Flash | None]:
    if not isinstance(answer, Shown):
        return "", None
    flash = console.guard.take_flash(request)
    html = console.templates.get_template(answer.template).render(
        _frame(console, request, visit.member, page.nav)
        | {"flash": flash, "now": visit.now, "today": visit.today}
        | dict(answer.context)
    )
    return html, flash


def _refused(
    console: Console,
    request: web.Request,
    page: Page,
    member: Member | None,
    error: Refusal | NotFoundError,
) -> _Done:
    """A refused form leads back to where it was filled, with the sentence; a refused page says
    it in its place."""
    if isinstance(error, Refusal) and page.method == "POST" and not isinstance(error, _Whole):
        sentence = refusal_text(error)
        flash = Flash("plain", {"sentence": sentence}, "danger")
        return _Done(Redirect(_page_before(request), flash))
    status = error.status if isinstance(error, _Whole) else 404
    sentence = refusal_text(error) if isinstance(error, Refusal) else ""
    html = error_page(console, request, status, member, sentence)
    return _Done(Shown("error.html"), html, status)


def _respond(console: Console, request: web.Request, done: _Done) -> web.StreamResponse:
    answer = done.answer
    if answer is None:
        return _to_sign_in(request)
    if isinstance(answer, Redirect | Started):
        moved = web.Response(status=303, headers={"Location": BASE + answer.path})
        if answer.flash is not None:
            console.guard.set_flash(moved, answer.flash)
        return moved
    if isinstance(answer, Download):
        kind = "inline" if answer.inline else "attachment"
        disposition = f"{kind}; filename*=UTF-8''{quote(answer.filename)}"
        return web.Response(
            body=answer.body,
            content_type=answer.content_type,
            headers={"Content-Disposition": disposition},
        )
    shown = web.Response(
        text=done.html, status=done.status, content_type="text/html", headers=answer.headers
    )
    if done.flash is not None:
        console.guard.clear_flash(shown)
    return shown


def _to_sign_in(request: web.Request) -> web.StreamResponse:
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Redirect": f"{BASE}/sign-in"})
    after = request.path_qs if request.method == "GET" else ""
    return web.Response(
        status=303, headers={"Location": f"{BASE}/sign-in?next={quote(after, safe='')}"}
    )


def _page_before(request: web.Request) -> str:
    """The console page that the form stood on, without the mount point."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc == request.host and referer.path.startswith(f"{BASE}/"):
        query = f"?{referer.query}" if referer.query else ""
        return referer.path.removeprefix(BASE) + query
    return "/"


def _touch(console: Console, token: str) -> None:
    with console.database.begin() as session:
        touch_session(session, token, console.clock.now())


def _frame(
    console: Console, request: web.Request, member: Member | None, nav: str
) -> dict[str, object]:
    """What the layout shows around every page."""
    return {
        "me": member,
        "city": console.settings.city,
        "csrf": console.guard.form_token(request),
        "menu": menu.entries_for(member) if member else [],
        "nav": nav,
        "flash": None,
    }


async def _form(request: web.Request) -> tuple[dict[str, list[str]], dict[str, Upload]]:
    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            content = value.file.read()
            if value.filename and content:
                files[name] = Upload(value.filename, content)
        else:
            fields.setdefault(name, []).append(str(value))
    return fields, files


# --- errors, kindly ---------------------------------------------------------------------------


class _Whole(Refusal):
    """A refusal that fills a page of its own."""

    status = 403


class _NotAllowed(_Whole):
    def __init__(self) -> None:
        super().__init__("page.not_allowed")


class _Stale(_Whole):
    def __init__(self) -> None:
        super().__init__("page.stale")


def error_page(
    console: Console, request: web.Request, status: int, member: Member | None, sentence: str = ""
) -> str:
    """A page that says what happened and what to do next."""
    kind = {404: "404", 403: "403", 413: "413"}.get(status, "500" if status >= 500 else "400")
    return console.templates.get_template("error.html").render(
        _frame(console, request, member, "") | {"kind": kind, "sentence": sentence}
    )


@web.middleware
async def _kindly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Security headers on everything, and no trace on any page."""
    # The middleware also runs for a route that is not there; then the root is the app.
    console = request.config_dict[CONSOLE]
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _error_response(console, request, error.status)
    except Exception:
        log.exception("a page of the console failed", method=request.method)
        response = _error_response(console, request, 500)
    if not response.prepared:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _error_response(console: Console, request: web.Request, status: int) -> web.Response:
    html = error_page(console, request, status, None)
    return web.Response(text=html, status=status, content_type="text/html")


async def _own_file(request: web.Request) -> web.StreamResponse:
    path = STATIC / request.match_info["name"]
    if path.parent != STATIC or path.suffix not in {".css", ".js"} or not path.is_file():
        raise web.HTTPNotFound
    return file_response(request, path)
