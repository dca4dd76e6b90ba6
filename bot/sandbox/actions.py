"""What a person can do with the phone, and the packet each of it sends to the account."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.callback import Outcome
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields
from bot.sandbox.platform_media import recognised, store
from bot.sandbox.platform_menu import menu_for
from bot.sandbox.platform_subscribe import answer_popup, withdraw

if TYPE_CHECKING:
    from bot.sandbox.world import World

_OPENING_TAPS = frozenset({"click", "scancode_push", "scancode_waitmsg"})
_PICTURE_TAPS = frozenset({"pic_sysphoto", "pic_photo_or_album", "pic_weixin"})


class NotPossibleError(Exception):
    """The phone would not offer this now."""


class Handset:
    """The phone of one openid. Each action waits for the account's answer."""

    def __init__(self, world: World, openid: str) -> None:
        self._world = world
        self.openid = openid

    # -- following

    async def follow(self, scene: str = "") -> Outcome:
        """Follow the account, perhaps by a scene code."""
        contact = self._world.contact(self.openid)
        contact.following = True
        contact.followed_at = int(self._world.clock())
        contact.scene = "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH"
        contact.qr_scene_str = "" if scene.isdigit() else scene
        contact.qr_scene = int(scene) if scene.isdigit() else 0
        contact.touched(self._world.clock())
        self._world.keep(contact)
        self._world.changed("persons")
        fields: dict[str, JsonValue] = {"EventKey": f"qrscene_{scene}" if scene else ""}
        if scene:
            fields["Ticket"] = self._ticket(scene)
        return await self.event("subscribe", fields)

    async def unfollow(self) -> Outcome:
        """Stop following: windows close, tags go, as on the platform."""
        contact = self._world.contact(self.openid)
        contact.following = False
        contact.tags = []
        contact.by_message.until = contact.by_touch.until = 0.0
        self._world.keep(contact)
        self._world.changed("persons")
        return await self.event("unsubscribe", {"EventKey": ""})

    async def scan(self, scene: str) -> Outcome:
        """Scan a scene code: SCAN when following, else follow by it."""
        if not self._world.is_following(self.openid):
            return await self.follow(scene)
        self._touch()
        return await self.event("SCAN", {"EventKey": scene, "Ticket": self._ticket(scene)})

    def _ticket(self, scene: str) -> str:
        for code in self._world.qr_codes.values():
            if scene in {code.scene_str, str(code.scene_id)}:
                return code.ticket
        return "TICKET"

    # -- messages

    async def say(self, text: str, menu_id: str = "") -> Outcome:
        """Send a text; `menu_id` is set when an option of a msgmenu was tapped."""
        fields: dict[str, JsonValue] = {"Content": text}
        if menu_id:
            fields["bizmsgmenuid"] = menu_id
        return await self._message("text", fields, {"text": text}, opens=not menu_id)

    async def photo(self, data: bytes, filename: str = "photo.jpg") -> Outcome:
        """Send a picture; the platform keeps it for three days."""
        media_id = self._stored("image", data, filename)
        url = f"{self._world.config.base_url}/media/{media_id}"
        fields: dict[str, JsonValue] = {"PicUrl": url, "MediaId": media_id}
        return await self._message("image", fields, {"media_id": media_id})

    async def voice(self, data: bytes) -> Outcome:
        """Send a voice message; nothing recognises it."""
        media_id = self._stored("voice", data, "voice.amr")
        fields: dict[str, JsonValue] = {
            "MediaId": media_id,
            "Format": "amr",
            "MediaId16K": media_id,
            "Recognition": "",
        }
        return await self._message("voice", fields, {"media_id": media_id})

    async def video(self, data: bytes, kind: str = "video") -> Outcome:
        """Send a video (`video` or `shortvideo`)."""
        media_id = self._stored("video", data, "video.mp4")
        fields: dict[str, JsonValue] = {"MediaId": media_id, "ThumbMediaId": media_id}
        shown: dict[str, JsonValue] = {"kind": "video", "media_id": media_id}
        return await self._message(kind, fields, shown)

    async def location(self, latitude: float, longitude: float, label: str = "") -> Outcome:
        """Send a place."""
        fields: dict[str, JsonValue] = {
            "Location_X": latitude,
            "Location_Y": longitude,
            "Scale": 16,
            "Label": label,
        }
        return await self._message("location", fields, {"label": label})

    async def link(self, title: str, description: str, url: str) -> Outcome:
        """Forward a web page."""
        fields: dict[str, JsonValue] = {"Title": title, "Description": description, "Url": url}
        return await self._message("link", fields, {"title": title, "url": url})

    async def file(self, title: str, data: bytes) -> Outcome:
        """Send a file, which the account cannot download."""
        fields: dict[str, JsonValue] = {
            "Title": title,
            "Description": "",
            "FileKey": self._world.new_name(40),
            "FileMd5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "FileTotalLen": len(data),
        }
        return await self._message("file", fields, {"title": title})

    async def _message(
        self,
        kind: str,
        fields: dict[str, JsonValue],
        shown: dict[str, JsonValue],
        *,
        opens: bool = True,
    ) -> Outcome:
        if not self._world.is_following(self.openid):
            raise NotPossibleError("follow the account first")
        contact = self._world.contact(self.openid)
        contact.last_active = self._world.clock()
        if opens:
            contact.wrote(self._world.clock())
        self._world.keep(contact)
        self._world.show(self.openid, "me", {"kind": kind, **shown})
        deliverer = self._world.deliverer
        return await deliverer.send(deliverer.packet(self.openid, kind, fields))

    def _stored(self, kind: str, data: bytes, filename: str) -> str:
        if not data:
            raise NotPossibleError("the file is empty")
        content_type = recognised(data) or "application/octet-stream"
        return store(self._world, kind, data, content_type, filename, for_good=False).media_id

    # -- the menu

    async def tap(self, key: str, result: str = "") -> Outcome:
        """Tap the menu item with this key, name or URL; `result` is what a scan read."""
        button = self._button(key)
        kind, held = button.text("type"), button.text("key")
        if kind == "view":
            fields: dict[str, JsonValue] = {"EventKey": button.text("url"), "MenuId": "1"}
            return await self.event("VIEW", fields)
        if kind == "miniprogram":
            path = button.text("pagepath")
            return await self.event("view_miniprogram", {"EventKey": path, "MenuId": "1"})
        if kind in _OPENING_TAPS:
            self._touch()
        if kind == "click":
            return await self.event("CLICK", {"EventKey": held})
        if kind in {"scancode_push", "scancode_waitmsg"}:
            info: JsonValue = {"ScanType": "qrcode", "ScanResult": result}
            return await self.event(kind, {"EventKey": held, "ScanCodeInfo": info})
        if kind == "location_select":
            return await self._choose_place(held, result)
        if kind in _PICTURE_TAPS:
            pictures: JsonValue = {"Count": 0, "PicList": ""}
            return await self.event(kind, {"EventKey": held, "SendPicsInfo": pictures})
        raise NotPossibleError(f"a menu item of type {kind!r} sends nothing")

    async def tap_pictures(self, key: str, pictures: list[bytes]) -> list[Outcome]:
        """Tap a picture item: one event, then every picture as its own message."""
        button = self._button(key)
        items: list[JsonValue] = [
            {"PicMd5Sum": hashlib.md5(data, usedforsecurity=False).hexdigest()} for data in pictures
        ]
        info: JsonValue = {"Count": len(items), "PicList": {"item": items}}
        fields: dict[str, JsonValue] = {"EventKey": button.text("key"), "SendPicsInfo": info}
        outcomes = [await self.event(button.text("type"), fields)]
        outcomes.extend([await self.photo(data) for data in pictures])
        return outcomes

    async def _choose_place(self, key: str, label: str) -> Outcome:
        info: JsonValue = {
            "Location_X": "37.51",
            "Location_Y": "122.12",
            "Scale": "16",
            "Label": label,
            "Poiname": "",
        }
        fields: dict[str, JsonValue] = {"EventKey": key, "SendLocationInfo": info}
        await self.event("location_select", fields)
        return await self.location(37.51, 122.12, label)

    def _button(self, key: str) -> Fields:
        for top in menu_for(self._world, self.openid):
            below = Fields(top).objects("sub_button")
            for button in below or [Fields(top)]:
                if key in {button.text("key"), button.text("name"), button.text("url")}:
                    return button
        raise NotPossibleError("this person's menu has no such item")

    # -- subscription notices

    async def answer_popup(self, answers: dict[str, bool], scene: str = "1") -> Outcome:
        """Answer the subscription popup: template id → accepted."""
        rows: list[JsonValue] = []
        for template_id, accept in answers.items():
            template = self._world.templates.get(template_id)
            if template is None or template.kind == "template":
                raise ApiError(40037, "invalid template_id")
            answer_popup(self._world, self.openid, template, accept=accept)
            rows.append(
                {
                    "TemplateId": template_id,
                    "SubscribeStatusString": "accept" if accept else "reject",
                    "PopupScene": scene,
                }
            )
        fields: dict[str, JsonValue] = {"SubscribeMsgPopupEvent": {"List": rows}}
        return await self.event("subscribe_msg_popup_event", fields)

    async def refuse_template(self, template_id: str) -> Outcome:
        """Switch a subscription off in the account's settings."""
        withdraw(self._world, self.openid, template_id)
        row: JsonValue = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
        fields: dict[str, JsonValue] = {"SubscribeMsgChangeEvent": {"List": row}}
        return await self.event("subscribe_msg_change_event", fields)

    def block_template(self, template_id: str, *, on: bool) -> None:
        """Switch a template message off or on; the account only learns by the receipt."""
        contact = self._world.contact(self.openid)
        blocked = {*contact.blocked_templates} - {template_id}
        contact.blocked_templates = sorted({*blocked, template_id} if on else blocked)
        self._world.keep(contact)

    # -- anything else

    async def event(self, name: str, fields: dict[str, JsonValue]) -> Outcome:
        """Any event with any fields."""
        deliverer = self._world.deliverer
        return await deliverer.send(deliverer.packet(self.openid, "event", fields, event=name))

    def _touch(self) -> None:
        contact = self._world.contact(self.openid)
        contact.touched(self._world.clock())
        self._world.keep(contact)
