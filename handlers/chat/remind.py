"""开启提醒, 提醒设置, 退订: reminders of days that come near, as the person wants them."""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.follow_up import ask
from bot.form import start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from credit_core.deadlines.models import Deadline
from handlers.chat.phrases import choices, due_day
from notices import reminders
from notices.reminders import Wish

# At most three signs: a longer run of digits is no number of days, and would be read n² times.
_FEW = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_AND = "(?:和|、|跟|与|，|,|还有)?"
_DAYS = re.compile(
    rf"(?:提前|早|前)个?((?:{_FEW}[天日]?{_AND}){{0,5}}{_FEW}[天日])"
    rf"|({_FEW}[天日])(?:之前|以前|前)"
)
_HOURS = re.compile(
    r"(?:晚上?|夜里)?([一二两三四五六七八九十\d]{1,3})[点时:：](?:钟|半|00)?(?:以?后)?(?:到|至|-|—|~)"
    r"(?:第二天|次日|早上?|早晨|上午)*([一二两三四五六七八九十\d]{1,3})[点时:：]?"
)


def register(routes: Routes) -> None:
    routes.intents["remind_on"] = switch_on
    routes.intents["remind_off"] = switch_off
    routes.taps["remind_settings"] = settings
    for asked in ("when", "ends", "how", "keep"):
        routes.asks["remind_on", asked] = how_it_is
    routes.asks["remind_off", "keep"] = how_it_is
    for word in topic("reminders_chat")["off_exactly"]:
        routes.words[word] = switch_all_off
    routes.words_in_text.append((_wants_settings, switch_on))
    routes.words_in_text.append((_against_law, statutory))
    routes.words_in_text.append((_wants_kept, how_it_is))


def _wants_settings(said: str) -> bool:
    data = topic("reminders_chat")
    if any(word in said for word in data["settings_words"]):
        return True
    about_hours = _HOURS.search(said) and any(word in said for word in data["hush_words"])
    return bool(about_hours or (_DAYS.search(said) and data["remind_word"] in said))


def _wants_kept(said: str) -> bool:
    """我没说要关: nothing changes."""
    signs = topic("reminders_chat")["off_signs"]
    return ask(said) == "keep" and any(word in said for word in signs)


def _against_law(said: str) -> bool:
    data = topic("reminders_chat")
    return any(word in said for word in data["law_words"]) and any(
        word in said for word in data["off_words"]
    )


def statutory(turn: Turn) -> Reply:
    """A notice that the law prescribes has no switch, and this is why."""
    on = wish_of(turn).on
    return Text(
        text("reminders_chat", "statutory"), choices("remind_settings" if on else "help", "agent")
    )


def wish_of(turn: Turn) -> Wish:
    """What is on now, for whom this follower speaks."""
    clerk = turn.organisation() is not None
    return reminders.setting(turn.session, turn.follower.id, clerk=clerk)


def begin(turn: Turn) -> None:
    """A clerk's reminders, all on without a word, are written down before one is changed."""
    if wish_of(turn).on and not reminders.setting(turn.session, turn.follower.id).on:
        reminders.switch_on(turn.session, turn.follower.id, now=turn.now)


def switch_on(turn: Turn) -> Reply:
    """On, with the days and hours that the sentence names; 提醒设置 alone opens the form."""
    said = turn.text if turn.typed else ""
    days, quiet = days_in(said), quiet_in(said)
    kinds = kinds_in(said)
    if any(word in said for word in topic("reminders_chat")["form_words"]) and not days:
        return settings(turn)
    if turn.bindings() == []:
        return Text(text("reminders_chat", "on_unbound"), choices("bind", "help"))
    allowed = reminders.rules().choices
    wrong = [one for one in days if one not in allowed]
    if wrong:
        return Text(days_allowed(), choices("remind_settings"))
    begin(turn)
    on = wish_of(turn).on
    # 提前三天吧 changes the days of what is on; it switches nothing else on.
    only_when = on and not kinds and bool(days or quiet)
    reminders.switch_on(
        turn.session,
        turn.follower.id,
        () if only_when else kinds or None,
        now=turn.now,
        days_ahead=days or None,
        quiet=quiet,
    )
    return told(turn, "set" if only_when else "switched_on")


def how_it_is(turn: Turn) -> Reply:
    """提前几天发, 什么时候发: what is switched on now; nothing changes."""
    if not wish_of(turn).on:
        return Text(text("reminders_chat", "off_none"), choices("remind_on", "help"))
    return told(turn, "is_on")


