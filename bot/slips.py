"""Slips of the keyboard: 能补能 is 能不能, and 不是修富是修复 puts a word right.

The words stand in ``config/conversation.yaml``.
"""

from __future__ import annotations

import re

from bot.follow_up import bare, words

LONGEST = 18


def unslipped(message: str) -> str:
    """The message with the usual slips of the keyboard put right: 能补能 is 能不能."""
    for slip, meant in words().slips.items():
        message = re.sub(slip, meant, message)
    return message


def corrected(message: str) -> str | None:
    """What is meant, where somebody puts a word right: 不是修富是修复, 打错了 是申诉.

    A word that is no slip of the right one is a denial rather: 不是借卡，是盗刷.
    """
    said = re.sub(r"[\s，。！？、,.!?~：:“”]+", "", message)
    if len(said) > LONGEST:
        return None
    for found in (re.fullmatch(pattern, said) for pattern in words().mistyped):
        if found is None:
            continue
        parts = found.groupdict()
        if parts["slip"] or unslipped(parts.get("wrong") or "") == parts["right"]:
            return bare(parts["right"])
    return None
