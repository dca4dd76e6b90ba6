"""The sandbox in a process of its own: `python -m bot.sandbox --port 9000 --state DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from bot.sandbox.app import make_sandbox
from bot.sandbox.config import SandboxConfig


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--state", type=Path, required=True, help="folder of the state")
    parser.add_argument("--callback-url", default="", help="where the account listens")
    parser.add_argument("--public-url", default="", help="how browsers reach this process")
    parser.add_argument("--mode", choices=("plain", "compatible", "safe"), default="safe")
    parser.add_argument("--appid")
    parser.add_argument("--secret")
    parser.add_argument("--token")
    parser.add_argument("--aes-key")
    parser.add_argument("--config", type=Path, help="JSON file with fields of SandboxConfig")
    parser.add_argument("--crowd", action="append", help="openid prefix of silent followers")
    parser.add_argument("--no-receipts", action="store_true", help="send no job events")
    return parser.parse_args()


def _config(chosen: argparse.Namespace) -> SandboxConfig:
    fields = json.loads(chosen.config.read_text("utf-8")) if chosen.config else {}
    given = {
        "state_dir": chosen.state,
        "callback_url": chosen.callback_url,
        "public_url": chosen.public_url or f"http://{chosen.host}:{chosen.port}",
        "mode": chosen.mode,
        "appid": chosen.appid,
        "secret": chosen.secret,
        "token": chosen.token,
        "aes_key": chosen.aes_key,
        "crowd": tuple(chosen.crowd) if chosen.crowd else None,
        "receipts": False if chosen.no_receipts else None,
    }
    fields.update({name: value for name, value in given.items() if value is not None})
    return SandboxConfig.model_validate(fields)


def main() -> int:
    """Serve until stopped; the same paths as in the demo (`/sandbox/…`)."""
    chosen = _arguments()
    try:
        config = _config(chosen)
    except (ValidationError, ValueError, OSError):
        return 2
    root = web.Application()
    root.add_subapp(config.mount, make_sandbox(config).app)
    web.run_app(root, host=chosen.host, port=chosen.port, print=None, access_log=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
