"""借卡要扣几分, 做好事能加多少: what an act counts by the rules in force; nothing is recorded."""

from __future__ import annotations

import re
from functools import cache

from bot import asides, commands, follow_up, wishes
from bot.commands import plain
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.rules.book import rule_book
from credit_core.rules.choice import class_months
from credit_core.rules.schema import Item, RuleSet, Variant
from credit_core.scoring.whatif import what_if_added
from credit_core.subjects.models import Subject, SubjectKind
from handlers.chat import which
from handlers.chat.phrases import choices, points_in_words
from handlers.chat.score import records_of

TOPIC = "acts"
LONGEST, LONGEST_OF_SEVERAL = 30, 60
LEAST_CALLED = 2
KEPT = 4
MOST_LISTED = 8


def register(routes: Routes) -> None:
    routes.named.append((_asks_each, each))
    routes.named.append((asks, counted))
    routes.named.append((asks_judged, judged))
    routes.pointing.append(_how_long)


def asks(turn: Turn) -> bool:
    """Whether the message asks what an act would cost or bring, or which acts count."""
    said = turn.text
    if not turn.typed or len(said) > LONGEST or _says("not_points", said):
        return False
    if _says("list_adding", said) or _says("list_taking", said) or _asks_total(turn):
        return True
    spoken_of, supposes = turn.context.get("topic") == TOPIC, _says("leads", said)
    brief = _says("brief", said) and (supposes or spoken_of)
    if not (_says("asks", said) or brief):
        return False
    item = _item(turn)
    if item is None and spoken_of and _of_level(turn) is not None:
        return True
    if item is None:
        own_answer = any(word in said for word in topic("acts")["own_answer"])
        of_case = turn.context.get("topic") in turn.services.routes.cases
        unlisted = spoken_of or (_says("unlisted", said) and not of_case)
        of_act = unlisted and _says("asks", said) and not own_answer
        return of_act and not _wants_score(turn) and asides.meant(turn, asides.INSIDE) is None
    own = any(line.item == item.code for line in records_of(turn))
    return supposes or spoken_of or not own


def _asks_each(turn: Turn) -> bool:
    """举报属实给加几分，还有学习答题加几分: each clause asks of another act."""
    return turn.typed and len(turn.text) <= LONGEST_OF_SEVERAL and len(_in_clauses(turn)) > 1


def each(turn: Turn) -> Reply:
    """What each of the acts counts."""
    items, rules = _in_clauses(turn), _rules(turn)
    turn.context["topic"] = TOPIC
    turn.context["acts"] = [item.code for item in items][-KEPT:]
    shown = [text("acts", "one", title=item.title, points=_points(item, rules)) for item in items]
    lines = [*shown, text("acts", "basis_all", rules=rules.title)]
    return Text("\n".join(lines), choices("score", "improve"))


def _in_clauses(turn: Turn) -> list[Item]:
    rules = _rules(turn)
    asking = [one for one in commands.all_clauses(turn.text) if _says("asks", one)]
    items = (_best(rules, one) for one in asking)
    return list({item.code: item for item in items if item is not None}.values())


def _wants_score(turn: Turn) -> bool:
    """那我现在几分: one's own score, whatever act was asked about before."""
    understood = wishes.understand(turn)
    return understood.intent == "score" and understood.confidence >= wishes.SURE_OF_HALF


def _how_long(turn: Turn) -> Handler | None:
    """Who answers 扣了多久能回来 after an act."""
    last = act_spoken_of(turn)
    if last is not None and re.fullmatch(topic("acts")["asks_most"], follow_up.bare(turn.text)):
        return lambda turn: _of_item(turn, last)
    if last is not None and re.fullmatch(topic("acts")["asks_mend"], follow_up.bare(turn.text)):
        return lasts
    asked = follow_up.ask(turn.text) if last is not None else None
    return lasts if asked in {"ends", "when", "fix"} else None


