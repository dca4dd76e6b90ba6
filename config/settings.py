"""Settings of one installation.

They come from environment variables with the prefix ``MEDCREDIT_`` or from the TOML file that
``MEDCREDIT_CONFIG`` names; the environment wins. Secrets are checked when a service starts
(:meth:`Settings.require_secrets`), never at import.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent

_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")

WeChatMode = Literal["plain", "compatible", "safe"]


class SettingsError(Exception):
    """A setting is missing, weak or malformed; the message says which and what to do."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MEDCREDIT_", extra="ignore", frozen=True)

    database_url: str = f"sqlite:///{ROOT / 'var' / 'medcredit.sqlite3'}"
    public_url: str = "http://127.0.0.1:8080"
    var_dir: Path = ROOT / "var"
    secret_key: SecretStr = SecretStr("")
    data_key: SecretStr = SecretStr("")
    old_data_keys: SecretStr = SecretStr("")
    wechat_appid: str = ""
    wechat_secret: SecretStr = SecretStr("")
    wechat_token: SecretStr = SecretStr("")
    wechat_aes_key: SecretStr = SecretStr("")
    wechat_account: str = "gh_medcredit"
    wechat_api_base: str = "https://api.weixin.qq.com"
    wechat_oauth_base: str = "https://open.weixin.qq.com"
    wechat_mode: WeChatMode = "safe"
    wechat_allow_plain: bool = False
    city: str = "demo"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    workers: int = Field(default=8, ge=1, le=64)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("MEDCREDIT_CONFIG")
        if file is None:
            return init_settings, env_settings
        if not Path(file).is_file():
            raise SettingsError(f"MEDCREDIT_CONFIG names {file}, which is not a file.")
        try:
            written = TomlConfigSettingsSource(settings_cls, Path(file))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(
                f"MEDCREDIT_CONFIG names {file}, which is not TOML: {error}"
            ) from None
        return init_settings, env_settings, written

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def require_secrets(self) -> None:
        """Refuse to start with a missing or weak secret, naming it.

        :raises SettingsError: one line that says which setting and how to make one.
        """
        for name, least in (("secret_key", 32), ("data_key", 32), ("wechat_secret", 16)):
            value = getattr(self, name).get_secret_value()
            if len(value) < least or len(set(value)) < 8:
                raise SettingsError(
                    f"MEDCREDIT_{name.upper()} is missing or weak: set at least {least} random "
                    "characters (for example from `openssl rand -base64 32`)."
                )
        if not self.wechat_appid:
            raise SettingsError("MEDCREDIT_WECHAT_APPID is missing.")
        token = self.wechat_token.get_secret_value()
        if not (3 <= len(token) <= 32 and token.isascii() and token.isalnum()):
            raise SettingsError("MEDCREDIT_WECHAT_TOKEN must be 3 to 32 letters or digits.")
        if self.wechat_mode == "plain":
            if not self.wechat_allow_plain:
                raise SettingsError(
                    "MEDCREDIT_WECHAT_MODE=plain leaves messages unsigned; choose safe, or set "
                    "MEDCREDIT_WECHAT_ALLOW_PLAIN=1 to accept that by name."
                )
        elif not _AES_KEY.fullmatch(self.wechat_aes_key.get_secret_value()):
            raise SettingsError("MEDCREDIT_WECHAT_AES_KEY must have 43 letters or digits.")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` (by field name) win over everything.

    :raises SettingsError: one line naming the setting that cannot be read.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"MEDCREDIT_{name}: {first['msg']}") from None
