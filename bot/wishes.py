"""A message as a wish: understood, and handed to the handler of its intent.

Between near intents it asks back with tappable choices; below a floor nothing is acted upon; a
setting is changed only by words that name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import asides, commands, follow_up, form, spoken_of
from bot.models import NotUnderstood
from bot.reply import Choice, Reply, Text, ToAgent
from bot.turn import Handler, Turn, Understood
from config.texts import text
from credit_core.masking import mask_free_text

MOST_CHOICES = 3
FLOOR, SHORT = 0.2, 10
"""Below this share of all intents the best one is only offered: where it would do something, or
where the message is too short to be merely long-winded."""
SURE_OF_SETTING = 0.95
SURE_OF_HALF, GUESSED = 0.5, 0.35
"""Two wishes in one message must be plain each."""
MOST_OF_BOTH = 6
SURE_OF_WORDS = 0.8
NOT_A_WISH = frozenset({"unknown", "greet"})
NO_TOPIC = frozenset({"greet", "help"})
"""What is spoken of stays the same when these come in between."""


def understand(turn: Turn) -> Understood:
    """What the message says; said in anger or about one's own institution, what is left of it."""
    if turn.understood is None:
        turn.understood = turn.services.understander.understand(turn.text, today=turn.today)
        calm = _calmed(turn)
        if turn.understood.intent == "unknown" and calm not in {"", turn.text}:
            again = turn.services.understander.understand(calm, today=turn.today)
            if again.intent not in NOT_A_WISH and not again.ask_back:
                turn.understood = again
        if turn.understood.ask_back or turn.understood.intent == "unknown":
            turn.understood = _plain_at_last(turn, calm) or turn.understood
        if turn.understood.confidence < SURE_OF_WORDS or turn.understood.ask_back:
            turn.understood = _said_outright(turn, calm) or turn.understood
        if (
            turn.understood.confidence < SURE_OF_WORDS or turn.understood.ask_back
        ) and asides.ends_with_wish(turn):
            last = commands.last_clause(turn.text)
            turn.understood = turn.services.understander.understand(last, today=turn.today)
    return turn.understood


def _plain_at_last(turn: Turn, calm: str) -> Understood | None:
    """What the last clause plainly asks for, after a story or a complaint: …，我要申诉; of a short
    message another clause as well: 还是解绑吧，新手机上再弄."""
    last, short = commands.last_clause(calm), commands.clauses(calm)
    if any(re.match(follow_up.words().takes_back, one) for one in short):
        return None  # 我要申诉，哦不是，是修复
    for clause in ([last] if last else []) + short[: -1 if last else 0]:
        found = _form_wanted(turn, clause, commands.is_wish_for)
        if found is not None:
            return found
    return None


def _said_outright(turn: Turn, calm: str) -> Understood | None:
    """点解扣我分㗎，我要申诉呢条记录: 我要申诉 is what is wanted, and the rest its reason."""
    clauses = [one for one in commands.all_clauses(calm) if not follow_up.is_question(one)]
    for clause in reversed(clauses):
        if re.match(follow_up.words().takes_back, clause):
            return None  # 我要申诉，哦不是，是修复
        found = _form_wanted(turn, clause, commands.heads_for)
        if found is not None:
            return found
    return None


def _form_wanted(turn: Turn, clause: str, wants: Callable[[str, str], object]) -> Understood | None:
    """The intent of the form that a clause wants, where understanding says the same."""
    for name, one in turn.services.routes.forms.items():
        if not wants(clause, name):
            continue
        found = turn.services.understander.understand(clause, today=turn.today)
        if found.intent in one.intents and not found.ask_back:
            return found
    return None


def _calmed(turn: Turn) -> str:
    """The message without swearing, and 我们单位 for the name of the institution spoken for."""
    left = follow_up.calm(turn.text)
    if turn.slots.get("institution_names"):
        organisation = turn.organisation()
        if organisation is not None and organisation.name in left:
            left = left.replace(organisation.name, follow_up.words().own_organisation)
    return left


def is_abusive(said: str) -> bool:
    return any(word in said for word in follow_up.words().abuse)


def is_only_abuse(said: str) -> bool:
    """Whether nothing but anger is said: 你们都是骗子."""
    if not is_abusive(said):
        return False
    left = follow_up.calm(said)
    if re.search(follow_up.words().scolds, left):
        return True
    return (
        len(re.sub(r"[\W你们您他她它这那个都是全的了吧啊呀啥什么一群帮真就系统玩意儿]", "", left))
        <= 1
    )


