"""The data files that ship with the product, read as they are.

Files that staff may change are checked by :mod:`credit_core.datafile` instead, which tells faults.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read(path: Path) -> Any:
    """The content of a YAML file as plain lists, mappings and values.

    By libyaml, some ten times as fast as PyYAML's own parser.
    """
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
