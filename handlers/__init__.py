"""What each conversation and page does."""

from __future__ import annotations
