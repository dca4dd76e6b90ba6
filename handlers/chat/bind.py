"""绑定: consent, name and identity number for a person; code for an organisation."""

from __future__ import annotations

import unicodedata
from datetime import date

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
from config.texts import text, topic
from credit_core.accounts import binding as bindings
from credit_core.accounts.codes import redeem_code
from credit_core.accounts.models import BindingRole
from credit_core.errors import Refusal
from credit_core.masking import mask_name
from credit_core.subjects import identifiers
from credit_core.subjects.models import Subject
from credit_core.subjects.service import age
from handlers.chat.city import city_name
from handlers.chat.phrases import choices
from notices import outbox

GUARDIAN_AGE = 14
ADULT_AGE = 18
LONGEST_NAME = 30


def register(routes: Routes) -> None:
    routes.intents["bind"] = bind
    routes.taps["bind_organisation"] = bind_organisation
    routes.forms_of_text.append((identifiers.looks_like_identity, number_alone))
    routes.forms["bind"] = Form(
        "bind",
        text("bind", "title"),
        (
            Field("consent", _ask_consent, _parse_consent, skip=_needs_no_consent),
            Field("who", _ask_who, _parse_who),
            Field("clerk_consent", _ask_clerk, _parse_clerk, skip=_needs_no_clerk_consent),
            Field("name", _ask_name, _parse_name, skip=_is_organisation),
            Field("identity", _ask_identity, _parse_identity, skip=_is_organisation),
            Field("uscc", _ask_uscc, _parse_uscc, skip=_is_person),
            Field("code", _ask_code, _parse_code, skip=_is_person),
        ),
        _bound,
        intents=frozenset({"bind"}),
        elsewhere=choices("bind", "help"),
        about="bind",
        hint=text("bind", "hint"),
    )


def bind(turn: Turn) -> Reply:
    """Start the binding; a message that names an organisation skips the question who."""
    try:
        _refuse_if_locked(turn)
    except Leave as locked:
        return locked.reply
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
    _refuse_if_locked(turn)
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
    return _agreed(turn, BindingRole.SELF)


def _ask_clerk(turn: Turn, _answers: Answers) -> Text:
    _refuse_if_locked(turn)
    return Text(
        text("bind", "consent_clerk", city=city_name(turn)),
        yes_no_choices(text("bind", "agree"), text("bind", "refuse")),
    )


def _parse_clerk(turn: Turn, _answers: Answers) -> bool:
    return _agreed(turn, BindingRole.CLERK)


def _agreed(turn: Turn, role: BindingRole) -> bool:
    if not confirmed(
        turn,
        yes=text("bind", "agree"),
        no=text("bind", "refuse"),
        wrong=text("bind", "consent_wrong"),
    ):
        raise Leave(Text(text("bind", "refused"), choices("help", "agent")))
    version = text("bind", "consent_version")
    bindings.give_consent(turn.session, turn.follower.id, role, version, turn.now)
    return True


def _ask_who(_turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("bind", "who"),
        (
            Choice("who:person", text("bind", "person")),
            Choice("who:organisation", text("bind", "organisation")),
        ),
    )


def _parse_who(turn: Turn, _answers: Answers) -> str:
    tapped = choose(turn, "who")
    if tapped == "person" or _says(turn, "who_person"):
        return "person"
    if tapped == "organisation" or _says(turn, "who_organisation"):
        return "organisation"
    raise WrongAnswer(text("bind", "who_wrong"))


def _says(turn: Turn, who: str) -> bool:
    return turn.text.strip("。.!！ ") in topic("bind")[who]


def _is_organisation(_turn: Turn, answers: Answers) -> bool:
    return answers.get("who") == "organisation"


def _is_person(_turn: Turn, answers: Answers) -> bool:
    return answers.get("who") != "organisation"


def _ask_name(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "name"))


def _parse_name(turn: Turn, _answers: Answers) -> str:
    name = bindings.plain_name(turn.text)
    for lead in topic("bind")["name_leads"]:
        name = name.removeprefix(lead)
    letters = name.replace("·", "")
    if not 2 <= len(name) <= LONGEST_NAME or not letters.isalpha() or _is_question(turn, name):
        raise WrongAnswer(text("bind", "name_wrong"))
    return name


def _is_question(turn: Turn, name: str) -> bool:
    """A command such as 我的信用分 also looks like a name; a name is short and means nothing."""
    understood = turn.services.understander.understand(name, today=turn.today)
    turn.understood = understood
    return understood.intent not in {"unknown", "greet"} and understood.confidence >= 0.6


def _ask_identity(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "identity"))


def _parse_identity(turn: Turn, answers: Answers) -> str:
    """The checked number of a person on the register; wrong ones count as tries."""
    _refuse_if_locked(turn)
    if not any(character.isdigit() for character in unicodedata.normalize("NFKC", turn.text)):
        raise WrongAnswer(text("bind", "identity_where"))
    number = identifiers.compact(turn.text)
    try:
        if number[:1].isdigit():
            _refuse_children(identifiers.check_identity(number).value, turn.today)
        subject = bindings.match_person(turn.session, answers["name"], number)
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


def _refuse_if_locked(turn: Turn) -> None:
    try:
        bindings.refuse_if_locked(turn.session, turn.follower.id, turn.now)
    except Refusal as locked:
        minutes = locked.fields["minutes"]
        raise Leave(Text(text("bind", "locked", minutes=minutes), choices("agent"))) from None


def _ask_uscc(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "code_asked"))


def _parse_uscc(turn: Turn, answers: Answers) -> str:
    _refuse_if_locked(turn)
    if not any(sign.isdigit() for sign in unicodedata.normalize("NFKC", turn.text)):
        raise WrongAnswer(text("bind", "code_where"))
    try:
        code = identifiers.check_credit_code(turn.text).value
        subject = bindings.match_organisation(turn.session, code)
    except Refusal as refusal:
        if refusal.code == "bind.organisation_unknown":
            raise WrongAnswer(text("bind", "organisation_unknown")) from None
        raise WrongAnswer(identifiers.explain(refusal)) from None
    answers["subject_id"] = subject.id
    return code


def _ask_code(turn: Turn, answers: Answers) -> Text:
    subject = turn.session.get_one(Subject, answers["subject_id"])
    return Text(text("bind", "code", name=subject.name))


def _parse_code(turn: Turn, answers: Answers) -> str:
    try:
        redeem_code(turn.session, answers["subject_id"], turn.text, turn.follower.id, turn.now)
    except Refusal as refusal:
        if refusal.code == "tries.locked":
            minutes = refusal.fields["minutes"]
            raise Leave(Text(text("bind", "locked", minutes=minutes))) from None
        raise WrongAnswer(text("bind", refusal.code.replace(".", "_"), **refusal.fields)) from None
    return "used"


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


def shown_name(subject: Subject) -> str:
    """A person's name masked, an organisation's in full."""
    return mask_name(subject.name) if subject.kind in bindings.PERSONS else subject.name
