"""Who is told what, when, through which channel."""

from __future__ import annotations
