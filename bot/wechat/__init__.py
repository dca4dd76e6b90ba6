"""A thin typed client over the endpoints of WeChat that are in use."""

from __future__ import annotations
