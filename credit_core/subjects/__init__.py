"""信用主体: whoever has a score."""

from __future__ import annotations
