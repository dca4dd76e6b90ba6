"""The store: sealed files named by the digest of their content, and their rows per case."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.crypto import SealError, keyring
from credit_core.errors import NotFoundError
from credit_core.evidence.models import Evidence
from credit_core.evidence.picture import clean

_TMP = ".part"


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in the store. All fields are JSON values, so a conversation can remember it."""

    sha256: str
    original_sha256: str
    size: int
    mime: str
    width: int
    height: int
    path: str
    """Relative to the root of the store."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Stored:
        return cls(**value)


class EvidenceStore:
    """A folder of sealed pictures.

    :param root: the folder; it is made when it is missing, readable by its owner only.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, original: bytes) -> Stored:
        """Check, clean, seal and keep; the same picture again costs no second file.

        :raises Refusal: ``evidence.too_large``, ``evidence.not_an_image``,
            ``evidence.damaged``.
        """
        picture = clean(original)
        digest = sha256(picture.data).hexdigest()
        path = f"{digest[:2]}/{digest}"
        stored = Stored(
            sha256=digest,
            original_sha256=sha256(original).hexdigest(),
            size=len(picture.data),
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            path=path,
        )
        if not self._is_sound(path, digest):
            self._write(path, keyring().seal(picture.data, _place(digest)))
        return stored

    def get(self, path: str) -> bytes:
        """The picture as it was cleaned.

        :raises NotFoundError: no such file.
        :raises SealError: the file was changed, or sealed under an unknown key.
        """
        digest = path.rpartition("/")[2]
        if path != f"{digest[:2]}/{digest}" or not digest.isalnum():
            raise NotFoundError("evidence: not a path of this store")
        try:
            sealed = (self.root / path).read_bytes()
        except OSError:
            raise NotFoundError("evidence: no such picture") from None
        data = keyring().open(sealed, _place(digest))
        if sha256(data).hexdigest() != digest:
            raise SealError("a picture is not the one that its name says")
        return data

    def sweep(self, kept: Iterable[str], *, before: datetime) -> int:
        """Delete files that no case holds and that are older than ``before``; how many.

        A picture that was sent in a conversation and never filed ends here.
        """
        keep = set(kept)
        gone = 0
        for path in self.root.glob("??/*"):
            with suppress(FileNotFoundError):
                name = path.relative_to(self.root).as_posix()
                if name not in keep and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    gone += 1
        return gone

    def _is_sound(self, path: str, digest: str) -> bool:
        """Already there and unharmed; its age starts anew, so that no sweep takes it now."""
        try:
            data = self.get(path)
            os.utime(self.root / path)
        except (NotFoundError, SealError, OSError):
            return False
        return sha256(data).hexdigest() == digest

    def _write(self, path: str, sealed: bytes) -> None:
        """Whole or not at all: a temporary file beside it, synced, then renamed."""
        target = self.root / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f"{secrets.token_hex(8)}{_TMP}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _place(digest: str) -> bytes:
    return f"evidence|{digest}".encode()


def attach(
    session: Session, case_no: str, pictures: Iterable[Stored], *, at: datetime
) -> list[Evidence]:
    """Rows for the pictures of a case; a picture that the case already has is passed over."""
    known = {row.sha256 for row in evidence_of(session, case_no)}
    rows = []
    for picture in pictures:
        digest = bytes.fromhex(picture.sha256)
        if digest in known:
            continue
        known.add(digest)
        rows.append(
            Evidence(
                case_no=case_no,
                sha256=digest,
                original_sha256=bytes.fromhex(picture.original_sha256),
                size=picture.size,
                mime=picture.mime,
                width=picture.width,
                height=picture.height,
                path=picture.path,
                received_at=at,
            )
        )
    session.add_all(rows)
    session.flush()
    return rows


def evidence_of(session: Session, case_no: str) -> Sequence[Evidence]:
    """The pictures of a case in the order in which they arrived."""
    return session.scalars(
        select(Evidence)
        .where(Evidence.case_no == case_no)
        .order_by(Evidence.received_at, Evidence.id)
    ).all()


def kept_paths(session: Session) -> set[str]:
    """Every path that some case holds; for :meth:`EvidenceStore.sweep`."""
    return set(session.scalars(select(Evidence.path).distinct()))
