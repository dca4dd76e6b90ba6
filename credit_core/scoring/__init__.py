"""Scores: explained line by line for one subject, vectorised for all of them."""

from __future__ import annotations

from credit_core.scoring.result import End, Line, Override, Score
from credit_core.scoring.service import refresh, score

__all__ = ["End", "Line", "Override", "Score", "refresh", "score"]
