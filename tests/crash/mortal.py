"""`medcredit serve` that dies once, by its own SIGKILL, at the step that a message names.

The steps are hooked from outside: the product knows nothing of it. A file named like the step
says that the death has been died, so the next delivery goes through.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bot import cli
from bot.message import Inbound
from bot.turns import Turns

STEPS = ("beforeturn", "inboxwritten", "beforecommit", "aftercommit", "beforeanswer")
BEFORE_COMMIT = STEPS[:3]
"""Killed at these, nothing has happened yet."""

_here = threading.local()


def die_once(step: str, content: str) -> None:
    mark = Path(os.environ["MORTAL_MARKS"]) / step
    if step in content and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    transaction: Callable[..., str] = Turns._transaction
    answer = Turns.answer

    def mortal_transaction(self: Turns, inbound: Inbound, *more: Any) -> str:
        _here.content = inbound.content
        try:
            die_once("beforeturn", inbound.content)
            return transaction(self, inbound, *more)
        finally:
            _here.content = ""

    async def mortal_answer(self: Turns, inbound: Inbound) -> str:
        said = await answer(self, inbound)
        die_once("beforeanswer", inbound.content)
        return said

    def at(step: str) -> Callable[..., None]:
        return lambda *_: die_once(step, getattr(_here, "content", ""))

    Turns._transaction = mortal_transaction  # type: ignore[method-assign]
    Turns.answer = mortal_answer  # type: ignore[method-assign]
    event.listen(Session, "after_flush", at("inboxwritten"))
    event.listen(Session, "before_commit", at("beforecommit"))
    event.listen(Session, "after_commit", at("aftercommit"))
    sys.argv[0] = "medcredit"
    cli.main()


if __name__ == "__main__":
    main()
