"""The bureau's console at ``/staff/``: one file per topic, templates and own styles beside."""

from __future__ import annotations