def lasts(turn: Turn) -> Reply:
    """How long the act that was asked about last would count, and when it could be repaired."""
    item, rules = act_spoken_of(turn), _rules(turn)
    if item is None:
        return _listed(turn)
    usual = usual_level(item)
    period = rules.classes.get(usual.class_) if usual.class_ is not None else None
    months = usual.months or class_months(rules, usual)
    lines = [text("acts", "counts", title=item.title, months=months)]
    if period is not None:
        key = "mended" if period.repair_after_months else "mended_soon"
        lines.append(text("acts", key, months=period.repair_after_months))
    return Text("\n".join(lines), choices("repair", "help"))


def act_spoken_of(turn: Turn) -> Item | None:
    """The act that was asked about last, while acts are what is spoken of."""
    last = (turn.context.get("acts") or [""])[-1]
    if turn.context.get("topic") != TOPIC:
        return None
    return next((item for item in _rules(turn).items if item.code == last), None)


def counted(turn: Turn) -> Reply:
    """What the rules say of the act; of those asked about together; or what counts at all."""
    together, level = _asks_total(turn), _of_level(turn)
    turn.context["topic"] = TOPIC
    if together:
        return _together(turn)
    if level is not None:
        lines = [_level(level, brief=False), text("acts", "not_recorded")]
        return Text("\n".join(lines), choices("improve", "help"))
    item = _item(turn)
    if item is None and any(word in turn.text for word in topic("acts")["ours_words"]):
        return Text(text("acts", "ours"), choices("score", "help"))
    if item is None:
        return _listed(turn)
    return _from_documents(turn, item) or _of_item(turn, item)


def _from_documents(turn: Turn, item: Item) -> Reply | None:
    """What the documents say follows from a bad act, where not its points are asked."""
    rules, said = turn.services.routes.rules, turn.text
    asks = usual_level(item).points < 0 and _says("consequence", said)
    if rules is None or not asks or _says("of_points", said):
        return None
    found = rules(turn)
    if found is not None:
        turn.context["topic"] = "policy"
    return found


def rule_of(turn: Turn, question: str, *, brief: bool = False) -> Text | None:
    """What the rules in force say of the act that a question about the law names; None where
    they do not know it: 医保卡借给亲戚用会咋处理.

    :param brief: in one line, to stand below what the documents say.
    """
    before, turn.restated = turn.restated, question
    try:
        item = rule_of_act(turn)
        if item is None:
            return None
        if brief:
            points = _points(item, _rules(turn))
            return Text(text("acts", "brief_rule", title=item.title, points=points))
        return Text(_of_item(turn, item).content, choices("agent", "help"))
    finally:
        turn.restated = before


def asks_judged(turn: Turn) -> bool:
    """冒名看病要紧不, 卖药算违规不: whether an act is allowed, and what follows."""
    said = turn.text
    typed = turn.typed and len(said) <= LONGEST
    if turn.open_form is not None:
        return False  # There it may be what is told.
    own = re.search(topic("acts")["of_own_case"], said)
    if not typed or own or not _says("judged", said) or _says("not_points", said):
        return False
    if follow_up.is_plainly_elsewhere(said) or rule_of_act(turn) is None:
        return False
    understood = wishes.understand(turn)
    other = understood.intent not in {*wishes.NOT_A_WISH, "policy", "score_detail"}
    plainly = understood.confidence >= wishes.SURE_OF_WORDS and not understood.ask_back
    return not (other and plainly)


def judged(turn: Turn) -> Reply:
    """What the documents say of it and the rule, or the rule alone."""
    turn.context["topic"] = "policy"
    return turn.services.routes.intents["policy"](turn)


def rule_of_act(turn: Turn) -> Item | None:
    """The act that takes points away which the message names."""
    if re.search(topic("acts")["suffered"], turn.text):
        return None
    item = _item(turn)
    return item if item is not None and usual_level(item).points < 0 else None


