"""Dialogues written as data: who talks, what they say and tap, what must (not) be answered.

See ``dialogues/README.md`` for the format. ``python -m tests.handlers.chat.dialogue [NAME]``
prints the talks as they read on the phone.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import func, select

from bot.models import Conversation, NotUnderstood
from bot.turn import Services
from config.data import read
from config.texts import text
from credit_core.accounts.codes import issue_code
from credit_core.accounts.models import Binding, Consent, Follower
from credit_core.clock import SHANGHAI, FixedClock
from credit_core.commitments.models import Commitment
from credit_core.database import Database
from credit_core.objections.models import Objection
from credit_core.offers.models import Coupon
from credit_core.repair.models import RepairCase
from credit_core.subjects.models import Subject
from credit_core.tipoffs.models import TipOff
from notices.models import ReminderSetting, StaffTask
from tests.bot.talk import Talk
from tests.handlers.chat import people

HOME = Path(__file__).parent / "dialogues"
LONGEST, LONGEST_LIST, LONGEST_LINES = 240, 420, 22
"""Characters without choices and links; above, only lists and texts that the law prescribes."""
PHOTOS = {
    "红": people.picture("red"),
    "白": people.picture("white"),
    "蓝": people.picture("blue"),
    "坏": b"this is not a photo",
}
COUNTED: dict[str, Callable[[], Any]] = {
    "objections": lambda: select(func.count()).select_from(Objection),
    "repairs": lambda: select(func.count()).select_from(RepairCase),
    "coupons": lambda: select(func.count()).select_from(Coupon),
    "commitments": lambda: select(func.count()).select_from(Commitment),
    "tip_offs": lambda: select(func.count()).select_from(TipOff),
    "tasks": lambda: select(func.count()).select_from(StaffTask),
    "not_understood": lambda: select(func.count()).select_from(NotUnderstood),
    "bindings": lambda: select(func.count()).select_from(Binding).where(Binding.until.is_(None)),
    "consents": lambda: (
        select(func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))
    ),
    "reminders": lambda: (
        select(func.count()).select_from(ReminderSetting).where(ReminderSetting.on.is_(True))
    ),
    "elderly": lambda: (
        select(func.count()).select_from(Follower).where(Follower.elderly_mode.is_(True))
    ),
}
_LINK = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^"&]*)&msgmenuid=([^"]*)">')
_ANY_LINK = re.compile(r"<a [^>]*>|</a>")
_NUMBERED = re.compile(r"^(?:\d+\.|第\d+条|·) ?", re.MULTILINE)
_HALF = re.compile(r"[\u4e00-\u9fff”】}][,;:!?()]|[,;:!?()][\u4e00-\u9fff“【{]")
_BROKEN = re.compile(r"None|Traceback|\{[a-z_]*\}|\[\]|，，|。。|；；|：：|，。|；。|。，")


@dataclass
class Script:
    """One dialogue of a file."""

    name: str
    who: str
    setup: Mapping[str, Any]
    turns: list[Mapping[str, Any]]
    after: Mapping[str, int]
    file: str = ""
    printed: list[str] = field(default_factory=list)


def scripts() -> list[Script]:
    found = []
    for path in sorted(HOME.glob("*.yaml")):
        for one in read(path):
            unknown = set(one) - {"name", "who", "setup", "turns", "after"}
            assert not unknown, f"{path.name}: {one.get('name')}: {unknown}"
            found.append(
                Script(
                    one["name"],
                    one.get("who", "王秀英"),
                    one.get("setup") or {},
                    one["turns"],
                    one.get("after") or {},
                    path.stem,
                )
            )
    names = [script.name for script in found]
    assert len(names) == len(set(names)), "two dialogues have the same name"
    return found


def play(
    script: Script, database: Database, services: Services, *, to_the_end: bool = False
) -> None:
    """Talk as the script says.

    :param to_the_end: print what is not as written and go on, instead of stopping there.
    :raises AssertionError: with the whole talk so far.
    """
    wrong = 0
    clock = FixedClock(_moment(script.setup.get("at", "2026-11-23 10:00")))
    talk = Talk(database, clock, services, "openid_of_a_dialogue", PHOTOS)
    code = _prepare(script, database, talk, clock)
    last, before = "", ""
    for turn in script.turns:
        try:
            if "wait" in turn:
                talk.wait(**turn["wait"])
                script.printed.append(f"  …… {turn['wait']}")
                continue
            last, before = _act(script, talk, turn, last, code), last
            _check_answer(turn, last, before, services)
        except AssertionError as error:
            if not to_the_end:
                raise AssertionError("\n".join([*script.printed, "", str(error)])) from None
            wrong += 1
            script.printed.append(f"  !!!! {error}")
    _check_after(script, database)
    assert not wrong, "\n".join([*script.printed, "", f"{wrong} answers"])


def _moment(value: str) -> datetime:
    local = datetime.strptime(str(value), "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    return local.astimezone(UTC)


def _prepare(script: Script, database: Database, talk: Talk, clock: FixedClock) -> str:
    """The register, the records, the binding; returns the binding code of the pharmacy."""
    at, code = clock.current, ""
    setup, known = script.setup, people.KNOWN
    subject_id = 0
    if script.who in known:
        subject_id = people.resident(database, script.who, known[script.who])
    for number, row in enumerate(setup.get("records", []), 1):
        _record(database, subject_id, row, number)
    if "off_register" in setup:
        with database.begin() as session:
            session.get_one(Subject, subject_id).ended_on = setup["off_register"]
    if setup.get("pharmacy") is not None:
        pharmacy_id = people.pharmacy(database)
        for number, row in enumerate(setup["pharmacy"].get("records", []), 31):
            _record(database, pharmacy_id, row, number)
        with database.begin() as session:
            code = issue_code(session, pharmacy_id, by="test", now=at).code
    if setup.get("bound"):
        for line in ("绑定", "同意", "本人", script.who, known[script.who]):
            talk.say(line)
    if (setup.get("pharmacy") or {}).get("bound"):
        for line in ("绑定药店", "同意", people.PHARMACY, code):
            talk.say(line)
    clock.current = at
    return code


def _record(database: Database, subject_id: int, row: list[Any], number: int) -> None:
    item, decided, *detail = row
    people.record(
        database,
        subject_id,
        item,
        decided,
        f"示医保〔{decided.year}〕{number}号",
        detail[0] if detail else "",
    )


def _act(script: Script, talk: Talk, turn: Mapping[str, Any], last: str, code: str) -> str:
    late = len(talk.late)
    if "say" in turn:
        words = str(turn["say"]).replace("<证件号>", people.KNOWN.get(script.who, ""))
        words = words.replace("<药店代码>", people.PHARMACY).replace("<绑定码>", code)
        shown, answer = words, talk.say(words)
    elif "tap" in turn:
        shown, answer = f"［{turn['tap']}］", talk.tap(last, str(turn["tap"]))
    elif "menu" in turn:
        shown, answer = f"〔菜单〕{turn['menu']}", talk.menu(str(turn["menu"]))
    elif "photo" in turn:
        shown, answer = f"[图片]{turn['photo']}", talk.photo(str(turn["photo"]))
    elif "kind" in turn:
        shown, answer = f"[{turn['kind']}]", talk.kind(str(turn["kind"]))
    else:
        shown, answer = str(turn["event"]), talk.event(str(turn["event"]))
    script.printed += ["", f"  > {shown}", readable(answer), *talk.late[late:]]
    return "\n".join([answer, *talk.late[late:]])


def readable(answer: str) -> str:
    """As on the phone: choices in brackets."""
    marked = _LINK.sub("▸", answer)
    return _ANY_LINK.sub("", marked) or "（没有文字）"


def _check_answer(turn: Mapping[str, Any], answer: str, before: str, services: Services) -> None:
    plain = readable(answer)
    for wanted in _list(turn.get("expect")):
        alternatives = str(wanted).split("|")
        assert any(one in plain for one in alternatives), f"expected: {wanted}"
    for unwanted in _list(turn.get("never")):
        assert str(unwanted) not in plain, f"not expected: {unwanted}"
    offered = [unquote(label) for label, _id in _LINK.findall(answer)]
    for label in _list(turn.get("offers")):
        assert label in offered, f"not offered: {label}, but {offered}"
    if "silent" in turn:
        assert answer == "", "nothing was to be answered"
        return
    words = _words(plain)
    assert not _HALF.search(words), f"half-width punctuation: {_HALF.search(words)}"
    assert not _BROKEN.search(words), f"broken: {_BROKEN.search(words)}"
    assert len(answer.encode()) <= 2048 or turn.get("long"), "longer than one message"
    if not turn.get("long"):
        most = LONGEST_LIST if _NUMBERED.search(words) else LONGEST
        assert len(words) <= most, f"{len(words)} characters"
        assert len(plain.splitlines()) <= LONGEST_LINES, "too many lines"
    if "tap" in turn or "menu" in turn:
        assert text("common", "unknown").splitlines()[0] not in plain, "a choice led nowhere"
    assert len(offered) == len(set(offered)), f"a choice twice: {offered}"
    for _label, key in _LINK.findall(answer):
        head, _, value = unquote(key).partition(":")
        known = head in services.routes.taps or (
            head == "intent" and value in services.routes.intents
        )
        assert known or head in FORM_CHOICES, f"nobody answers {key}"


FORM_CHOICES = {"answer", "who", "record", "binding", "photos", "commitment", "pick", "form"}


def _words(plain: str) -> str:
    return "\n".join(line for line in plain.splitlines() if not line.startswith("▸"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _check_after(script: Script, database: Database) -> None:
    with database.read() as session:
        for name, wanted in script.after.items():
            if name == "open_form":
                kept = session.scalars(select(Conversation)).one()
                form = kept.state.get("form")
                assert (form["name"] if form else None) == wanted, "\n".join(
                    [*script.printed, f"open form: {form}"]
                )
                continue
            found = session.scalar(COUNTED[name]())
            assert found == wanted, "\n".join(
                [*script.printed, f"{name}: {found} instead of {wanted}"]
            )


def _print(wanted: str) -> None:
    """Print talks without a test run."""
    import structlog

    import bot.schema  # noqa: F401
    from bot.understanding import Understander
    from bot.wiring import subscribers
    from credit_core.crypto import Keyring, install_keyring
    from credit_core.database import Base
    from credit_core.evidence.store import EvidenceStore
    from handlers.chat import make_routes
    from tests.bot import account

    structlog.configure(processors=[lambda _l, _n, _e: (_ for _ in ()).throw(structlog.DropEvent)])
    install_keyring(Keyring("unit-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"))
    understander = Understander.load()
    bad = 0
    for script in scripts():
        if wanted not in script.name and wanted != script.file:
            continue
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            database = Database(f"sqlite:///{home / 'd.sqlite3'}", subscribers=subscribers("demo"))
            Base.metadata.create_all(database.engine)
            services = Services(
                account.settings(var_dir=home),
                understander,
                EvidenceStore(home / "evidence"),
                make_routes(understander),
            )
            print(f"\n######## {script.file}: {script.name}")
            try:
                play(script, database, services, to_the_end=True)
            except AssertionError as error:
                bad += 1
                print(f"{error}\n!!!!!!!! NOT AS WRITTEN")
            else:
                print("\n".join(script.printed))
            database.dispose()
    print(f"\n{bad} not as written")


if __name__ == "__main__":
    _print(sys.argv[1] if len(sys.argv) > 1 else "")
