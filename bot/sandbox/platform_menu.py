"""The menu under the chat, for everybody and by tag."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields

if TYPE_CHECKING:
    from bot.sandbox.world import World

_TOP, _SUB = 3, 5
_TOP_BYTES, _SUB_BYTES, _KEY_BYTES, _URL_BYTES = 16, 60, 128, 1024
_JUMP_DOMAINS = 3
_KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
_GONE_RULES = {"sex", "country", "province", "city", "language"}


class Menu(BaseModel):
    """A menu; `tag_id` 0 is the one for everybody."""

    menuid: int
    button: list[dict[str, JsonValue]]
    tag_id: int = 0
    platform: str = ""


class Menus(BaseModel):
    """All menus of the account, the newest conditional one last."""

    everybody: Menu | None = None
    conditional: list[Menu] = []


def _menus(world: World) -> Menus:
    found = dict(world.store.all("menus")).get("now")
    return Menus() if found is None else Menus.model_validate_json(found)


def _keep(world: World, menus: Menus) -> None:
    world.store.put("menus", "now", menus.model_dump_json())
    world.changed("menu")


def menu_for(world: World, openid: str) -> list[dict[str, JsonValue]]:
    """The buttons that one person's phone shows: the newest fitting conditional menu first."""
    menus = _menus(world)
    if menus.everybody is None:
        return []
    tags = world.contact(openid).tags
    for menu in reversed(menus.conditional):
        if menu.tag_id in tags:
            return menu.button
    return menus.everybody.button


def _checked(body: Fields) -> list[dict[str, JsonValue]]:
    buttons = body.objects("button")
    if not 1 <= len(buttons) <= _TOP:
        raise ApiError(40016, "invalid button size")
    domains: set[str] = set()
    for button in buttons:
        _check_name(button, _TOP_BYTES)
        below = button.objects("sub_button")
        if len(below) > _SUB:
            raise ApiError(40023, "invalid sub button size")
        for inner in below:
            _check_name(inner, _SUB_BYTES)
            _check_action(inner, domains)
        if not below:
            _check_action(button, domains)
    if len(domains) > _JUMP_DOMAINS:
        raise ApiError(65316, "too many different domains in the menu")
    return [button.raw for button in buttons]


def _check_name(button: Fields, most: int) -> None:
    name = button.text("name")
    if not name or len(name.encode()) > most:
        raise ApiError(40018, "invalid button name size")


def _check_action(button: Fields, domains: set[str]) -> None:
    kind = button.text("type")
    if kind in _KEYED:
        if not 0 < len(button.text("key").encode()) <= _KEY_BYTES:
            raise ApiError(40019, "invalid button key size")
    elif kind == "view":
        url = button.text("url")
        if len(url.encode()) > _URL_BYTES:
            raise ApiError(40020, "invalid button url size")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ApiError(40054, "invalid sub button url domain")
        domains.add(parts.netloc)
    elif kind == "miniprogram":
        if not button.text("appid") or not button.text("pagepath"):
            raise ApiError(45064, "no permission to use weapp in menu")
    elif kind == "media_id":
        if not button.text("media_id"):
            raise ApiError(40007, "invalid media_id")
    elif kind in {"article_id", "article_view_limited"}:
        if not button.text("article_id"):
            raise ApiError(53600, "article_id is invalid")
    else:
        raise ApiError(40017, "invalid button type")


def create(call: Call) -> Answer:
    """POST menu/create: the menu for everybody."""
    button = _checked(call.body)
    menus = _menus(call.world)
    menus.everybody = Menu(menuid=call.world.next_id() % 10**9, button=button)
    _keep(call.world, menus)
    return ok()


def get(call: Call) -> Answer:
    """GET menu/get."""
    menus = _menus(call.world)
    if menus.everybody is None:
        raise ApiError(46003, "menu no exist")
    answer: dict[str, JsonValue] = {"menu": _shown(menus.everybody)}
    if menus.conditional:
        answer["conditionalmenu"] = [
            {**_shown(menu), "matchrule": {"tag_id": str(menu.tag_id)}}
            for menu in reversed(menus.conditional)
        ]
    return answer


def _shown(menu: Menu) -> dict[str, JsonValue]:
    return {
        "button": [
            {**button, "sub_button": button.get("sub_button", [])} for button in menu.button
        ],
        "menuid": menu.menuid,
    }


def delete(call: Call) -> Answer:
    """GET menu/delete: the conditional menus go too."""
    _keep(call.world, Menus())
    return ok()


def add_conditional(call: Call) -> Answer:
    """POST menu/addconditional: needs a menu for everybody; only tag and platform count."""
    world = call.world
    menus = _menus(world)
    if menus.everybody is None:
        raise ApiError(65303, "there is no selfmenu, please create selfmenu first")
    rule = call.body.inner("matchrule")
    if any(rule.text(name) for name in _GONE_RULES):
        raise ApiError(65320, "matchrule no longer supports this field")
    tag_id = rule.number("tag_id", -1)
    if not rule.has("tag_id") and not rule.text("client_platform_type"):
        raise ApiError(65305, "matchrule is empty")
    if rule.has("tag_id") and str(tag_id) not in world.tags:
        raise ApiError(40152, "invalid tagid")
    menu = Menu(
        menuid=world.next_id() % 10**9,
        button=_checked(call.body),
        tag_id=tag_id,
        platform=rule.text("client_platform_type"),
    )
    menus.conditional.append(menu)
    _keep(world, menus)
    return {"menuid": str(menu.menuid)}


def delete_conditional(call: Call) -> Answer:
    """POST menu/delconditional."""
    menus = _menus(call.world)
    wanted = call.body.number("menuid")
    left = [menu for menu in menus.conditional if menu.menuid != wanted]
    if len(left) == len(menus.conditional):
        raise ApiError(65301, "the menuid does not exist")
    menus.conditional = left
    _keep(call.world, menus)
    return ok()


def try_match(call: Call) -> Answer:
    """POST menu/trymatch: what one person sees, by openid or name."""
    world, wanted = call.world, call.body.text("user_id")
    person = world.persons.get(wanted)
    openid = wanted if person is None else person.openid
    if not world.known(openid):
        raise ApiError(65309, "this openid or username is not a follower")
    return {"button": [*menu_for(world, openid)]}


def self_menu(call: Call) -> Answer:
    """GET get_current_selfmenu_info."""
    menus = _menus(call.world)
    button: list[JsonValue] = [*menus.everybody.button] if menus.everybody else []
    return {"is_menu_open": int(bool(button)), "selfmenu_info": {"button": button}}


ENDPOINTS = (
    Endpoint("/cgi-bin/menu/create", create),
    Endpoint("/cgi-bin/menu/get", get, "GET", "none"),
    Endpoint("/cgi-bin/menu/delete", delete, "GET", "none"),
    Endpoint("/cgi-bin/menu/addconditional", add_conditional),
    Endpoint("/cgi-bin/menu/delconditional", delete_conditional),
    Endpoint("/cgi-bin/menu/trymatch", try_match),
    Endpoint("/cgi-bin/get_current_selfmenu_info", self_menu, "GET", "none"),
)