def switch_off(turn: Turn) -> Reply:
    """退订; «优惠券的别提醒» switches one kind off."""
    if _against_law(turn.text):
        return statutory(turn)
    kinds = kinds_in(turn.text)
    wish = wish_of(turn)
    if not kinds or not wish.on:
        return switch_all_off(turn)
    begin(turn)
    reminders.switch_off(turn.session, turn.follower.id, kinds, now=turn.now)
    names = "、".join(reminders.titles()[kind] for kind in kinds)
    return Text(text("reminders_chat", "one_off", kinds=names), choices("remind_settings"))


def switch_all_off(turn: Turn) -> Reply:
    turn.context["topic"] = "remind_off"
    if not wish_of(turn).on:
        return Text(text("reminders_chat", "off_none"), choices("remind_on", "help"))
    reminders.switch_off(turn.session, turn.follower.id, now=turn.now)
    return Text(text("reminders_chat", "switched_off"), choices("remind_on"))


def days_in(said: str) -> list[int]:
    """The days ahead that a message names: 提前三天, 早一周."""
    for span, meant in topic("reminders_chat")["spans"].items():
        said = said.replace(span, f"{meant}天")
    spans = ("".join(found) for found in _DAYS.findall(said))
    found = [whole(number) for span in spans for number in re.findall(NUMBER, span)]
    return [number for number in found if number is not None]


def quiet_in(said: str) -> tuple[int, int] | None:
    found = _HOURS.search(said)
    if found is None:
        return None
    begin, end = whole(found[1]), whole(found[2])
    if begin is None or end is None or begin > 23 or end > 23:
        return None
    evening = any(word in said for word in topic("reminders_chat")["evening_words"])
    return (begin + 12 if evening and begin < 12 else begin), end


def kinds_in(said: str) -> list[str]:
    words: dict[str, list[str]] = topic("reminders_chat")["kind_words"]
    return [kind for kind, listed in words.items() if any(word in said for word in listed)]


def told(turn: Turn, key: str) -> Reply:
    """What is on now, in one breath, and the nearest day."""
    wish = wish_of(turn)
    lines = [
        text("reminders_chat", key),
        text("reminders_chat", "kinds_line", kinds=_kinds(wish)),
        text(
            "reminders_chat",
            "days_line",
            days=_days(wish),
            quiet=hours(wish.quiet.start, wish.quiet.end),
        ),
    ]
    near = _nearest(turn)
    if near is not None:
        what = text("h5", f"deadlines.{near.kind}")
        on = due_day(near.on, provisional=near.provisional)
        lines.append(text("reminders_chat", "near", what=what, on=on))
    return Text("\n".join(lines), choices("remind_settings", "score"))


def _kinds(wish: Wish) -> str:
    titles = reminders.titles()
    if set(titles) <= wish.kinds:
        return text("reminders_chat", "all")
    return "、".join(title for kind, title in titles.items() if kind in wish.kinds)


def _days(wish: Wish) -> str:
    if not wish.days_ahead:
        spread = _spread(wish)
        key = "days_usual_are" if spread else "days_at_once"
        return text("reminders_chat", key, days=spread)
    named = [
        text("reminders_chat", "days_ahead", days=days)
        if days
        else text("reminders_chat", "same_day")
        for days in wish.days_ahead
    ]
    return "、".join(named)


def _spread(wish: Wish) -> str:
    """The days of the kinds that are on, the earliest first: 30、7、1."""
    kinds = reminders.rules().kinds
    days = {one for kind in wish.kinds if kind in kinds for one in kinds[kind].days_ahead}
    return "、".join(str(one) for one in sorted(days - {0}, reverse=True))


def hours(begin: int, end: int) -> str:
    """晚上9点到早上8点."""
    return text("reminders_chat", "hours", start=_hour(begin), end=_hour(end))


def _hour(hour: int) -> str:
    parts: dict[str, str] = topic("reminders_chat")["parts"]
    begin = max((first for first in parts if int(first) <= hour), key=int)
    return text("reminders_chat", "hour", part=parts[begin], hour=hour if hour < 13 else hour - 12)


def _nearest(turn: Turn) -> Deadline | None:
    subject = turn.subject()
    if subject is None:
        return None
    return turn.session.scalar(
        select(Deadline)
        .where(
            Deadline.subject_id == subject.id,
            Deadline.done.is_(False),
            Deadline.on >= turn.today,
        )
        .order_by(Deadline.on)
        .limit(1)
    )


def settings(turn: Turn) -> Reply:
    return start(turn, "reminders")


def allowed() -> str:
    """How many days ahead may be chosen, as a list in words."""
    return "、".join(str(days) for days in reminders.rules().choices if days)


def days_allowed() -> str:
    return text("reminders_chat", "days_wrong", allowed=allowed())
