"""What a sandbox is told when it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CallbackMode = Literal["plain", "compatible", "safe"]
TemplateKind = Literal["template", "once", "long"]


class PersonSpec(BaseModel):
    """Somebody whose phone can be picked on the page."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    openid: str
    description: str = ""


class TemplateSpec(BaseModel):
    """A template the account owns: `content` holds `标题:{{thing1.DATA}}`, one keyword a line.

    `kind` is `template` for template messages, `once` or `long` for subscription notices.
    `allowed` holds the values that were approved for a keyword of type `const`, by its key;
    a `const` that is not named takes anything of fitting length.
    """

    model_config = ConfigDict(frozen=True)

    template_id: str
    title: str
    content: str
    kind: TemplateKind = "template"
    allowed: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class SandboxConfig(BaseModel):
    """Keys of the account, where its callback is, and who is there.

    `crowd` are openid prefixes of followers whose phone nobody holds (load and seed data);
    `crowd_size` says how many `<prefix>%07d` a message to everybody would reach.
    `web_cookies` are (name, path) pairs of the product's sessions that are wiped when the web
    view is opened by another person, since in truth each person has their own phone.
    """

    model_config = ConfigDict(frozen=True)

    state_dir: Path
    callback_url: str = ""
    public_url: str = "http://127.0.0.1:8080"
    mount: str = "/sandbox"
    appid: str = "wx5afe5afe5afe5afe"
    secret: str = "0123456789abcdef0123456789abcdef"  # noqa: S105 - a stand-in has no secret
    token: str = "sandboxtoken"  # noqa: S105
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    original_id: str = "gh_5afe5afe5afe"
    account_name: str = "医信通"
    account_intro: str = ""
    mode: CallbackMode = "safe"
    persons: tuple[PersonSpec, ...] = ()
    templates: tuple[TemplateSpec, ...] = ()
    crowd: tuple[str, ...] = ("seed_openid_",)
    crowd_size: int = Field(default=0, ge=0)
    web_cookies: tuple[tuple[str, str], ...] = ()
    answer_seconds: float = 5.0
    deliveries: int = Field(default=3, ge=1)
    receipts: bool = True
    vendor_dir: Path = Path("node_modules")

    @property
    def base_url(self) -> str:
        """Where the sandbox itself is reached from a browser."""
        return self.public_url.rstrip("/") + self.mount

    @property
    def platform_url(self) -> str:
        """What the product sets as the base of `api.weixin.qq.com`."""
        return self.base_url + "/platform"
