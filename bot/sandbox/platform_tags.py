"""Tags of followers and the blacklist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.models import Tag

if TYPE_CHECKING:
    from bot.sandbox.world import World

_MOST_TAGS, _MOST_PER_USER, _MOST_AT_ONCE, _MOST_BLACKLISTED = 100, 20, 50, 20
_NAME_LETTERS = 30
_FIRST_ID = 100
_RESERVED = {0, 1, 2}
_PAGE = 10_000


def _checked_name(world: World, name: str) -> str:
    if not name or any(tag.name == name for tag in world.tags.values()):
        raise ApiError(45157, "invalid tag name")
    if len(name) > _NAME_LETTERS:
        raise ApiError(45158, "tag name too long")
    return name


def create(call: Call) -> Answer:
    """POST tags/create."""
    world = call.world
    if len(world.tags) >= _MOST_TAGS:
        raise ApiError(45056, "too many tag now, no need to add new")
    name = _checked_name(world, call.body.inner("tag").text("name"))
    number = max([_FIRST_ID - 1, *(tag.id for tag in world.tags.values())]) + 1
    world.tags.put(str(number), Tag(id=number, name=name))
    return {"tag": {"id": number, "name": name}}


def listed(call: Call) -> Answer:
    """GET tags/get, with the number of followers of each."""
    rows: list[JsonValue] = [
        {"id": tag.id, "name": tag.name, "count": len(_tagged(call.world, tag.id))}
        for tag in call.world.tags.values()
    ]
    return {"tags": rows}


def _tagged(world: World, tag_id: int) -> list[str]:
    return [c.openid for c in world.contacts.values() if c.following and tag_id in c.tags]


def _tag(call: Call, number: int) -> Tag:
    if number in _RESERVED:
        raise ApiError(45058, "can't modify sys tag")
    tag = call.world.tags.get(str(number))
    if tag is None:
        raise ApiError(45159, "invalid tag id")
    return tag


def update(call: Call) -> Answer:
    """POST tags/update: another name."""
    wanted = call.body.inner("tag")
    tag = _tag(call, wanted.number("id"))
    if wanted.text("name") != tag.name:
        tag.name = _checked_name(call.world, wanted.text("name"))
        call.world.tags.put(str(tag.id), tag)
    return ok()


def delete(call: Call) -> Answer:
    """POST tags/delete: followers lose it."""
    world = call.world
    tag = _tag(call, call.body.inner("tag").number("id"))
    for contact in world.contacts.values():
        if tag.id in contact.tags:
            contact.tags.remove(tag.id)
            world.keep(contact)
    world.tags.drop(str(tag.id))
    return ok()


def _openids(call: Call) -> list[str]:
    openids = call.body.texts("openid_list")
    if not 1 <= len(openids) <= _MOST_AT_ONCE:
        raise ApiError(40032, "invalid openid list size")
    for openid in openids:
        if not call.world.known(openid):
            raise ApiError(40003, "invalid openid")
        if not call.world.is_following(openid):
            raise ApiError(49003, "not match openid with appid")
    return openids


def tag_users(call: Call) -> Answer:
    """POST tags/members/batchtagging: up to 50, all or none; the last tag set wins the menu."""
    world = call.world
    tag = _tag(call, call.body.number("tagid"))
    contacts = [world.contact(openid) for openid in _openids(call)]
    if any(len({*contact.tags, tag.id}) > _MOST_PER_USER for contact in contacts):
        raise ApiError(45059, "has too many tags")
    for contact in contacts:
        if tag.id not in contact.tags:
            contact.tags.append(tag.id)
        world.keep(contact)
    world.changed("menu")
    return ok()


def untag_users(call: Call) -> Answer:
    """POST tags/members/batchuntagging."""
    world = call.world
    tag = _tag(call, call.body.number("tagid"))
    for openid in _openids(call):
        contact = world.contact(openid)
        if tag.id in contact.tags:
            contact.tags.remove(tag.id)
            world.keep(contact)
    world.changed("menu")
    return ok()


def tags_of(call: Call) -> Answer:
    """POST tags/getidlist."""
    return {"tagid_list": [*call.world.contact(call.receiver("openid")).tags]}


def users_of(call: Call) -> Answer:
    """POST user/tag/get: 10 000 a page."""
    tag_id = call.body.number("tagid")
    if str(tag_id) not in call.world.tags:
        raise ApiError(45159, "invalid tag id")
    found = [o for o in sorted(_tagged(call.world, tag_id)) if o > call.body.text("next_openid")]
    page = found[:_PAGE]
    return {
        "count": len(page),
        "data": {"openid": [*page]},
        "next_openid": page[-1] if page else "",
    }


def _blacklist(call: Call, *, on: bool) -> Answer:
    openids = call.body.texts("openid_list")
    if not 1 <= len(openids) <= _MOST_BLACKLISTED:
        raise ApiError(40032, "invalid openid list size")
    for openid in openids:
        if not call.world.known(openid):
            raise ApiError(40003, "invalid openid")
        contact = call.world.contact(openid)
        contact.blacklisted = on
        call.world.keep(contact)
    return ok()


def blacklist(call: Call) -> Answer:
    """POST tags/members/batchblacklist."""
    return _blacklist(call, on=True)


def unblacklist(call: Call) -> Answer:
    """POST tags/members/batchunblacklist."""
    return _blacklist(call, on=False)


def blacklisted(call: Call) -> Answer:
    """POST tags/members/getblacklist."""
    found = sorted(c.openid for c in call.world.contacts.values() if c.blacklisted)
    return {"total": len(found), "count": len(found), "data": {"openid": [*found]}}


ENDPOINTS = (
    Endpoint("/cgi-bin/tags/create", create),
    Endpoint("/cgi-bin/tags/get", listed, "GET", "none"),
    Endpoint("/cgi-bin/tags/update", update),
    Endpoint("/cgi-bin/tags/delete", delete),
    Endpoint("/cgi-bin/tags/members/batchtagging", tag_users),
    Endpoint("/cgi-bin/tags/members/batchuntagging", untag_users),
    Endpoint("/cgi-bin/tags/getidlist", tags_of),
    Endpoint("/cgi-bin/user/tag/get", users_of),
    Endpoint("/cgi-bin/tags/members/batchblacklist", blacklist),
    Endpoint("/cgi-bin/tags/members/batchunblacklist", unblacklist),
    Endpoint("/cgi-bin/tags/members/getblacklist", blacklisted),
)
