"""Actions by name, for the page, the control API and the test client alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.actions import Handset, NotPossibleError
from bot.sandbox.callback import Outcome, Packet
from bot.sandbox.fields import Fields

if TYPE_CHECKING:
    from bot.sandbox.world import World

Action = Callable[[Handset, Fields, bytes], Awaitable[Outcome]]


async def perform(world: World, openid: str, body: Fields, data: bytes) -> JsonValue:
    """Do what `body["do"]` says and tell how the callback went.

    `data` is the file of a photo, voice, video or file.
    """
    name = body.text("do")
    handset = Handset(world, openid)
    if name in _SEVERAL:
        return [outcome.as_json() for outcome in await _SEVERAL[name](world, handset, body, data)]
    if name == "block":
        handset.block_template(body.text("template_id"), on=body.flag("on"))
        return Outcome("off", 0).as_json()
    action = _ACTIONS.get(name)
    if action is None:
        raise NotPossibleError(f"unknown action {name!r}")
    return (await action(handset, body, data)).as_json()


def _number(body: Fields, name: str) -> float:
    value = body.raw.get(name)
    if isinstance(value, int | float):
        return float(value)
    raise NotPossibleError(f"{name} must be a number")


def _popup(handset: Handset, body: Fields, _data: bytes) -> Awaitable[Outcome]:
    answers = body.inner("answers")
    chosen = {template_id: answers.flag(template_id) for template_id in answers.raw}
    return handset.answer_popup(chosen, body.text("scene", "1"))


_ACTIONS: dict[str, Action] = {
    "follow": lambda phone, body, _data: phone.follow(body.text("scene")),
    "unfollow": lambda phone, _body, _data: phone.unfollow(),
    "scan": lambda phone, body, _data: phone.scan(body.text("scene")),
    "say": lambda phone, body, _data: phone.say(body.text("text"), body.text("menu_id")),
    "photo": lambda phone, body, data: phone.photo(data, body.text("filename", "photo.jpg")),
    "voice": lambda phone, _body, data: phone.voice(data),
    "video": lambda phone, body, data: phone.video(data, body.text("kind", "video")),
    "file": lambda phone, body, data: phone.file(body.text("filename"), data),
    "location": lambda phone, body, _data: phone.location(
        _number(body, "latitude"), _number(body, "longitude"), body.text("label")
    ),
    "link": lambda phone, body, _data: phone.link(
        body.text("title"), body.text("description"), body.text("url")
    ),
    "tap": lambda phone, body, _data: phone.tap(body.text("key"), body.text("result")),
    "popup": _popup,
    "refuse": lambda phone, body, _data: phone.refuse_template(body.text("template_id")),
    "event": lambda phone, body, _data: phone.event(body.text("name"), body.inner("fields").raw),
}


async def _many(world: World, handset: Handset, body: Fields, _data: bytes) -> list[Outcome]:
    """One message or event, delivered several times: `{fields | text, times, at_once}`."""
    fields = dict(body.inner("fields").raw)
    event = body.text("name")
    kind = "event" if event else body.text("kind", "text")
    if body.has("text"):
        fields["Content"] = body.text("text")
    packet = world.deliverer.packet(handset.openid, kind, fields, event=event)
    times, at_once = body.number("times", 3), body.flag("at_once")
    return await world.deliverer.send_many(packet, times, at_once=at_once)


async def _raw(world: World, handset: Handset, body: Fields, _data: bytes) -> list[Outcome]:
    """A packet in clear as it stands, encrypted and signed by us: `{xml, times, at_once}`."""
    clear = body.text("xml").encode()
    packet = Packet("raw", handset.openid, clear, b"<Event>" not in clear)
    times, at_once = body.number("times", 1), body.flag("at_once")
    return await world.deliverer.send_many(packet, times, at_once=at_once)


async def _pictures(world: World, handset: Handset, body: Fields, data: bytes) -> list[Outcome]:
    """A picture item of the menu with one picture."""
    del world
    return await handset.tap_pictures(body.text("key"), [data] if data else [])


_SEVERAL = {"many": _many, "raw": _raw, "pictures": _pictures}
