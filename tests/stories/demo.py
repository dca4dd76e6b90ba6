"""A demo in a process of its own, and a hand that works its phone and console in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
MEDCREDIT = Path(sys.executable).with_name("medcredit")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Demo:
    """A running `medcredit demo`."""

    state: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        file = self.state / "demo" / "secrets.json"
        password: str = json.loads(file.read_text(encoding="utf-8"))["password"]
        return password

    def start(self) -> None:
        log = (self.state / "demo.log").open("ab")
        self.process = subprocess.Popen(
            [MEDCREDIT, "demo", "--port", str(self.port), "--state", str(self.state)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        until = time.monotonic() + 240
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.base}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError((self.state / "demo.log").read_text(encoding="utf-8")[-2000:])

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `medcredit` command on the demo's database."""
        environment = os.environ | {"MEDCREDIT_CONFIG": str(self.state / "demo" / "demo.toml")}
        return subprocess.run(
            [MEDCREDIT, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def log(self) -> str:
        return (self.state / "demo.log").read_text(encoding="utf-8")


class Hand:
    """Works one person's phone in the sandbox's page."""

    def __init__(self, browser: Browser, demo: Demo, person: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 800})
        self.page.goto(f"{demo.base}/sandbox/")
        self.page.locator("#people").get_by_role("button", name=person).click()
        self.about = self.page.locator("#people li", has_text=person).inner_text()

    @property
    def chat(self) -> Locator:
        return self.page.locator("#chat")

    @property
    def last(self) -> Locator:
        """The newest message of the account."""
        return self.page.locator("#chat li").last

    def number(self, label: str) -> str:
        """An identity number or code from the person's card."""
        found = re.search(rf"{label} ?([0-9A-Z]{{18}})", self.about)
        assert found, self.about
        return found.group(1)

    def follow(self) -> None:
        self.page.locator("#profile").get_by_role("button", name="关注公众号").click()
        expect(self.chat).to_contain_text("医信通")
        # The welcome may come before the bar below knows of the following.
        expect(self.page.locator("#follow-row")).to_be_hidden()

    def say(self, text: str, expected: str) -> None:
        """Type a message and wait for an answer that contains ``expected``."""
        if self.page.locator("#to-input").is_visible():
            self.page.locator("#to-input").click()
        before = self.page.locator("#chat li").count()
        self.page.get_by_label("输入文字", exact=True).fill(text)
        self.page.locator("#send").click()
        expect(self.page.locator("#chat li").nth(before)).to_be_visible()
        expect(self.last).to_contain_text(expected)

    def tap(self, button: str, item: str, expected: str) -> None:
        """Tap a button of the menu and one of its items."""
        if self.page.locator("#to-menu").is_visible():
            self.page.locator("#to-menu").click()
        self.page.get_by_role("menuitem", name=button).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()
        expect(self.last).to_contain_text(expected)

    def choose(self, label: str, expected: str) -> None:
        """Tap a tappable answer in the newest message."""
        self.last.get_by_role("link", name=label, exact=True).click()
        expect(self.last).to_contain_text(expected)

    def photo(self, file: Path, expected: str) -> None:
        if not self.page.get_by_role("button", name="照片", exact=True).is_visible():
            self.page.get_by_label("更多：照片、位置、文件").click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="照片", exact=True).click()
        chooser.value.set_files(file)
        expect(self.last).to_contain_text(expected)
