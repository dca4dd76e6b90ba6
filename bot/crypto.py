"""The callback's envelope: signatures, and AES-256-CBC in WeChat's layout.

Plaintext is ``16 random bytes, length (uint32, big endian), message, appid``, padded PKCS#7 to
blocks of 32; the IV is the first half of the key. wechatpy's own decryption checks neither the
padding nor the length and compares signatures in variable time, so the envelope is opened here
and every defect is one :class:`EnvelopeError`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_BLOCK = 32
_RANDOM = 16
_LENGTH = 4


class EnvelopeError(Exception):
    """A callback that is not from WeChat, is not for this account, or is damaged."""


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts, as WeChat signs queries and envelopes."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def signed(signature: str, *parts: str) -> bool:
    """Whether ``signature`` is that of ``parts``; in constant time."""
    given = signature.lower().encode(errors="replace")
    return hmac.compare_digest(given, sign(*parts).encode())


@dataclass(frozen=True, slots=True)
class Envelope:
    """Seals and opens messages of one account.

    :param token: the callback token.
    :param aes_key: the 43-character EncodingAESKey.
    :param appid: the account's appid, checked in every message.
    """

    token: str
    aes_key: str
    appid: str

    @property
    def _key(self) -> bytes:
        return base64.b64decode(self.aes_key + "=")

    def _cipher(self) -> Cipher[CBC]:
        key = self._key
        return Cipher(AES(key), CBC(key[:16]))

    def open(self, encrypted: str, *, signature: str, timestamp: str, nonce: str) -> bytes:
        """The message inside ``encrypted``.

        :raises EnvelopeError: wrong signature, damaged ciphertext, or another account's.
        """
        if not signed(signature, self.token, timestamp, nonce, encrypted):
            raise EnvelopeError("wrong signature")
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise EnvelopeError("not base64") from None
        if not sealed or len(sealed) % 16:
            raise EnvelopeError("not whole blocks")
        decryptor = self._cipher().decryptor()
        plain = _unpadded(decryptor.update(sealed) + decryptor.finalize())
        start = _RANDOM + _LENGTH
        if len(plain) < start:
            raise EnvelopeError("too short")
        (length,) = struct.unpack(">I", plain[_RANDOM:start])
        if start + length > len(plain):
            raise EnvelopeError("wrong length")
        if not hmac.compare_digest(plain[start + length :], self.appid.encode()):
            raise EnvelopeError("another account's message")
        return plain[start : start + length]

    def seal(self, message: bytes, *, nonce: str, timestamp: str) -> tuple[str, str]:
        """``(Encrypt, MsgSignature)`` of a reply."""
        body = secrets.token_bytes(_RANDOM) + struct.pack(">I", len(message)) + message
        body += self.appid.encode()
        pad = _BLOCK - len(body) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(body + bytes([pad]) * pad) + encryptor.finalize()
        encrypted = base64.b64encode(sealed).decode()
        return encrypted, sign(self.token, timestamp, nonce, encrypted)


def _unpadded(plain: bytes) -> bytes:
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise EnvelopeError("wrong padding")
    return plain[:-pad]
