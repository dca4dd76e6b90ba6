"""How the platform refuses: HTTP 200 with a number."""

from __future__ import annotations


class ApiError(Exception):
    """An `errcode` other than 0; `extra` stands beside it in the answer (45065 has `msg_id`)."""

    def __init__(self, errcode: int, errmsg: str, **extra: int | str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.extra = extra
