"""Install what the tests need beyond the Python packages: a browser. Run by `make test`.

Debian's chromium is installed where it is missing and may be; what cannot be installed is named
in one line, and the browser tests are then skipped (or fail, where services are required).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
FONTS = "fonts-noto-cjk"


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print("No browser found: install chromium to run the browser tests.", file=sys.stderr)
        return 0
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = [apt, "install", "-y", "--no-install-recommends", "chromium", FONTS]
    for command in ([apt, "update"], install):
        if subprocess.run(command, check=False, env=environment, **quiet).returncode != 0:
            print("chromium could not be installed: browser tests cannot run.", file=sys.stderr)
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
