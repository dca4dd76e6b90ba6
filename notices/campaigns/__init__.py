"""Campaigns: one message to many, prepared by one person and released by another."""

from __future__ import annotations
