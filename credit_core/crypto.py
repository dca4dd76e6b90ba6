"""Private values at rest: sealed with AES-256-GCM, found again by keyed blind indexes.

A sealed value is ``version(1) key id(4) nonce(12) ciphertext tag(16)``. Table, column and row
are the associated data, so a value that is moved to another row does not open. A blind index
is HMAC-SHA256 under a key derived per table and column, cut to 16 bytes: equal values can be
found, but without the key nothing can be guessed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Any, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credit_core.errors import CreditError
from credit_core.ids import new_id

_VERSION = b"\x01"
_KEY_ID, _NONCE, _INDEX = 4, 12, 16


class SealError(CreditError):
    """A sealed value does not open: wrong key, damaged, or moved from another row."""


class Keyring:
    """The installation's data key, and older ones that may still open values.

    :param key: the current secret (any text of at least 32 characters).
    :param old_keys: earlier secrets; they open but never seal.
    """

    def __init__(self, key: str, old_keys: tuple[str, ...] = ()) -> None:
        masters = [_master(secret) for secret in (key, *old_keys) if secret]
        if not masters:
            raise CreditError("MEDCREDIT_DATA_KEY is missing.")
        self._ciphers = {
            hashlib.sha256(b"id" + master).digest()[:_KEY_ID]: AESGCM(_derive(master, b"seal"))
            for master in masters
        }
        self._current = next(iter(self._ciphers))
        self._index_master = masters[0]
        self._index_keys: dict[str, bytes] = {}

    def seal(self, plain: bytes, place: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        head = _VERSION + self._current
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plain, head + place)

    def seal_all(self, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Seal many (plain, place) at once: one call for all nonces, which is most of the cost."""
        nonces = os.urandom(_NONCE * len(values))
        head = _VERSION + self._current
        encrypt = self._ciphers[self._current].encrypt
        sealed = []
        for number, (plain, place) in enumerate(values):
            nonce = nonces[number * _NONCE : (number + 1) * _NONCE]
            sealed.append(head + nonce + encrypt(nonce, plain, head + place))
        return sealed

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """:raises SealError: the value was not sealed for this place by a known key."""
        head, body = sealed[: 1 + _KEY_ID], sealed[1 + _KEY_ID :]
        cipher = self._ciphers.get(head[1:])
        if cipher is None or head[:1] != _VERSION:
            raise SealError("no key opens this value; is MEDCREDIT_OLD_DATA_KEYS complete?")
        try:
            return cipher.decrypt(body[:_NONCE], body[_NONCE:], head + place)
        except InvalidTag:
            raise SealError("a sealed value is damaged or stands in the wrong place") from None

    def index(self, place: str, value: str) -> bytes:
        """Blind index of a normalised value; ``place`` is ``table.column``."""
        key = self._index_keys.get(place)
        if key is None:
            key = self._index_keys[place] = _derive(self._index_master, b"index:" + place.encode())
        return hmac.digest(key, value.encode(), "sha256")[:_INDEX]

    def pseudonym(self, value: str) -> str:
        """A short stable stand-in for an openid or id in logs."""
        return base64.b32encode(self.index("log", value)).decode()[:10].lower()


def _master(secret: str) -> bytes:
    try:
        raw = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    return raw if len(raw) >= 32 else secret.encode()


def _derive(master: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"medcredit:" + info).derive(master)


_installed: Keyring | None = None


def install_keyring(keyring: Keyring) -> None:
    """Called once by the composition root."""
    global _installed
    _installed = keyring


def keyring() -> Keyring:
    if _installed is None:
        raise CreditError("no keyring is installed")
    return _installed


def blind_index(place: str, value: str) -> bytes:
    return keyring().index(place, value)


class Sealed:
    """A text attribute of a model that is stored sealed in a ``LargeBinary`` column.

    ::

        class Subject(Base):
            id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=new_id)
            name_sealed: Mapped[bytes]
            name = Sealed("name_sealed")

    Setting it gives the row its ``id`` when it has none yet. ``None`` stays ``None``.
    """

    def __init__(self, column: str) -> None:
        self.column = column

    @overload
    def __get__(self, row: None, owner: type) -> Sealed: ...
    @overload
    def __get__(self, row: object, owner: type) -> str: ...
    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        return keyring().open(sealed, place_of(owner, self.column, row.id)).decode()

    def __set__(self, row: Any, value: str | None) -> None:
        if row.id is None:
            row.id = new_id()
        sealed = None
        if value is not None:
            place = place_of(type(row), self.column, row.id)
            sealed = keyring().seal(value.encode(), place)
        setattr(row, self.column, sealed)


def place_of(model: Any, column: str, row_id: int) -> bytes:
    """Associated data of a sealed value: table, column, row."""
    return f"{model.__tablename__}|{column}|{row_id}".encode()
