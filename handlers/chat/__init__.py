"""Conversations, one file each, named as on the menu."""

from __future__ import annotations

from bot.turn import Routes
from bot.understanding import Understander
from config.texts import text
from handlers.chat import (
    access_log,
    acts,
    agent,
    alerts,
    benefits,
    bind,
    bind_for,
    by_one_act,
    by_sign,
    closed_offers,
    commitment,
    consequences,
    coupons,
    denial,
    easiest,
    fraud,
    grade_lines,
    large,
    left_alone,
    meanwhile,
    objection,
    of_time,
    often_asked,
    one_record,
    other_day,
    others,
    outlook,
    own_points,
    platform_events,
    policy,
    privacy,
    redeem,
    remind,
    remind_form,
    remind_talk,
    repair,
    repair_application,
    repair_rules,
    report,
    report_asked,
    safety,
    score,
    staff_link,
    standing,
    start,
    supposed,
    tampering,
    tip_off,
    unbind,
    ways,
    withdraw,
)

CONVERSATIONS = (
    safety,
    ways,
    access_log,
    agent,
    alerts,
    report_asked,
    closed_offers,
    coupons,
    benefits,
    bind,
    bind_for,
    by_one_act,
    by_sign,
    commitment,
    consequences,
    denial,
    easiest,
    fraud,
    grade_lines,
    large,
    left_alone,
    meanwhile,
    objection,
    of_time,
    one_record,
    other_day,
    others,
    outlook,
    own_points,
    platform_events,
    policy,
    privacy,
    redeem,
    remind_talk,
    remind,
    remind_form,
    repair,
    repair_application,
    repair_rules,
    report,
    score,
    staff_link,
    standing,
    start,
    supposed,
    tampering,
    acts,
    tip_off,
    unbind,
    withdraw,
)
"""In this order they are asked whether a message is theirs."""


def make_routes(understander: Understander) -> Routes:
    """Every conversation, with the titles that tappable choices show."""
    same = {"help": text("common", "choices.help"), "agent": text("common", "choices.agent")}
    routes = Routes(titles={**understander.titles, **same}, destructive=understander.destructive)
    for conversation in CONVERSATIONS:
        conversation.register(routes)
    often_asked.register(routes, understander)
    opens_a_form = {intent for form in routes.forms.values() for intent in form.intents}
    routes.acting = frozenset(opens_a_form | understander.destructive | {"remind_on", "remind_off"})
    return routes
