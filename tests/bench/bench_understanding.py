"""How fast and how large the understanding is: one core, after start."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bot.understanding import Understander

DATA = Path(__file__).resolve().parents[1] / "bot" / "understanding" / "data"

_START = """
import json, re, time
from pathlib import Path
before = time.perf_counter()
from bot.understanding import Understander
understander = Understander.load()
understander.understand("我的信用分")
seconds = time.perf_counter() - before
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"seconds": seconds, "mebibytes": peak}))
"""


def messages() -> list[str]:
    """Every held-out message, so long and short ones in their usual mixture."""
    return [
        line.split("\t")[0]
        for path in sorted(DATA.glob("heldout_*.tsv"))
        for line in path.read_text("utf-8").splitlines()[1:]
    ]


def run() -> list[dict[str, object]]:
    """Rows of name, value, unit and goal."""
    import json

    understander = Understander.load()
    texts = messages()
    for text in texts[:200]:
        understander.understand(text)
    seconds: list[float] = []
    for _ in range(3):
        for text in texts:
            # Time of the core, so that other work on the machine does not count.
            before = time.thread_time()
            understander.understand(text)
            seconds.append(time.thread_time() - before)
    seconds.sort()
    started = json.loads(
        subprocess.run(
            [sys.executable, "-c", _START],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        ).stdout
    )
    median = seconds[len(seconds) // 2] * 1000
    slow = seconds[int(len(seconds) * 0.99)] * 1000
    return [
        {"name": "understand p50", "value": round(median, 3), "unit": "ms", "goal": 0.5},
        {"name": "understand p99", "value": round(slow, 3), "unit": "ms", "goal": 2.0},
        {"name": "start", "value": round(started["seconds"], 2), "unit": "s", "goal": 2.0},
        {"name": "memory", "value": round(started["mebibytes"]), "unit": "MiB", "goal": 250},
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
