"""Runs a turn: one message, one transaction, one answer, however often it is delivered.

* Repeats in this process wait for the run that is under way; repeats elsewhere meet the unique
  key of the inbox row and get the stored answer.
* The answer, the conversation's state, what the handler changed and every notice it caused
  commit together. A process that is killed before has done nothing; one that is killed after
  has done all, and the repeat gets the stored answer.
* When WeChat's five seconds are nearly over, `success` goes out, and the answer is put into the
  outbox in the same transaction as its effect. Which of both it is, is decided once, under a
  lock, just before the commit.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, cast

import structlog
from sqlalchemy import Table, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot import form
from bot.conversation import respond, was_only_an_answer
from bot.message import Inbound
from bot.models import Conversation, InboxRow
from bot.reply import Rendered, Reply, Text, render
from bot.turn import Services, Turn
from config.texts import text
from credit_core.accounts.models import Follower
from credit_core.clock import Clock
from credit_core.crypto import keyring
from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.ids import new_id

log = structlog.get_logger("bot.turns")

ANSWER_WITHIN = 4.3
"""Seconds after which `success` goes out and the answer follows by itself (WeChat cuts at 5)."""
PHOTO_WITHIN = 3.0
TRIES = 3
KEEP_INBOX = timedelta(days=7)

OPENS_WINDOW = {"subscribe", "scan", "click", "scancode_push", "scancode_waitmsg"}
FOLLOWS = OPENS_WINDOW | {"view"}
"""Only somebody who follows can cause these (or a message)."""
OF_PEOPLE = FOLLOWS | {
    "unsubscribe",
    "location",
    "location_select",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "view_miniprogram",
    "subscribe_msg_popup_event",
}
"""Their sender is a person, known before or not. Other events come from WeChat's own senders
(`mphelper`), the account, or other products: nobody becomes a follower by them."""


_INBOX = cast(Table, inspect(InboxRow).local_table)


class LateAnswers(Protocol):
    """How an answer that missed the five seconds, or did not fit, still reaches the person."""

    def __call__(
        self,
        session: Session,
        *,
        follower_id: int,
        texts: list[str],
        key: str,
        now: datetime,
    ) -> object: ...


@dataclass(slots=True)
class _Run:
    """One run of one message in this process, shared by its repeats."""

    future: asyncio.Future[str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    late: bool = False
    committing: bool = False

    def give_up_waiting(self) -> bool:
        """True when the answer will now take the other way; False: it is about to come."""
        with self.lock:
            if not self.committing:
                self.late = True
            return self.late

    def begin_commit(self) -> bool:
        """Called just before the commit; True when the answer must take the other way."""
        with self.lock:
            self.committing = True
            return self.late


class Turns:
    """:param fetch_photo: downloads a media id's bytes, bounded; None when it cannot be had.
    :param answer_late: puts texts into the outbox in the given session.
    :param committed: told after every commit, so that the dispatcher wakes up at once.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        services: Services,
        fetch_photo: Callable[[str], Awaitable[bytes | None]],
        answer_late: LateAnswers,
        committed: Callable[[], None] = lambda: None,
        threads: int = 8,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self._database = database
        self._clock = clock
        self._services = services
        self._fetch_photo = fetch_photo
        self._answer_late = answer_late
        self._committed = committed
        self._answer_within = answer_within
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._running: dict[bytes, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, inbound: Inbound) -> str:
        """Clear XML to answer with, or ``""`` for `success`."""
        if inbound.kind == "unknown" or (not inbound.openid and inbound.kind != "event"):
            # A push to another product (component tickets, WeCom suites): nobody spoke.
            return ""
        run = self._running.get(inbound.key)
        if run is None:
            loop = asyncio.get_running_loop()
            run = self._running[inbound.key] = _Run(loop.create_future())
            task = loop.create_task(self._work(inbound, run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        done, _pending = await asyncio.wait({run.future}, timeout=self._answer_within)
        if not done and run.give_up_waiting():
            log.warning("answer_late", kind=inbound.kind)
            return ""
        return await asyncio.shield(run.future)

    async def close(self) -> None:
        """Let running turns end; what has not begun is WeChat's to repeat."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)
        self._threads.shutdown(wait=True)

    async def _work(self, inbound: Inbound, run: _Run) -> None:
        try:
            media = None
            if inbound.kind == "image" and inbound.media_id:
                media = await self._photo(inbound)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._process, inbound, media, run)
            run.future.set_result("" if run.late else answer)
            self._committed()
        except Exception:
            # Nothing of the turn was kept; the person is asked to try again.
            log.exception("turn_failed", kind=inbound.kind, what=inbound.event)
            run.future.set_result(self._apology(inbound))
        finally:
            self._running.pop(inbound.key, None)

    async def _photo(self, inbound: Inbound) -> bytes | Refusal | None:
        """The photo; a refusal that tells the person why not; None when it can be tried again."""
        try:
            return await asyncio.wait_for(self._fetch_photo(inbound.media_id), PHOTO_WITHIN)
        except Refusal as refusal:
            return refusal
        except Exception as error:  # noqa: BLE001  Whatever the network did, the turn goes on.
            log.warning("photo_not_fetched", error=type(error).__name__)
            return None

    def _apology(self, inbound: Inbound) -> str:
        if inbound.kind == "event" and inbound.event not in {"click", "subscribe"}:
            return ""
        return render(Text(text("common", "fault")), inbound, self._clock.now()).xml

    def _process(self, inbound: Inbound, media: bytes | Refusal | None, run: _Run) -> str:
        for attempt in range(TRIES):
            try:
                return self._transaction(inbound, media, run)
            except (IntegrityError, OperationalError):
                # Another process had the same message or the same new follower, or the
                # database was busy: looking again finds the stored answer or succeeds.
                if attempt == TRIES - 1:
                    raise
                with run.lock:
                    run.committing = False
        raise AssertionError("unreachable")

    def _transaction(self, inbound: Inbound, media: bytes | Refusal | None, run: _Run) -> str:
        now = self._clock.now()
        with self._database.begin() as session:
            row = InboxRow(id=new_id(), key=inbound.key, received_at=now)
            if not _is_first(session, row):
                run.begin_commit()
                stored = session.scalars(select(InboxRow).where(InboxRow.key == inbound.key)).one()
                return stored.answer or ""
            follower = _follower(session, inbound, now)
            if follower is None:
                self._nobodys_event(session, inbound, now)
                return ""
            rendered = self._turn(session, follower, inbound, media, now)
            texts = list(rendered.following)
            row.answer = rendered.xml or None
            if run.begin_commit() and rendered.texts:
                texts, row.answer = list(rendered.texts), None
            if row.answer_sealed is not None:
                session.execute(
                    update(_INBOX)
                    .where(_INBOX.c.id == row.id)
                    .values(answer_sealed=row.answer_sealed)
                )
            if texts:
                self._answer_late(
                    session,
                    follower_id=follower.id,
                    texts=texts,
                    key=f"reply:{inbound.key.hex()}",
                    now=now,
                )
            return rendered.xml

    def _nobodys_event(self, session: Session, inbound: Inbound, now: datetime) -> None:
        handler = self._services.routes.events.get(inbound.event)
        # Somebody who leaves and has no name was never here.
        if handler is not None and inbound.event not in OF_PEOPLE:
            nobody = Follower(openid="", following=False)
            handler(Turn(session, now, inbound, nobody, self._services))

    def _turn(
        self,
        session: Session,
        follower: Follower,
        inbound: Inbound,
        media: bytes | Refusal | None,
        now: datetime,
    ) -> Rendered:
        kept = session.scalar(select(Conversation).where(Conversation.follower_id == follower.id))
        state = kept.state if kept else {}
        turn = Turn(
            session=session,
            now=now,
            inbound=inbound,
            follower=follower,
            services=self._services,
            context=state.get("context", {}),
            open_form=state.get("form"),
            media=media,
        )
        idle = now - kept.changed_at if kept else timedelta(0)
        reply = _resumed(turn, idle)
        after = {"context": turn.context, "form": turn.open_form}
        if kept is None:
            kept = Conversation(follower_id=follower.id, changed_at=now)
            kept.state = after
            session.add(kept)
        elif inbound.kind != "event" or after != kept.state:
            kept.state = after
            kept.changed_at = now
        log.info(
            "turn",
            kind=inbound.kind,
            what=inbound.event,
            intent=turn.understood.intent if turn.understood else "",
            who=keyring().pseudonym(follower.openid),
        )
        return render(reply, inbound, now)


def _is_first(session: Session, row: InboxRow) -> bool:
    """Write the inbox row; False when the message has taken effect already.

    One statement asks and writes. Where another process has the same message under way,
    PostgreSQL waits here for its end; SQLite has waited at the beginning of the transaction.
    """
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    written = session.execute(
        make(_INBOX)
        .values(id=row.id, key=row.key, received_at=row.received_at)
        .on_conflict_do_nothing(index_elements=[_INBOX.c.key])
        .returning(_INBOX.c.id)
    )
    return written.scalar_one_or_none() is not None


def _resumed(turn: Turn, idle: timedelta) -> Reply:
    """Respond; first say where we were when the form has rested for a day or a week."""
    silent = turn.inbound.kind == "event" and turn.inbound.event != "click"
    outlived = None if silent else form.outlived(turn)
    if outlived is not None:
        reply = respond(turn)
        return (
            Text(f"{outlived}\n{reply.content}", reply.choices)
            if isinstance(reply, Text)
            else reply
        )
    found = form.current(turn)
    if found is None or idle < form.RESUME_AFTER or silent:
        return respond(turn)
    title = found[0].title
    if idle >= form.ENDS_AFTER:
        turn.open_form = None
        line = text("form", "ended", title=title)
    else:
        line = text("form", "resumed", title=title)
    reply = respond(turn)
    if idle >= form.ENDS_AFTER:
        turn.context.setdefault("left", {"name": found[0].name, "answers": {}})
    if idle >= form.ENDS_AFTER and was_only_an_answer(turn):
        return Text(line, found[0].elsewhere)
    if turn.open_form is not None:
        reply = _with_step(turn, reply)
    if isinstance(reply, Text):
        # 接着来 was said, and the line says it already.
        told = reply.content.removeprefix(text("form", "go_on", title=title)).lstrip("\n")
        return Text(f"{line}\n{told}", reply.choices)
    return reply


def _with_step(turn: Turn, reply: Reply) -> Reply:
    """With the question that the form waits with, where the reply does not hold it anyway."""
    question = form.prompt(turn)
    if not isinstance(reply, Text) or question.content in reply.content:
        return reply
    labels = {choice.label for choice in question.choices}
    others = (choice for choice in reply.choices if choice.label not in labels)
    return Text(f"{reply.content}\n{question.content}", (*question.choices, *others))


def _follower(session: Session, inbound: Inbound, now: datetime) -> Follower | None:
    """The follower, locked until the end of the turn, with the reply window brought up to date;
    None for an event that is not a person's.

    Locking first and reading the conversation's state after keeps two messages of one person
    from overwriting each other.
    """
    if not inbound.openid:
        return None
    wanted = select(Follower).where(Follower.openid == inbound.openid).with_for_update()
    follower = session.scalar(wanted)
    if follower is None and inbound.kind == "event" and inbound.event not in OF_PEOPLE:
        return None
    if follower is None:
        follower = Follower(openid=inbound.openid, following=False, window_used=0)
        session.add(follower)
        session.flush()
    if not follower.following and (inbound.kind != "event" or inbound.event in FOLLOWS):
        follower.following, follower.followed_at, follower.unreachable = True, now, False
    if inbound.kind != "event":
        follower.window_kind, follower.window_opened_at = "message", now
        follower.window_used = 0
    elif inbound.event in OPENS_WINDOW and not (
        follower.window_kind == "message"
        and follower.window_opened_at is not None
        and now - follower.window_opened_at < timedelta(hours=48)
        and follower.window_used < 5
    ):
        follower.window_kind, follower.window_opened_at = "tap", now
        follower.window_used = 0
    return follower
