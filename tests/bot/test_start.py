"""A service that cannot work says so in one line and ends with 2, before anything is served."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

MEDCREDIT = Path(sys.executable).with_name("medcredit")
GOOD = {
    "MEDCREDIT_SECRET_KEY": "unit-tests-only-secret-0123456789-abcdef",
    "MEDCREDIT_DATA_KEY": "unit-tests-only-0123456789-abcdefghijklmnop",
    "MEDCREDIT_WECHAT_SECRET": "0123456789abcdef0123456789abcdef",
    "MEDCREDIT_WECHAT_APPID": "wx5afe5afe5afe5afe",
    "MEDCREDIT_WECHAT_TOKEN": "startingtoken",
    "MEDCREDIT_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}


def started(
    folder: Path, changes: Mapping[str, str | None], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with good settings but for ``changes`` (None leaves one out)."""
    settings: dict[str, str | None] = {
        **GOOD,
        "MEDCREDIT_DATABASE_URL": f"sqlite:///{folder / 'start.sqlite3'}",
        "MEDCREDIT_VAR_DIR": str(folder),
        **changes,
    }
    clean = {name: value for name, value in os.environ.items() if name in KEPT}
    clean |= {name: value for name, value in settings.items() if value is not None}
    return subprocess.run(
        [MEDCREDIT, *(words or ("serve", "--port", "0"))],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


KEPT = {"PATH", "HOME", "LANG", "PYTHONPATH", "MEDCREDIT_CACHE_DIR"}

SECRETS = [
    ("MEDCREDIT_SECRET_KEY", None),
    ("MEDCREDIT_SECRET_KEY", "short"),
    ("MEDCREDIT_SECRET_KEY", "a" * 64),
    ("MEDCREDIT_DATA_KEY", None),
    ("MEDCREDIT_DATA_KEY", "abcd" * 16),
    ("MEDCREDIT_WECHAT_SECRET", None),
    ("MEDCREDIT_WECHAT_SECRET", "x" * 32),
    ("MEDCREDIT_WECHAT_APPID", None),
    ("MEDCREDIT_WECHAT_TOKEN", None),
    ("MEDCREDIT_WECHAT_TOKEN", "ab"),
    ("MEDCREDIT_WECHAT_TOKEN", "with space"),
    ("MEDCREDIT_WECHAT_TOKEN", "t" * 33),
    ("MEDCREDIT_WECHAT_AES_KEY", None),
    ("MEDCREDIT_WECHAT_AES_KEY", "a1B2" * 10 + "ab"),
    ("MEDCREDIT_WECHAT_AES_KEY", "a1B2" * 11),
    ("MEDCREDIT_WECHAT_AES_KEY", "!?" + "a" * 41),
    ("MEDCREDIT_WECHAT_MODE", "plain"),
    ("MEDCREDIT_WECHAT_MODE", "clear"),
    ("MEDCREDIT_WORKERS", "many"),
    ("MEDCREDIT_LOG_LEVEL", "LOUD"),
]


def refuses(done: subprocess.CompletedProcess[str], naming: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert naming in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_missing_or_weak_setting_is_named(tmp_path: Path, name: str, value: str | None) -> None:
    done = started(tmp_path, {name: value})
    refuses(done, name)
    if value is not None and len(value) > 6:
        assert value not in done.stderr.replace(f"{name}={value}", "")
    assert not (tmp_path / "start.sqlite3").exists()


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_without_the_schema_is_not_used(tmp_path: Path, command: str) -> None:
    refuses(started(tmp_path, {}, command), "medcredit db upgrade")


@pytest.mark.parametrize("words", [("serve",), ("worker",), ("db", "upgrade")])
def test_a_database_that_does_not_answer_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"postgresql://somebody:dont-show-me@127.0.0.1:{port}/none"
        done = started(tmp_path, {"MEDCREDIT_DATABASE_URL": url}, *words)
    refuses(done, "MEDCREDIT_DATABASE_URL")
    assert "dont-show-me" not in done.stderr


@pytest.mark.parametrize("url", ["what", "oracles://x/y", "sqlite:////proc/none/x.sqlite3"])
def test_an_address_that_means_no_database_is_named(tmp_path: Path, url: str) -> None:
    refuses(started(tmp_path, {"MEDCREDIT_DATABASE_URL": url}), "MEDCREDIT_DATABASE_URL")


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refuses(started(tmp_path, {"MEDCREDIT_CONFIG": str(tmp_path / "no.toml")}), "MEDCREDIT_CONFIG")


def test_a_settings_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("secret_key = [", encoding="utf-8")
    refuses(started(tmp_path, {"MEDCREDIT_CONFIG": str(tmp_path / "odd.toml")}), "MEDCREDIT_CONFIG")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    assert started(tmp_path, {}, "db", "upgrade").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refuses(started(tmp_path, {}, "serve", "--port", port), port)


def test_a_taken_port_is_named_before_the_demo_makes_anything(tmp_path: Path) -> None:
    """It was told after a minute of making data and learning, below «ready»."""
    state = tmp_path / "state"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refuses(started(tmp_path, {}, "demo", "--port", port, "--state", str(state)), port)
    assert not state.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for state in ("/proc/none", str(tmp_path / "file")):
        refuses(started(tmp_path, {}, "demo", "--port", free(), "--state", state), "--state")


def test_secrets_of_the_demo_that_are_damaged_are_named(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets.json").write_text('{"secret_key": "', encoding="utf-8")
    done = started(tmp_path, {}, "demo", "--port", free(), "--state", str(tmp_path))
    refuses(done, "secrets.json")


def free() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
