"""举报: clues about fraud, with a receipt number and the informant protected."""

from __future__ import annotations
