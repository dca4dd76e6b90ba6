"""Synthetic people for `medcredit demo`: nobody here is real.

The demo makes its own secrets under ``var/demo`` and fills an empty database once; everything
else is the product as it runs in a city.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from stdnum.cn.ric import calc_check_digit

from bot.sandbox import TemplateSpec
from config.data import read
from config.settings import DATA, Settings, SettingsError, load_settings
from config.texts import text
from credit_core.accounts.models import StaffRole
from credit_core.accounts.staff import create_member
from credit_core.clock import local_day
from credit_core.database import Database
from credit_core.knowledge.library import Library
from credit_core.records.service import add_record
from credit_core.scoring.bulk import rescore
from credit_core.subjects.identifiers import credit_check_sign, organisation_check_sign
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.subjects.service import register_subject
from notices import plans

MOUNT = "/sandbox"


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whose phone can be picked in the sandbox."""

    key: str
    name: str
    openid: str
    about: str


def demo_settings(port: int, var_dir: Path) -> Settings:
    """Settings of the demo: its own secrets, kept in ``var/demo/secrets.json``.

    :raises SettingsError: the folder cannot be written, or the secrets cannot be read.
    """
    kept = _secrets(var_dir / "demo" / "secrets.json")
    kept.pop("password")
    base = f"http://127.0.0.1:{port}"
    return load_settings(
        database_url=f"sqlite:///{var_dir / 'demo' / 'medcredit.sqlite3'}",
        var_dir=var_dir / "demo",
        public_url=base,
        wechat_api_base=f"{base}{MOUNT}/platform",
        wechat_oauth_base=f"{base}{MOUNT}/platform",
        **kept,
    )


def _secrets(file: Path) -> dict[str, str]:
    try:
        if not file.is_file():
            _make_secrets(file)
        if not os.access(file.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file.parent} cannot be written ({error.strerror}): make it writable, or choose "
            "another folder with --state."
        ) from None
    except ValueError:
        raise SettingsError(
            f"{file} is damaged: remove the folder {file.parent} and start again."
        ) from None
    return kept


def _make_secrets(file: Path) -> None:
    """Whole or not at all: a kill in between must not leave half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    made = {
        "secret_key": secrets.token_urlsafe(40),
        "data_key": secrets.token_urlsafe(40),
        "wechat_secret": secrets.token_hex(16),
        "wechat_token": "".join(secrets.choice(letters) for _ in range(24)),
        "wechat_aes_key": "".join(secrets.choice(letters) for _ in range(43)),
        "wechat_appid": "wx" + secrets.token_hex(8),
        "password": "yixintong-" + secrets.token_hex(3),
    }
    half = file.with_suffix(".new")
    half.write_text(json.dumps(made), encoding="utf-8")
    half.chmod(0o600)
    half.replace(file)


def demo_password(var_dir: Path) -> str:
    file = var_dir / "demo" / "secrets.json"
    password: str = json.loads(file.read_text(encoding="utf-8"))["password"]
    return password


def personas(today: date) -> list[Persona]:
    """Whose phones there are; what a person types when binding stands in the description."""
    data = _data()
    found = []
    for person in [*data["residents"], data["outsider"]]:
        number = identity_number(data["region"], _born(person, today), person["sequence"])
        about = f"{person['about']}。身份证号 {number}"
        found.append(Persona(person["key"], person["name"], f"demo_{person['key']}", about))
    for place in data["institutions"]:
        code = credit_code(data["region"], place["organisation"])
        about = f"{place['about']}。统一社会信用代码 {code}"
        found.append(Persona(place["key"], place["name"], f"demo_{place['key']}", about))
    for phone in data["staff_phones"]:
        key = phone["key"]
        found.append(Persona(key, phone["name"], f"demo_{key}", phone["about"]))
    return found


def fill(database: Database, now: datetime, password: str) -> bool:
    """Put the synthetic city into an empty database; False when there is one already."""
    data, today = _data(), local_day(now)
    with database.begin() as session:
        if session.scalar(select(func.count()).select_from(Subject)):
            return False
        number = 0
        for person in data["residents"]:
            identity = identity_number(data["region"], _born(person, today), person["sequence"])
            subject = register_subject(
                session,
                SubjectKind.RESIDENT,
                identity,
                person["name"],
                on=today - timedelta(days=900),
                district="示范区",
            )
            for record in person.get("records", []):
                number += 1
                _add(session, subject, record, number, now)
        for place in data["institutions"]:
            subject = register_subject(
                session,
                SubjectKind.INSTITUTION,
                credit_code(data["region"], place["organisation"]),
                place["name"],
                on=today - timedelta(days=1200),
                district="示范区",
                contract_from=today - timedelta(days=1200),
            )
            for record in place.get("records", []):
                number += 1
                _add(session, subject, record, number, now)
        for member in data["staff"]:
            roles = [StaffRole(role) for role in member["roles"]]
            create_member(
                session, member["login"], password, name=member["name"], roles=roles, now=now
            )
        for document in data["documents"]:
            Library().import_file(session, DATA / document, now=now)
    rescore(database, on=today, at=now, complete=True)
    return True


def templates() -> tuple[TemplateSpec, ...]:
    """The account's templates as the stand-in must know them, from config/notices."""
    return tuple(
        TemplateSpec(
            template_id=one.id,
            title=one.title,
            content=one.content,
            kind=one.use,
            allowed={key: tuple(values) for key, values in one.allowed.items()},
        )
        for one in plans.templates().values()
    )


def greeting(settings: Settings, password: str, *, seconds: float) -> str:
    """What the terminal shows when the demo is ready."""
    return text(
        "demo",
        "ready",
        seconds=f"{seconds:.1f}",
        base=settings.public_url,
        password=password,
        config=settings.var_dir / "demo.toml",
        folder=settings.var_dir,
    )


def identity_number(region: str, born: date, sequence: int) -> str:
    """A synthetic identity number with a right check digit (GB 11643)."""
    first = f"{region}{born:%Y%m%d}{sequence:03d}"
    return first + calc_check_digit(first + "0")


def credit_code(region: str, organisation: str) -> str:
    """A synthetic unified social credit code of a firm (GB 32100, GB 11714)."""
    first = f"91{region}{organisation}{organisation_check_sign(organisation)}"
    return first + credit_check_sign(first)


def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = read(DATA / "demo.yaml")
    return loaded


def _born(person: dict[str, Any], today: date) -> date:
    if "age" in person:
        return date(today.year - person["age"], 1, 15)
    born: date = person["born"]
    return born


def _add(
    session: Any, subject: Subject, record: dict[str, Any], number: int, now: datetime
) -> None:
    decided = local_day(now) - timedelta(days=record["days_ago"])
    add_record(
        session,
        subject,
        item=record["item"],
        occurred_on=decided - timedelta(days=30),
        decided_on=decided,
        document_no=f"示医保〔{decided.year}〕{number}号",
        source_unit=record["source_unit"],
        severity=record.get("severity"),
        detail=record.get("detail", ""),
        at=now,
        by="demo",
    )
