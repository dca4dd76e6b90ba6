"""Row identifiers: 63-bit integers made by the application, growing with time.

Encrypted values are bound to their row, so the identifier must exist before the row is
inserted. Layout: 41 bits of milliseconds since 2020, 12 bits of process, 10 bits of counter.
"""

from __future__ import annotations

import os
import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000
_lock = threading.Lock()
_state = {"pid": 0, "node": 0, "last": 0, "count": 0}


def new_id() -> int:
    """A new identifier, unique over processes with overwhelming likelihood."""
    with _lock:
        if _state["pid"] != os.getpid():
            _state.update(pid=os.getpid(), node=secrets.randbits(12), last=0, count=0)
        now = time.time_ns() // 1_000_000 - _EPOCH_MS
        if now <= _state["last"]:
            now = _state["last"]
            _state["count"] += 1
            if _state["count"] >= 1 << 10:
                now += 1
                _state["count"] = 0
        else:
            _state["count"] = 0
        _state["last"] = now
        return (now << 22) | (_state["node"] << 10) | _state["count"]


def new_ids(count: int) -> list[int]:
    """Many new identifiers at once, for bulk writing."""
    ids: list[int] = []
    with _lock:
        if _state["pid"] != os.getpid():
            _state.update(pid=os.getpid(), node=secrets.randbits(12), last=0, count=0)
        moment = max(time.time_ns() // 1_000_000 - _EPOCH_MS, _state["last"] + 1)
        while len(ids) < count:
            first = (moment << 22) | (_state["node"] << 10)
            ids.extend(range(first, first + min(1 << 10, count - len(ids))))
            moment += 1
        _state.update(last=moment, count=0)
    return ids
