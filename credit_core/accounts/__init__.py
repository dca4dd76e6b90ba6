"""WeChat users as the service knows them: followers, bindings, consents, staff."""

from __future__ import annotations
