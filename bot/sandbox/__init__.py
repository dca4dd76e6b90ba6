"""A stand-in for the WeChat platform, with a phone in the browser.

The product speaks to it as it speaks to WeChat: by HTTP only. Nothing here imports the product.
"""

from __future__ import annotations

from bot.sandbox.app import Sandbox, make_sandbox
from bot.sandbox.config import PersonSpec, SandboxConfig, TemplateSpec
from bot.sandbox.phone import Phone

__all__ = ["PersonSpec", "Phone", "Sandbox", "SandboxConfig", "TemplateSpec", "make_sandbox"]