def _of_item(turn: Turn, item: Item) -> Text:
    rules = _rules(turn)
    kept = [code for code in turn.context.get("acts", []) if code != item.code]
    turn.context["acts"] = [*kept, item.code][-KEPT:]
    called, shown = which.called(plain(turn.text), item.code), _points(item, rules)
    if len(called) >= LEAST_CALLED and called not in item.title:
        lines = [text("acts", "called", called=called, title=item.title, points=shown)]
    else:
        lines = [text("acts", "one", title=item.title, points=shown)]
    after = _after(turn, [item])
    if after is not None:
        lines.append(after)
    lines.append(text("acts", "basis", basis=item.basis, rules=rules.title))
    lines.append(text("acts", "not_recorded"))
    return Text(
        "\n".join(lines), choices("score", "improve") if turn.bindings() else choices("bind")
    )


def _together(turn: Turn) -> Reply:
    known = {item.code: item for item in _rules(turn).items}
    items = [known[code] for code in turn.context["acts"] if code in known]
    titles = "、".join(f"“{item.title}”" for item in items)
    after = _after(turn, items) or text("acts", "sum", points=points_in_words(_sum(items)))
    lines = [text("acts", "together", titles=titles), after, text("acts", "not_recorded")]
    return Text("\n".join(lines), choices("score", "improve"))


def _listed(turn: Turn) -> Reply:
    """What adds or takes away by the rules, for what they do not name."""
    rules = _rules(turn)
    adding = _says("list_adding", turn.text) or _says("adding", turn.text)
    general = _says("list_adding", turn.text) or _says("list_taking", turn.text)
    items = [item for item in rules.items if (usual_level(item).points > 0) == adding]
    lines = [] if general else [text("acts", "not_named")]
    lines.append(text("acts", "adds" if adding else "takes"))
    lines += [
        text("acts", "line", title=item.title, points=_points(item, rules, brief=True))
        for item in items[:MOST_LISTED]
    ]
    lines.append(text("acts", "basis_all", rules=rules.title))
    return Text("\n".join(lines), choices("score", "agent"))


def _after(turn: Turn, items: list[Item]) -> str | None:
    """What one's own score would be after them; None where there is none."""
    subject = _subject(turn)
    if subject is None:
        return None
    now = what_if_added(turn.session, subject, (), turn.today)
    acts = [(item.code, usual_level(item).level) for item in items]
    then = what_if_added(turn.session, subject, acts, turn.today)
    if (
        not now.evaluated
        or then.score == now.score
        or now.kind != _rules(turn).kind
        or any(one.open for one in items)
    ):
        return None
    return text("acts", "after", now=now.score, then=then.score, grade=then.grade)


def _sum(items: list[Item]) -> int:
    return sum(usual_level(item).points for item in items)


def _points(item: Item, rules: RuleSet, *, brief: bool = False) -> str:
    """How many points, by level, and how long they count."""
    parts = _by_level(item, brief=brief)
    if brief:
        return "，".join(parts[:2]) if len(parts) > 1 else parts[0]
    usual = usual_level(item)
    if item.lasts == "class":
        months = usual.months or class_months(rules, usual)
        parts.append(text("acts", "lasts", months=months))
    group = rules.groups.get(item.group or usual.group or "")
    if group is not None and group.at_most is not None:
        parts.append(text("acts", "at_most", points=group.at_most))
    return "，".join(parts)


def _by_level(item: Item, *, brief: bool) -> list[str]:
    if item.sequence is not None:
        return [
            text("acts", "in_turn", number=at, points=points_in_words(points))
            for at, points in enumerate(item.sequence, 1)
        ]
    if item.open is not None:
        least, most = sorted(abs(end * item.open.per_point) for end in _range(item))
        sign = "between_plus" if usual_level(item).points > 0 else "between"
        return [text("acts", sign, least=least, most=most)]
    return [_level(variant, brief=brief) for variant in item.variants]


def _range(item: Item) -> tuple[int, int]:
    return (item.open.least, item.open.most) if item.open is not None else (0, 0)


