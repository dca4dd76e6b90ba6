"""Commands of the medcredit command line, one topic a file."""

from __future__ import annotations