def answer(turn: Turn) -> Reply:
    """The reply to a wish, or to two that one message joins."""
    halves = follow_up.two_in(turn.text)
    both = None if halves is None else _both(turn, halves)
    return _one(turn) if both is None else both


def _both(turn: Turn, halves: tuple[str, str]) -> Reply | None:
    """The answers to two plain wishes, the one that only tells first; None when they are not.

    Where the first opens a form, the second is offered beside it.
    """
    routes, wanted = turn.services.routes, []
    for half in halves:
        found = turn.services.understander.understand(half, today=turn.today)
        if found.intent in NOT_A_WISH or found.ask_back or found.confidence < SURE_OF_HALF:
            return None
        wanted.append((half, found))
    if wanted[0][1].intent == wanted[1][1].intent:
        return None
    wanted.sort(key=lambda pair: pair[1].intent in routes.acting)
    held = turn.open_form
    replies: list[Reply] = []
    later: tuple[Choice, ...] = ()
    for half, found in wanted:
        if turn.open_form is not held:
            later = offered(turn, found.intent)
            break
        turn.restated, turn.understood = half, found
        replies.append(_one(turn))
    told = [reply for reply in replies if isinstance(reply, Text)]
    last = replies[-1]
    if isinstance(last, ToAgent):
        return ToAgent("\n\n".join([*(reply.content for reply in told), last.notice]))
    if len(told) < len(replies):
        return last
    if later:
        told.append(Text(text("common", "one_by_one")))
    choices = {choice.label: choice for reply in reversed(told) for choice in reply.choices}
    choices |= {choice.label: choice for choice in later}
    most = tuple(choices.values())[:MOST_OF_BOTH]
    return Text("\n\n".join(reply.content for reply in told), most)


def _one(turn: Turn) -> Reply:
    """The reply to a wish: what it names, a follow-up, a question back, or the intent's handler."""
    understood = understand(turn)
    leaning = named(turn) or spoken_of.handler(turn)
    if leaning is None and understood.intent in NOT_A_WISH:
        leaning = spoken_of.at_last(turn)
    if leaning is not None:
        return leaning(turn)
    wished = _wished_form(turn, understood)
    if wished is not None:
        turn.context["topic"] = wished
        return turn.services.routes.intents[wished](turn)
    reply = _told_of_form(turn, understood) or _as_it_is(turn, understood)
    reply = reply or _aside(turn, understood) or _only_offered(turn, understood)
    reply = reply or _asked_back(turn, understood) or _handled(turn, understood)
    if is_abusive(turn.text) and isinstance(reply, Text) and understood.intent != "unknown":
        return Text(f"{text('common', 'calm')}\n{reply.content}", reply.choices)
    return reply


def _wished_form(turn: Turn, understood: Understood) -> str | None:
    """The intent of a form that the words plainly ask for, where understanding only guesses
    another: 还是申诉吧."""
    shares = [share for _name, share in understood.alternatives]
    # Equal shares: a word that is known to mean either.
    shared = len(shares) > 1 and shares[0] == shares[1]
    if shared or understood.confidence >= SURE_OF_WORDS:
        return None
    for name, intent, one in turn.services.routes.wishes():
        plain = commands.names(turn.text, name) and commands.is_wish_for(turn.text, name)
        if plain and (understood.ask_back or understood.intent not in one.intents):
            return intent
    return None


def _told_of_form(turn: Turn, understood: Understood) -> Reply | None:
    """The answer to a question about a form that is not open: 举报要留名字吗.

    The form is named, or was just spoken of and nothing else is plainly wanted.
    """
    if not follow_up.is_question(turn.text):
        return None
    plain = understood.intent not in NOT_A_WISH and not understood.ask_back
    rules = turn.services.routes.rules
    if plain and understood.intent == "policy" and understood.confidence >= SURE_OF_HALF:
        if rules is None or not any(commands.names(turn.text, name) for name in commands.forms()):
            return None
        found = rules(turn)
        if found is not None:
            return found
    for name, intent, one in turn.services.routes.wishes():
        spoken_of = turn.context.get("topic") in one.intents | one.near
        nothing_else = not plain or understood.intent in one.intents
        meant = spoken_of or (plain and understood.intent in one.intents)
        leans = meant and nothing_else and not follow_up.is_elsewhere(turn.text)
        if not (commands.names(turn.text, name) or leans):
            continue
        answer = form.told(turn, one, outside=True)
        if answer is not None:
            turn.context["topic"] = intent
            return Text(answer, offered(turn, *one.intents, "help"))
    return None