def _level(variant: Variant, *, brief: bool) -> str:
    """扣150分, with the words that make it so where they tell more than the level's name."""
    telling = [word for word in variant.words if word not in variant.level]
    shown = bool(telling) and variant.class_ is not None and not brief
    level = variant.level + (text("acts", "words", words="、".join(telling)) if shown else "")
    return text("acts", "level", level=level, points=points_in_words(variant.points))


def usual_level(item: Item) -> Variant:
    usual = (one for level in item.default_levels for one in item.variants if one.level == level)
    return next(usual, item.variants[0])


def _subject(turn: Turn) -> Subject | None:
    subject = turn.subject()
    return subject if subject is not None and subject.kind == _kind(turn) else None


def _kind(turn: Turn) -> str:
    """Whose rules: those of who asks, unless what is said is an institution's only."""
    subject = turn.subject()
    own = SubjectKind.RESIDENT if subject is None else SubjectKind(subject.kind)
    said = turn.text
    ours = any(word in said for word in follow_up.words().organisation)
    named = any(word in said for word in topic("acts")["of_institution"])
    theirs = any(word in said for word in topic("acts")["institution_acts"])
    if theirs and own == SubjectKind.RESIDENT:
        return SubjectKind.INSTITUTION
    if ours and own == SubjectKind.RESIDENT:
        return SubjectKind.INSTITUTION
    if named and _best(_of_kind(turn, own), said) is None:
        return SubjectKind.INSTITUTION
    return own


def _rules(turn: Turn) -> RuleSet:
    return _of_kind(turn, _kind(turn))


def _of_kind(turn: Turn, kind: str) -> RuleSet:
    return rule_book(turn.session).on(kind, turn.today).rules


def _item(turn: Turn) -> Item | None:
    """The item that the message names by the words of everyday or of its title; of 再犯一次
    that of the record spoken of."""
    rules = _rules(turn)
    found = _best(rules, turn.text)
    if found is None and re.fullmatch(topic("acts")["this_one"], follow_up.bare(turn.text)):
        last = (turn.context.get("acts") or [""])[-1] if turn.context.get("topic") == TOPIC else ""
        return next((item for item in rules.items if item.code == last), None)
    if found is None and re.search(topic("acts")["once_more"], turn.text):
        lines = [line for line in records_of(turn) if line.negative]
        spoken_of = [line for line in lines if line.record_id == turn.context.get("record")]
        meant = (spoken_of or lines)[:1] if spoken_of or len(lines) == 1 else []
        return next((item for item in rules.items if meant and item.code == meant[0].item), None)
    return found


def _of_level(turn: Turn) -> Variant | None:
    """那省里的呢: another level of the act asked about last."""
    item = act_spoken_of(turn)
    if item is None or _best(_rules(turn), turn.text) is not None:
        return None
    levels = (variant for variant in item.variants if variant.level)
    return next((one for one in levels if one.level.removesuffix("级") in turn.text), None)


def _best(rules: RuleSet, said: str) -> Item | None:
    """The item whose words fit best; one that adds, where 加几分 is asked."""
    weights = {item: which.weight(plain(said), item.code, item.title) for item in rules.items}
    fitting = [item for item in rules.items if weights[item] >= which.WORD]
    minus = any(word in said for word in topic("acts")["minus_asked"])
    if not minus and any(word in said for word in topic("acts")["plus_asked"]):
        fitting = [item for item in fitting if usual_level(item).points > 0]
    return max(fitting, key=lambda item: weights[item], default=None)


def _asks_total(turn: Turn) -> bool:
    several = len(turn.context.get("acts", [])) > 1 and turn.context.get("topic") == TOPIC
    return several and _says("total", follow_up.bare(turn.text))


def _says(key: str, said: str) -> bool:
    return any(one.search(said) for one in _patterns(key))


@cache
def _patterns(key: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one) for one in topic("acts")[key])
