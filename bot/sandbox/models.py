"""What the stand-in remembers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from bot.sandbox.config import TemplateKind

MESSAGE_WINDOW = 48 * 3600.0
TOUCH_WINDOW = 60.0
MESSAGE_COUNT = 5
TOUCH_COUNT = 3


class Person(BaseModel):
    """Somebody with a phone on the page; `joined` is 0 for those of the configuration."""

    key: str
    name: str
    openid: str
    description: str = ""
    joined: float = 0.0


class Window(BaseModel):
    """How many customer messages may still be sent, until when (seconds since 1970)."""

    left: int = 0
    until: float = 0.0

    def open_at(self, now: float) -> bool:
        """Whether the time is not over, whatever the count."""
        return now < self.until


class Contact(BaseModel):
    """One openid as the account knows it."""

    openid: str
    following: bool = False
    followed_at: int = 0
    scene: str = "ADD_SCENE_SEARCH"
    qr_scene: int = 0
    qr_scene_str: str = ""
    remark: str = ""
    tags: list[int] = Field(default_factory=list)
    blocked_templates: list[str] = Field(default_factory=list)
    blacklisted: bool = False
    snapshot: bool = False
    by_message: Window = Field(default_factory=Window)
    by_touch: Window = Field(default_factory=Window)
    last_active: float = 0.0

    def wrote(self, now: float) -> None:
        """They sent a message: five answers within 48 hours."""
        self.by_message = Window(left=MESSAGE_COUNT, until=now + MESSAGE_WINDOW)
        self.last_active = now

    def touched(self, now: float) -> None:
        """They tapped a menu item, followed or scanned: three answers within a minute."""
        self.by_touch = Window(left=TOUCH_COUNT, until=now + TOUCH_WINDOW)
        self.last_active = now


class Template(BaseModel):
    """A template of the account; see `TemplateSpec`."""

    template_id: str
    title: str
    content: str
    kind: TemplateKind = "template"
    allowed: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Credit(BaseModel):
    """Subscription of one openid to one template."""

    left: int = 0
    always: bool = False


class Media(BaseModel):
    """A stored file; `expires` 0 means kept for good."""

    media_id: str
    kind: str
    content_type: str
    filename: str
    size: int
    created: int
    expires: float = 0.0
    title: str = ""
    introduction: str = ""


class Tag(BaseModel):
    """A tag for followers."""

    id: int
    name: str


class Job(BaseModel):
    """One mass sending."""

    msg_id: int
    clientmsgid: str = ""
    status: Literal["SENDING", "SEND_SUCCESS", "SEND_FAIL", "DELETE"] = "SENDING"
    sent_at: float
    target: str = ""
    messages: list[int] = Field(default_factory=list)
    everybody: bool = False


class Draft(BaseModel):
    """A draft of articles, or after publishing a publication."""

    articles: list[dict[str, JsonValue]]
    updated: int
    publish_id: str = ""
    article_id: str = ""


class QrCode(BaseModel):
    """A scene code; `expires` 0 means for good."""

    ticket: str
    scene_id: int = 0
    scene_str: str = ""
    expires: float = 0.0


class Token(BaseModel):
    """An access token; `dropped` when a forced refresh or the control page took it back."""

    value: str
    source: Literal["plain", "stable"]
    issued: float
    expires: float
    dropped: bool = False


class Settings(BaseModel):
    """What the control page may change while running."""

    mode: str = ""
    callback_url: str = ""
    receipts: bool = True
    answer_seconds: float = 5.0
