"""双随机、一公开: objects drawn by lot, inspectors matched by lot, everything repeatable."""

from __future__ import annotations
