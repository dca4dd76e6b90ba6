"""信易+: what a good record opens. One engine over the rows in ``config/offers``."""

from __future__ import annotations
