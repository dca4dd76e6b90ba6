"""What people send as a photo: kept only when it is one, without its secrets, sealed."""

from __future__ import annotations

import io
import os
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from PIL import Image

from credit_core.crypto import SealError
from credit_core.errors import NotFoundError, Refusal
from credit_core.evidence.store import (
    EvidenceStore,
    Stored,
    attach,
    evidence_of,
    kept_paths,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ORIENTATION, GPS = 0x0112, 0x8825


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **saved: object) -> bytes:
    made = Image.new("RGB", size, "white")
    made.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    made.save(out, kind, **saved)
    return out.getvalue()


@pytest.fixture
def store(tmp_path):
    return EvidenceStore(tmp_path / "evidence")


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_photo_is_kept_and_comes_back(store, kind, mime):
    original = photo(kind)
    stored = store.put(original)
    assert (stored.mime, stored.width, stored.height) == (mime, 60, 40)
    assert stored.original_sha256 == sha256(original).hexdigest()
    back = store.get(stored.path)
    assert sha256(back).hexdigest() == stored.sha256
    assert len(back) == stored.size
    assert Image.open(io.BytesIO(back)).size == (60, 40)
    assert Stored.from_json(stored.as_json()) == stored


def test_places_and_devices_are_taken_out_and_the_photo_stands_upright(store):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(GPS)[1] = "N"
    stored = store.put(photo(exif=exif, comment=b"SECRET-COMMENT") + b"SECRET-TAIL")
    back = store.get(stored.path)
    assert b"SECRET" not in back
    with Image.open(io.BytesIO(back)) as read:
        assert not read.getexif()
        assert read.size == (40, 60)
        # Turned a quarter to the right, the red corner stands at the top right.
        assert read.getpixel((35, 5))[1] < 60
        assert read.getpixel((5, 5))[1] > 200


def test_text_chunks_of_png_are_taken_out(store):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "SECRET")
    assert b"SECRET" not in store.get(store.put(photo("PNG", pnginfo=info)).path)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "I;16", "1", "RGBA"])
def test_odd_kinds_of_png_are_read(store, mode):
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "PNG")
    assert store.put(out.getvalue()).width == 8


def test_cmyk_jpeg_is_read(store):
    out = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(out, "JPEG")
    assert store.put(out.getvalue()).mime == "image/jpeg"


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (8, 8)).save(out, "GIF")
    return out.getvalue()


@pytest.mark.parametrize(
    "sent",
    [b"", b"hello", b"%PDF-1.7", b"<svg/>", b"MZ" + b"\0" * 99, gif()],
    ids=["empty", "text", "pdf", "svg", "program", "gif"],
)
def test_what_is_not_a_photo_is_refused(store, sent):
    with pytest.raises(Refusal) as refused:
        store.put(sent)
    assert refused.value.code == "evidence.not_an_image"


@pytest.mark.parametrize(
    "sent",
    [
        photo()[:200],
        photo("PNG")[:60],
        b"\xff\xd8\xff" + os.urandom(500),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    ],
    ids=["cut jpeg", "cut png", "noise", "empty png"],
)
def test_a_broken_photo_is_refused(store, sent):
    with pytest.raises(Refusal) as refused:
        store.put(sent)
    assert refused.value.code == "evidence.damaged"


def test_too_many_bytes_are_refused(store):
    with pytest.raises(Refusal) as refused:
        store.put(photo() + b"\0" * (10 * 1024 * 1024))
    assert refused.value.code == "evidence.too_large"


@pytest.mark.parametrize("side", [30_000, 9_000])
def test_a_decompression_bomb_is_refused_before_it_unfolds(store, side):
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    head = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    bomb += chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    with pytest.raises(Refusal) as refused:
        store.put(bomb)
    assert refused.value.code == "evidence.too_large"


def test_files_are_sealed_private_and_without_leftovers(store):
    stored = store.put(photo())
    file = store.root / stored.path
    assert not file.read_bytes().startswith(b"\xff\xd8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_same_photo_is_stored_once_and_a_harmed_file_is_mended(store):
    stored = store.put(photo())
    file = store.root / stored.path
    before = file.read_bytes()
    store.put(photo())
    assert file.read_bytes() == before
    file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    with pytest.raises(SealError):
        store.get(stored.path)
    store.put(photo())
    assert sha256(store.get(stored.path)).hexdigest() == stored.sha256


@pytest.mark.parametrize("path", ["../etc/passwd", "aa/../../x", "aa/bb", "", "aa/aabb"])
def test_a_path_does_not_leave_the_store(store, path):
    with pytest.raises(NotFoundError):
        store.get(path)


def test_rows_of_a_case_and_the_sweep_of_what_was_never_filed(store, database):
    filed, dropped = store.put(photo()), store.put(photo(size=(61, 40)))
    with database.begin() as session:
        attach(session, "YY20261123-0001", [filed, filed], at=NOW)
        attach(session, "YY20261123-0001", [filed], at=NOW)
        rows = evidence_of(session, "YY20261123-0001")
        assert [(row.path, row.mime) for row in rows] == [(filed.path, "image/jpeg")]
        kept = kept_paths(session)
    assert store.sweep(kept, before=datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.sweep(kept, before=datetime.now(UTC) + timedelta(days=1)) == 1
    assert store.get(filed.path)
    with pytest.raises(NotFoundError):
        store.get(dropped.path)
