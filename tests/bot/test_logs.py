"""Logs tell what happened and never to whom."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

CANARY_IDENTITY = "371099195603121020"
CANARY_PHONE = "13900001234"
CANARY_OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZa"

SCRIPT = f"""
import logging, structlog
from bot.logs import configure_logs
configure_logs("INFO")
log = structlog.get_logger("test")
said = "我的号是{CANARY_IDENTITY}，电话{CANARY_PHONE}"
log.info("said", text=said, openid="{CANARY_OPENID}", count=3, number={CANARY_PHONE})
logging.getLogger("library").warning("failed for {CANARY_OPENID} %s", "{CANARY_PHONE}")
try:
    raise ValueError("{CANARY_IDENTITY}")
except ValueError:
    log.exception("fault")
    logging.getLogger("library").exception("fault")
"""


@pytest.fixture(scope="module")
def lines() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )


def test_private_values_are_masked_in_lines_and_tracebacks(
    lines: subprocess.CompletedProcess[str],
) -> None:
    for canary in (CANARY_IDENTITY, CANARY_PHONE, CANARY_OPENID):
        assert canary not in lines.stderr
    assert "371***********1020" in lines.stderr
    assert "ValueError" in lines.stderr


def test_lines_are_json_on_standard_error(lines: subprocess.CompletedProcess[str]) -> None:
    assert lines.stdout == ""
    first = json.loads(lines.stderr.splitlines()[0])
    assert first["event"] == "said"
    assert first["count"] == 3
