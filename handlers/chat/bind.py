"""绑定: consent, name and identity number for a person; code for an organisation."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import date

from bot import commands
from bot.form import (
    Answers,
    Field,
    Form,
    Leave,
    WrongAnswer,
    choose,
    confirmed,
    start,
    yes_no_choices,
)
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from bot.understanding.numbers import digits_said
from config.texts import text, topic
from credit_core.accounts import binding as bindings
from credit_core.accounts.models import BindingRole
from credit_core.errors import Refusal
from credit_core.masking import mask_name
from credit_core.subjects import identifiers
from credit_core.subjects.models import Subject
from credit_core.subjects.service import age
from handlers.chat import names, questions
from handlers.chat.bind_codes import (
    CODE,
    ask_code,
    ask_uscc,
    parse_code,
    parse_uscc,
    refuse_if_locked,
)
from handlers.chat.bind_for import for_somebody_else
from handlers.chat.city import city_name
from handlers.chat.others import begins_with_surname
from handlers.chat.phrases import choices
from notices import outbox

GUARDIAN_AGE = 14
ADULT_AGE = 18
LEAST_DIGITS = 6
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])(?:\d[ \-—·]?){14,18}[\dXx]?(?![0-9A-Za-z])")
_PART = re.compile(r"\d{6,}[Xx]?")
"""Some of a number: the rest was forgotten."""
_NUMBER_LEAD = re.compile(r"[\s,、:]*(?:我的|我)?(?:身份证|证件)?(?:号码?|号)?(?:是|为)?[\s,、:]*$")
_STAFF_CODE = re.compile(r"(?<![0-9A-Za-z])(?:D|N|HY|HJ)\d{6,}", re.IGNORECASE)


def register(routes: Routes) -> None:
    routes.intents["bind"] = bind
    routes.taps["bind_organisation"] = bind_organisation
    routes.forms_of_text.append((identifiers.looks_like_identity, number_alone))
    routes.forms["bind"] = Form(
        "bind",
        text("bind", "title"),
        (
            Field(
                "consent",
                _ask_consent,
                _parse_consent,
                skip=_needs_no_consent,
                pick=questions.NO_PART,
            ),
            Field("who", _ask_who, _parse_who, hint=questions.hint("bind", "who")),
            Field(
                "clerk_consent",
                _ask_clerk,
                _parse_clerk,
                skip=_needs_no_clerk_consent,
                pick=questions.NO_PART,
            ),
            Field(
                "name",
                _ask_name,
                _parse_name,
                skip=_is_organisation,
                hint=questions.hint("bind", "name"),
            ),
            Field(
                "identity",
                _ask_identity,
                _parse_identity,
                skip=_is_organisation,
                hint=questions.hint("bind", "identity"),
            ),
            Field(
                "uscc",
                ask_uscc,
                parse_uscc,
                skip=_is_person,
                hint=questions.hint("bind", "uscc"),
            ),
            Field(
                "code",
                ask_code,
                parse_code,
                skip=_is_person,
                hint=questions.hint("bind", "code"),
            ),
        ),
        _bound,
        intents=frozenset({"bind"}),
        elsewhere=choices("bind", "help"),
        about="bind",
        hint=text("bind", "hint"),
        asked=questions.asked("bind"),
    )


def bind(turn: Turn) -> Reply:
    """Start the binding; a message that names an organisation skips the question who."""
    try:
        refuse_if_locked(turn)
    except Leave as locked:
        return locked.reply
    others = for_somebody_else(turn)
    if others is not None:
        return others
    words = topic("bind")["organisation_words"]
    organisation = any(word in turn.text for word in words) or turn.slots.get("institution_names")
    if organisation:
        return bind_organisation(turn)
    person = turn.resident()
    if person is not None and turn.organisation() is not None:
        return Text(text("bind", "already", name=mask_name(person.name)), choices("score"))
    if person is not None:
        # The person is known, so only an organisation is left to bind.
        return Text(
            text("bind", "already", name=mask_name(person.name)),
            (*choices("score"), Choice("bind_organisation", text("bind", "organisation"))),
        )
    return start(turn, "bind")


def number_alone(turn: Turn) -> Reply:
    """An identity number that nobody asked for: 取消 was said just before, or 绑定 never."""
    return Text(text("bind", "number_alone"), choices("bind" if not turn.resident() else "score"))


def bind_organisation(turn: Turn) -> Reply:
    return start(turn, "bind", {"who": "organisation"})


def _needs_no_consent(turn: Turn, answers: Answers) -> bool:
    """A clerk gives neither name nor identity number, and is asked for other things below."""
    return _is_organisation(turn, answers) or _has_consent(turn, BindingRole.SELF)


def _needs_no_clerk_consent(turn: Turn, answers: Answers) -> bool:
    return _is_person(turn, answers) or _has_consent(turn, BindingRole.CLERK)


def _has_consent(turn: Turn, role: BindingRole) -> bool:
    return bindings.has_consent(
        turn.session, turn.follower.id, role, text("bind", "consent_version")
    )


def _ask_consent(turn: Turn, _answers: Answers) -> Text:
    refuse_if_locked(turn)
    return Text(
        text("bind", "consent", city=city_name(turn), steps=4),
        (
            *yes_no_choices(text("bind", "agree"), text("bind", "refuse")),
            Choice("who:organisation", text("bind", "instead_organisation")),
        ),
    )


def _parse_consent(turn: Turn, answers: Answers) -> bool:
    # Here 2 is the second button, 不同意.
    in_words = not turn.text.isdigit() and _says(turn, "who_organisation")
    if choose(turn, "who") == "organisation" or in_words:
        answers["who"] = "organisation"
        return False
    answers.pop("who", None)
    said = unicodedata.normalize("NFKC", turn.text)
    if not turn.choice and _IDENTITY.search(said):
        raise WrongAnswer(text("bind", "consent_first"))
    try:
        return _agreed(turn, BindingRole.SELF)
    except WrongAnswer:
        if _gives_ahead(said):
            raise WrongAnswer(text("bind", "consent_first")) from None
        raise


def _gives_ahead(said: str) -> bool:
    """A name or some of a number, before it was agreed that they may be used."""
    name = names.alone(said)
    named = name is not None and len(name) <= names.MOST_BESIDE and begins_with_surname(name)
    return named or _PART.fullmatch(said) is not None


def _ask_clerk(turn: Turn, _answers: Answers) -> Text:
    refuse_if_locked(turn)
    return Text(
        text("bind", "consent_clerk", city=city_name(turn)),
        yes_no_choices(text("bind", "agree"), text("bind", "refuse")),
    )


def _parse_clerk(turn: Turn, answers: Answers) -> bool:
    """Whoever sends the codes before having agreed is asked first, and need not send them again.

    They are the institution's, not a person's.
    """
    said = unicodedata.normalize("NFKC", turn.text)
    if CODE.search(said) and not turn.choice:
        answers["sent"] = said
        raise WrongAnswer(text("bind", "consent_before"))
    agreed = _agreed(turn, BindingRole.CLERK)
    sent = answers.pop("sent", None)
    if sent is not None:
        turn.restated = sent
        # A wrong one is asked for in its turn.
        with suppress(WrongAnswer):
            answers["uscc"] = parse_uscc(turn, answers)
    return agreed


def _agreed(turn: Turn, role: BindingRole) -> bool:
    if not confirmed(turn, wrong=text("bind", "consent_wrong")):
        raise Leave(Text(text("bind", "refused"), choices("help", "agent")))
    version = text("bind", "consent_version")
    bindings.give_consent(turn.session, turn.follower.id, role, version, turn.now)
    return True


def _ask_who(_turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("bind", "who"),
        (
            Choice("who:person", text("bind", "person"), tuple(topic("bind")["who_person"])),
            Choice(
                "who:organisation",
                text("bind", "organisation"),
                tuple(topic("bind")["who_organisation"]),
            ),
        ),
    )


def _parse_who(turn: Turn, answers: Answers) -> str:
    tapped = choose(turn, "who")
    if not tapped and turn.text.startswith(tuple(topic("bind")["own_name_leads"])):
        # 我叫王秀英 names a person, and answers the next question as well.
        answers["name"] = _parse_name(turn, answers)
        return "person"
    oneself = re.fullmatch(topic("bind")["who_person_like"], commands.plain(turn.text))
    if tapped == "person" or _says(turn, "who_person") or (oneself and not tapped):
        return "person"
    if tapped == "organisation" or _says(turn, "who_organisation"):
        return "organisation"
    name = None if tapped else names.among(turn.text)
    if name is not None and not _is_wish(turn, name):
        # Whoever says a name here is a person, and has answered the next question as well.
        answers["name"] = name
        return "person"
    raise WrongAnswer(text("bind", "who_wrong"))


def _says(turn: Turn, who: str) -> bool:
    return turn.text.strip("。.!！ ") in topic("bind")[who]


def _is_organisation(_turn: Turn, answers: Answers) -> bool:
    return answers.get("who") == "organisation"


def _is_person(_turn: Turn, answers: Answers) -> bool:
    return answers.get("who") != "organisation"


def _ask_name(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "name"))


def _parse_name(turn: Turn, answers: Answers) -> str:
    """The name; an identity number sent along with it is taken as well."""
    said = unicodedata.normalize("NFKC", turn.text)
    number = _IDENTITY.search(said)
    if number is not None:
        said = _NUMBER_LEAD.sub("", said[: number.start()]) + said[number.end() :]
    name = names.alone(said) or names.among(said)
    if name is None or _is_wish(turn, name):
        raise WrongAnswer(text("bind", "name_wrong"))
    if number is not None:
        answers["identity"] = _checked(turn, {**answers, "name": name}, number.group(), answers)
    return name


def _is_wish(turn: Turn, name: str) -> bool:
    """A command such as 查信用分 also looks like a name; a name is short and means nothing."""
    understood = turn.services.understander.understand(name, today=turn.today)
    turn.understood = understood
    return understood.intent not in {"unknown", "greet"} and understood.confidence >= 0.6


def _ask_identity(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "identity"))


def _parse_identity(turn: Turn, answers: Answers) -> str:
    """The checked number of a person on the register; wrong ones count as tries.

    The number is taken out of what stands around it; without one, no try is lost.
    """
    said = digits_said(unicodedata.normalize("NFKC", turn.text))
    found = _IDENTITY.search(said) or _STAFF_CODE.search(said)
    name = names.among(said) if found is None else None
    if name is not None and name != answers["name"]:
        # 王秀英, after 王秀莹 was told.
        answers["name"] = name
        raise WrongAnswer(text("bind", "name_taken"), plain=True)
    if found is None and sum(sign.isdigit() for sign in said) < LEAST_DIGITS:
        raise WrongAnswer(text("bind", "identity_where"))
    if found is not None:
        # 名字打错了，是赵丽，<号码>: both are said anew.
        beside = f"{said[: found.start()]}，{said[found.end() :]}"
        answers["name"] = names.among(beside) or answers["name"]
    return _checked(turn, answers, found.group() if found else said, answers)


def _checked(turn: Turn, known: Answers, typed: str, answers: Answers) -> str:
    """Find the person of ``known["name"]`` and the typed number into ``answers``."""
    refuse_if_locked(turn)
    number = identifiers.compact(typed)
    try:
        if number[:1].isdigit() or _STAFF_CODE.match(number) is None:
            _refuse_children(identifiers.check_identity(number).value, turn.today)
        subject = bindings.match_person(turn.session, known["name"], number)
    except Refusal as refusal:
        raise _wrong_try(turn, refusal) from None
    answers["subject_id"] = subject.id
    # The number itself is not kept in the conversation.
    return "checked"


def _refuse_children(number: str, today: date) -> None:
    born = identifiers.birth_date(number)
    if born > today:
        raise identifiers.IdentifierError("identity.birth")
    if identifiers.age_on(born, today) < GUARDIAN_AGE:
        raise Leave(Text(text("bind", "too_young"), choices("agent")))


def _wrong_try(turn: Turn, refusal: Refusal) -> Exception:
    left = bindings.count_wrong_try(turn.session, turn.follower.id, turn.now)
    if refusal.code == "bind.not_on_register":
        message = text("bind", "not_on_register")
    else:
        message = identifiers.explain(refusal)
    if left == 0:
        try:
            bindings.refuse_if_locked(turn.session, turn.follower.id, turn.now)
        except Refusal as locked:
            minutes = locked.fields["minutes"]
            return Leave(Text(f"{message}\n{text('bind', 'locked', minutes=minutes)}"))
    return WrongAnswer(f"{message}\n{text('bind', 'identity_left', left=left)}")


def _bound(turn: Turn, answers: Answers) -> Reply:
    subject = turn.session.get_one(Subject, answers["subject_id"])
    if answers["who"] == "organisation":
        bindings.bind_organisation(turn.session, turn.follower, subject, turn.now)
        turn.context["whose"] = "organisation"
        done = text("bind", "done_organisation", name=subject.name)
        following = ("alerts", "score", "detail")
    else:
        bound = bindings.bind_person(turn.session, turn.follower, subject, turn.now)
        if bound.moved_from is not None:
            outbox.post_reply(
                turn.session,
                follower_id=bound.moved_from,
                texts=[text("bind", "moved_notice")],
                key=f"moved:{bound.binding.id}",
                now=turn.now,
            )
        years = age(subject, turn.today)
        minor = years is not None and years < ADULT_AGE
        done = text("bind", "done_minor" if minor else "done_person", name=mask_name(subject.name))
        following = ("score", "benefits", "remind_on")
    turn.rebound()
    after = turn.context.pop("after_bind", None)
    handler = turn.services.routes.intents.get(after) if isinstance(after, str) else None
    if handler is None:
        return Text(done, choices(*following))
    reply = handler(turn)
    if isinstance(reply, Text):
        return Text(f"{done}\n\n{reply.content}", reply.choices)
    return reply
