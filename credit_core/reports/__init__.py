"""Credit reports with nine sections and a conclusion, and the question «may this go ahead?»."""

from __future__ import annotations
