"""Rules explained: documents are imported, questions are answered from them with sources."""

from __future__ import annotations
