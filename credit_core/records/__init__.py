"""信用记录: dated facts with a source document, append-only."""

from __future__ import annotations
