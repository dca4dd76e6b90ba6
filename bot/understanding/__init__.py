"""Understanding of what people write to the account: intent, confidence and slots."""

from __future__ import annotations

from bot.understanding.understander import Understander, Understanding

__all__ = ["Understander", "Understanding"]
