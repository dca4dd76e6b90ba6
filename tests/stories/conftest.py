"""Stories run the product as a newcomer does: one command, one browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.stories.demo import ARGS, CHROMIUM, Demo, free_port

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it is open, no asynchronous test can run here."""
    if CHROMIUM is None:
        if os.environ.get("MEDCREDIT_REQUIRE_SERVICES") == "1":
            pytest.fail("chromium is required but missing")
        pytest.skip("chromium is missing: see tests/prepare.py")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    state: Path = tmp_path_factory.mktemp("demo")
    running = Demo(state, free_port())
    running.start()
    yield running
    running.kill()
