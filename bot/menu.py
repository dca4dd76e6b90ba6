"""The account's menu, from config/menus, checked against WeChat's limits and published."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from config.data import read
from config.settings import DATA

if TYPE_CHECKING:
    from bot.wechat.client import WeChat

log = structlog.get_logger("bot.menu")

TOP, SUB = 3, 5
TOP_BYTES, SUB_BYTES, KEY_BYTES = 16, 60, 128


class MenuError(ValueError):
    """The menu file breaks one of WeChat's limits; the message names it."""


def load_menu(name: str = "default") -> dict[str, Any]:
    """The body of ``menu/create``.

    :raises MenuError: more than 3 × 5 buttons, or a name or key that is too long.
    """
    buttons = read(DATA / "menus" / f"{name}.yaml")
    if not 1 <= len(buttons) <= TOP:
        raise MenuError(f"a menu has 1 to {TOP} buttons, not {len(buttons)}")
    return {"button": [_top(button) for button in buttons]}


def _top(button: dict[str, Any]) -> dict[str, Any]:
    _fits(button["name"], TOP_BYTES)
    subs = button.get("buttons", [])
    if len(subs) > SUB:
        raise MenuError(f"{button['name']} has more than {SUB} buttons")
    if not subs:
        return _leaf(button)
    return {"name": button["name"], "sub_button": [_leaf(sub) for sub in subs]}


def _leaf(button: dict[str, Any]) -> dict[str, Any]:
    _fits(button["name"], SUB_BYTES)
    if "url" in button:
        return {"type": "view", "name": button["name"], "url": button["url"]}
    _fits(button["key"], KEY_BYTES)
    return {"type": "click", "name": button["name"], "key": button["key"]}


def _fits(text: str, limit: int) -> None:
    if len(text.encode()) > limit:
        raise MenuError(f"{text!r} is longer than {limit} bytes")


async def publish_menu(wechat: WeChat) -> None:
    """Set the menu when it differs from what WeChat has; a fault is logged and tried later."""
    menu = load_menu()
    for wait in (0, 2, 10, 60, 600):
        await asyncio.sleep(wait)
        try:
            await wechat.accounts.create_menu(menu)
        except Exception as error:  # noqa: BLE001  The account answers without a menu as well.
            log.warning("menu_not_published", error=type(error).__name__)
        else:
            return
