"""Conversations, one file each, named as on the menu."""

from __future__ import annotations
