"""Logs: one JSON object a line on standard error, with everything private masked.

Log lines are fixed sentences with values beside them. Whatever the values are, identity
numbers, phones, card numbers and openids do not pass: this processor stands behind all of them,
tracebacks included.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from credit_core.masking import mask_free_text

_OPENID = re.compile(r"\bo[A-Za-z0-9_-]{27}\b")
_PHONE_LIKE = 10**10
"""From here on a whole number may be a phone."""
_SECRET_KEYS = {
    "openid",
    "touser",
    "name",
    "identity",
    "phone",
    "access_token",
    "secret",
    "password",
}


def configure_logs(level: str) -> None:
    """Set up structlog and the standard library's logging for this process."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s", force=True)
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    logging.getLogger("apscheduler").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")
    logging.getLogger("jieba").setLevel("WARNING")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_MaskedFormatter("%(message)s"))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def mask_values(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask every value of a log line."""
    for key, value in event.items():
        if key in _SECRET_KEYS:
            event[key] = "***"
        elif not _is_plain(value):
            event[key] = _masked(str(value))
    return event


def _is_plain(value: object) -> bool:
    """A figure; a whole number as long as a phone may be one."""
    if isinstance(value, int):
        return abs(value) < _PHONE_LIKE
    return value is None or isinstance(value, float)


class _MaskedFormatter(logging.Formatter):
    """Lines of libraries, masked like ours."""

    def format(self, record: logging.LogRecord) -> str:
        return _masked(super().format(record))


def _masked(value: str) -> str:
    return _OPENID.sub("o***", mask_free_text(value))
