"""Accounts of the console, kept by an administrator."""

from __future__ import annotations

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.accounts.staff import (
    create_member,
    disable_totp,
    list_members,
    member_of,
    roles_of,
    set_active,
    set_password,
    set_roles,
)
from credit_core.errors import Refusal
from handlers.staff.audit import record
from handlers.staff.page import ADMIN, Answer, Flash, Page, Redirect, Shown, Visit, get, post


def pages() -> list[Page]:
    return [
        get("/accounts", show_list, ADMIN),
        post("/accounts", create, ADMIN),
        get("/accounts/{member_id}", show_one, ADMIN),
        post("/accounts/{member_id}/roles", change_roles, ADMIN),
        post("/accounts/{member_id}/password", reset_password, ADMIN),
        post("/accounts/{member_id}/totp-off", remove_totp, ADMIN),
        post("/accounts/{member_id}/active", switch_active, ADMIN),
    ]


def show_list(visit: Visit) -> Answer:
    members = [(member, roles_of(member)) for member in list_members(visit.session)]
    return Shown("accounts.html", {"members": members})


def show_one(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.number("member_id"))
    return Shown("account.html", {"member": member, "roles": roles_of(member)})


def create(visit: Visit) -> Answer:
    member = create_member(
        visit.session,
        visit.require("login"),
        visit.text("password"),
        name=visit.require("name"),
        roles=_ticked_roles(visit),
        now=visit.now,
        district=visit.text("district"),
    )
    record(visit, "account.create", f"account:{member.login}", member.roles)
    return Redirect("/accounts", Flash("account_created", {"login": member.login}))


def change_roles(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.number("member_id"))
    roles = _ticked_roles(visit)
    if member.id == visit.member.id and StaffRole.ADMIN not in roles:
        raise Refusal("staff.own_account")
    before = member.roles
    set_roles(visit.session, member, roles)
    member.name = visit.require("name")
    member.district = visit.text("district")
    record(visit, "account.roles", f"account:{member.login}", f"{before} → {member.roles}")
    return _back(member, "account_changed")


def reset_password(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.number("member_id"))
    set_password(visit.session, member, visit.text("password"))
    record(visit, "account.password", f"account:{member.login}")
    return _back(member, "account_changed")


def remove_totp(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.number("member_id"))
    disable_totp(visit.session, member)
    record(visit, "account.totp_off", f"account:{member.login}")
    return _back(member, "account_changed")


def switch_active(visit: Visit) -> Answer:
    member = member_of(visit.session, visit.number("member_id"))
    active = visit.text("active") == "1"
    if member.id == visit.member.id and not active:
        raise Refusal("staff.own_account")
    set_active(visit.session, member, active)
    action = "account.enable" if active else "account.disable"
    record(visit, action, f"account:{member.login}")
    return _back(member, "account_enabled" if active else "account_disabled")


def _ticked_roles(visit: Visit) -> set[StaffRole]:
    known = {role.value: role for role in StaffRole}
    return {known[value] for value in visit.several("roles") if value in known}


def _back(member: StaffMember, key: str) -> Redirect:
    return Redirect(f"/accounts/{member.id}", Flash(key, {"login": member.login}))
