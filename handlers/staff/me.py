"""A member's own page: password, second factor, and their own WeChat for previews."""

from __future__ import annotations

import base64
import io

import segno

from credit_core.accounts.staff import (
    Attempt,
    disable_totp,
    enable_totp,
    member_of,
    new_link_code,
    new_totp_secret,
    set_password,
    totp_uri,
    unlink_openid,
)
from credit_core.errors import Refusal
from handlers.staff.audit import record
from handlers.staff.page import ANY, Answer, Flash, Page, Redirect, Shown, Visit, get, post

ISSUER = "MedCredit"


def pages() -> list[Page]:
    return [
        get("/me", show, ANY),
        post("/me/password", change_password, ANY),
        post("/me/totp", prepare_totp, ANY),
        post("/me/totp/on", switch_totp_on, ANY),
        post("/me/totp/off", switch_totp_off, ANY),
        post("/me/wechat", show_link_code, ANY),
        post("/me/wechat/off", unlink, ANY),
    ]


def show(visit: Visit) -> Answer:
    return _page(visit)


def _page(visit: Visit, **more: object) -> Shown:
    member = member_of(visit.session, visit.member.id)
    context: dict[str, object] = {
        "has_totp": member.totp_sealed is not None,
        "linked": member.openid is not None,
        "link_code": None,
        "totp_secret": None,
        "totp_qr": None,
    }
    return Shown("me.html", context | more)


def change_password(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    _prove_password(visit)
    set_password(visit.session, member, visit.text("new_password"))
    record(visit, "account.password", f"account:{member.login}")
    return Redirect("/", Flash("password_changed"))


def prepare_totp(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    secret = new_totp_secret()
    picture = io.BytesIO()
    segno.make(totp_uri(member, secret, ISSUER), error="m").save(picture, kind="svg", scale=4)
    qr = "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()
    return _page(visit, totp_secret=secret, totp_qr=qr)


def switch_totp_on(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    if member.totp_sealed is not None:
        raise Refusal("staff.totp_already")
    enable_totp(visit.session, member, visit.require("secret"), visit.text("code"), visit.now)
    record(visit, "account.totp_on", f"account:{member.login}")
    return Redirect("/me", Flash("totp_on"))


def switch_totp_off(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    _prove_password(visit)
    disable_totp(visit.session, member)
    record(visit, "account.totp_off", f"account:{member.login}")
    return Redirect("/me", Flash("totp_off"))


def show_link_code(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    return _page(visit, link_code=new_link_code(visit.session, member, visit.now))


def unlink(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.member.id)
    unlink_openid(visit.session, member)
    record(visit, "account.wechat_off", f"account:{member.login}")
    return Redirect("/me", Flash("wechat_unlinked"))


def _prove_password(visit: Visit) -> None:
    member = member_of(visit.session, visit.member.id)
    proof = Attempt(member.login, member.id, member.password_hash)
    if not proof.password_fits(visit.text("password")):
        raise Refusal("staff.password_wrong")
