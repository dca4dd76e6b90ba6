"""The platform's side of message encryption, written apart from the product's.

The product and this stand-in must not share a mistake, so nothing here comes from `bot` or
from wechatpy. Scheme: AES-256-CBC, key `K = b64decode(EncodingAESKey + "=")`, iv `K[:16]`,
PKCS#7 padding to blocks of 32; the plain text is 16 random bytes, the length of the message
as big-endian uint32, the message and the appid.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_AES_BLOCK = 16
_RANDOM = 16
_KEY_LETTERS = 43


class CipherError(Exception):
    """What was received cannot have been made with our key for our account."""


def signature(*parts: str) -> str:
    """SHA-1 (hex, lower case) over the sorted parts, as WeChat signs everything."""
    return signature_of("".join(sorted(parts)))


def signature_of(text: str) -> str:
    """SHA-1 (hex, lower case) of a text that is already in its order."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class MessageCipher:
    """Encrypts and decrypts the `Encrypt` element for one account."""

    def __init__(self, token: str, aes_key: str, appid: str) -> None:
        if len(aes_key) != _KEY_LETTERS:
            msg = "EncodingAESKey must have 43 letters and digits"
            raise ValueError(msg)
        self.token = token
        self.appid = appid
        self._key = base64.b64decode(aes_key + "=")

    def encrypt(self, message: bytes, *, prefix: bytes | None = None) -> str:
        """The base64 text of the encrypted message; `prefix` fixes the random bytes in tests."""
        random = os.urandom(_RANDOM) if prefix is None else prefix
        plain = random + struct.pack(">I", len(message)) + message + self.appid.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        padded = plain + bytes([pad]) * pad
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message inside `Encrypt`; raises `CipherError` for anything not made for us."""
        try:
            packed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CipherError("not base64") from error
        if not packed or len(packed) % _AES_BLOCK:
            raise CipherError("not a whole number of cipher blocks")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(packed) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise CipherError("wrong padding")
        content = plain[_RANDOM:-pad]
        if len(content) < struct.calcsize(">I"):
            raise CipherError("too short")
        (length,) = struct.unpack(">I", content[:4])
        message, appid = content[4 : 4 + length], content[4 + length :]
        if not hmac.compare_digest(appid, self.appid.encode()):
            raise CipherError("made for another account")
        return message

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """`msg_signature` over an encrypted body."""
        return signature(self.token, timestamp, nonce, encrypted)

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:_AES_BLOCK]))
