"""An installation in processes of its own: the service, workers, the stand-in for WeChat."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEDCREDIT = Path(sys.executable).with_name("medcredit")
TOKEN = "crashtesttoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wx5afe5afe5afe5afe"
SECRET = "0123456789abcdef0123456789abcdef"
KEY = "crash-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Process:
    """A process that is started, killed without warning and started again."""

    command: list[str | Path]
    environment: dict[str, str]
    log: Path
    ready_url: str = ""
    ready_word: bytes = b""
    running: subprocess.Popen[bytes] | None = None
    kills: int = 0
    began: int = 0
    """Where the log of the present life begins."""

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.began = log.tell()
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def wait_ready(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._is_ready():
                return
            if self.running is not None and self.running.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"not ready: {self._last_words()}")

    def _last_words(self) -> str:
        """How the process stands, where each of its threads is, and the end of its log."""
        state = "never started"
        if self.running is not None:
            state = f"ended with {self.running.poll()}"
            if self.running.returncode is None:
                state = "ran"
                self.running.send_signal(signal.SIGABRT)
                self.running.wait(15)
        said = self.log.read_bytes()[self.began :].decode(errors="replace")
        return f"{state}: {said[-6000:]}"

    def _is_ready(self) -> bool:
        if not self.ready_url:
            return self.ready_word in self.log.read_bytes()[self.began :]
        try:
            with urllib.request.urlopen(self.ready_url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """`kill -9`, whatever it is doing."""
        if self.running is not None and self.running.poll() is None:
            os.kill(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.kills += 1

    def end(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(15)
            except subprocess.TimeoutExpired:
                self.running.kill()
                self.running.wait()


@dataclass
class Installation:
    """Settings, database and processes of one test; everything stands in ``folder``."""

    folder: Path
    database_url: str
    processes: list[Process] = field(default_factory=list)
    wechat_url: str = "http://127.0.0.1:9"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if "MEDCREDIT" not in name},
            # Where the threads are when a process that hangs is made to stop.
            "PYTHONFAULTHANDLER": "1",
            "MEDCREDIT_DATABASE_URL": self.database_url,
            "MEDCREDIT_VAR_DIR": str(self.folder),
            "MEDCREDIT_SECRET_KEY": KEY,
            "MEDCREDIT_DATA_KEY": KEY,
            "MEDCREDIT_WECHAT_APPID": APPID,
            "MEDCREDIT_WECHAT_SECRET": SECRET,
            "MEDCREDIT_WECHAT_TOKEN": TOKEN,
            "MEDCREDIT_WECHAT_AES_KEY": AES_KEY,
            "MEDCREDIT_WECHAT_API_BASE": f"{self.wechat_url}/sandbox/platform",
            **{name: os.environ[name] for name in ("MEDCREDIT_CACHE_DIR",) if name in os.environ},
        }

    def run(self, *words: str) -> None:
        done = subprocess.run(
            [MEDCREDIT, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def platform(self, templates: list[dict[str, Any]] | None = None, *, crowd: str) -> Platform:
        port = free_port()
        config = self.folder / "sandbox.json"
        config.write_text(
            json.dumps(
                {"secret": SECRET, "token": TOKEN, "aes_key": AES_KEY, "templates": templates or []}
            )
        )
        process = Process(
            [
                *(sys.executable, "-m", "bot.sandbox", "--port", str(port)),
                *("--state", self.folder / "wx", "--config", config),
                *("--crowd", crowd, "--no-receipts"),
            ],
            self.environment,
            self.folder / "wx.log",
            f"http://127.0.0.1:{port}/sandbox/control/faults",
        )
        self.wechat_url = f"http://127.0.0.1:{port}"
        self.processes.append(process)
        process.start()
        process.wait_ready()
        return Platform(f"{self.wechat_url}/sandbox/control")

    def service(self) -> Process:
        port = free_port()
        return self._made(
            f"serve-{port}.log",
            ["serve", "--port", str(port)],
            ready_url=f"http://127.0.0.1:{port}/readyz",
        )

    def worker(self, number: int) -> Process:
        return self._made(f"worker-{number}.log", ["worker"], ready_word=b"The worker runs.")

    def _made(self, log: str, words: list[str], **ready: Any) -> Process:
        process = Process([MEDCREDIT, *words], self.environment, self.folder / log, **ready)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in reversed(self.processes):
            process.end()

    def logs(self) -> str:
        """Everything that the service and the workers wrote."""
        return "".join(
            one.log.read_text(errors="replace")
            for one in self.processes
            if one.command[0] == MEDCREDIT and one.log.exists()
        )


@dataclass(frozen=True)
class Platform:
    """The control of the stand-in."""

    url: str

    def faults(self, *rules: dict[str, Any], seed: int = 7) -> None:
        self._post("faults", {"rules": list(rules), "seed": seed})

    def speaks(self, openid: str) -> None:
        """A person writes something, which opens the window for answers."""
        self._post("persons", {"name": openid, "openid": openid})
        self._post("act", {"openid": openid, "do": "follow"})
        self._post("act", {"openid": openid, "do": "say", "text": "在吗"})

    def _post(self, path: str, said: dict[str, Any]) -> None:
        data = json.dumps(said).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data=data, method="POST")
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error

    def log(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/log", timeout=20) as answer:
            return [json.loads(line) for line in answer if line.strip()]