def named(turn: Turn) -> Handler | None:
    """Who answers for what the message names, whatever its intent."""
    return next((handler for fits, handler in turn.services.routes.named if fits(turn)), None)


def _handled(turn: Turn, understood: Understood) -> Reply:
    routes = turn.services.routes
    vague = understood.intent == "greet" and understood.confidence < FLOOR
    if understood.intent == "unknown" or vague:
        remember(turn, understood.alternatives[0][0] if understood.alternatives else "")
        perhaps = asides.offered(turn, understood)
        if perhaps:
            return _choices(turn, "asked", perhaps)
    elif understood.intent not in NO_TOPIC:
        turn.context["topic"] = understood.intent
    name = "unknown" if vague else understood.intent
    return routes.intents.get(name, routes.intents["unknown"])(turn)


def _aside(turn: Turn, understood: Understood) -> Reply | None:
    """The answer to a question that is often asked beside the main wish."""
    asked = asides.beside(turn, understood)
    return None if asked is None else asked(turn)


def _as_it_is(turn: Turn, understood: Understood) -> Reply | None:
    """How a setting stands, where that is asked."""
    tells = turn.services.routes.asks.get((understood.intent, "how"))
    named = follow_up.words().settings.get(understood.intent)
    asked = named is not None and tells is not None and follow_up.asks_how_set(turn.text)
    return tells(turn) if asked and tells is not None else None


def _only_offered(turn: Turn, understood: Understood) -> Reply | None:
    """A setting is not changed by a word that does not name it, nor by a question about it."""
    named = follow_up.words().settings.get(understood.intent)
    if named is None or understood.ask_back:
        return None
    asks = follow_up.asks_about_setting(turn.text)
    is_named = any(word in turn.text.lower() for word in named)
    if not asks and (is_named or understood.confidence >= SURE_OF_SETTING):
        return None
    offered_ones = offered(turn, understood.intent)
    return _choices(turn, "setting", offered_ones) if offered_ones else None


def _asked_back(turn: Turn, understood: Understood) -> Reply | None:
    """Two or three choices when the message may mean either; None when it is plain."""
    weak = understood.confidence < FLOOR and (
        understood.intent in turn.services.routes.acting or len(turn.text) <= SHORT
    )
    doubtful = understood.intent == "unknown" or weak
    if not understood.ask_back and (understood.intent in NOT_A_WISH or not doubtful):
        return None
    names = [name for name, _share in understood.alternatives]
    near = [name for name in names or [understood.intent] if name not in NOT_A_WISH]
    told = (
        spoken_of.standing(turn) if near and set(near) <= set(turn.services.routes.cases) else None
    )
    if told is not None:
        return told(turn)
    choices = offered(turn, *near[:MOST_CHOICES])
    if understood.confidence < GUESSED:
        choices = (*choices[:2], *asides.offered(turn, understood)[:2])
    if len(choices) < (1 if doubtful else 2):
        return None
    remember(turn, understood.intent)
    return _choices(turn, "near" if doubtful else "ask_back", choices)


def _choices(turn: Turn, question: str, choices: tuple[Choice, ...]) -> Text:
    """A question with choices; until the next message they can also be typed by place or part."""
    if "none_of_these" in turn.services.routes.taps:
        choices = (*choices, Choice("none_of_these", text("common", "none_of_these")))
    turn.context["asking"] = True
    return Text(text("common", question), choices)


def offered(turn: Turn, *intents: str) -> tuple[Choice, ...]:
    """Choices of these intents, as far as there is somebody to answer them."""
    routes = turn.services.routes
    return tuple(
        Choice(f"intent:{intent}", routes.titles[intent])
        for intent in intents
        if intent in routes.intents and intent in routes.titles
    )


def remember(turn: Turn, best: str) -> None:
    """Keep what was not understood, masked, so that staff can label it."""
    turn.session.add(
        NotUnderstood(at=turn.now, text=mask_free_text(turn.text)[:500], best_intent=best)
    )
