"""Pages that open inside WeChat: what a notice said, how far a case is, which days are near."""

from __future__ import annotations
