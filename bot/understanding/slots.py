"""Values named in a message, normalised; numbers of persons never come through in the open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from bot.understanding import dates
from bot.understanding.data import IntentData
from bot.understanding.features import Cutter
from bot.understanding.numbers import NUMBER, whole
from config.data import read
from credit_core.masking import holds_person_number, mask_free_text

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

_SEVERAL = rf"{NUMBER}(?:[、,和跟与 ]*第?{NUMBER})*"
_RECORD = re.compile(
    rf"(?P<back>倒数)?第(?P<n>{_SEVERAL})(?:条|个|项|笔|件|则|$|的(?!季)|[，。,.? ])"
)
_FIRST_RECORDS = re.compile(rf"(?P<way>前|后|最后|最近)(?P<n>{NUMBER})(?:条|项|笔|件)")
_ONE = "(?:条|项|笔|件|个(?!月|星期|礼拜|季|工作|年))"
_LAST_RECORD = re.compile(rf"(?:最后|最末|末尾|最下)(?:面)?(?:那|这|的)*(?:一)?{_ONE}")
_FIRST_RECORD = re.compile(rf"(?:打头|开头|头|最前|最上)(?:面)?(?:那|这|的)*(?:一)?{_ONE}")
_ONLY_NUMBERS = re.compile(rf"(?:选|要|看)?{NUMBER}(?:[、,和跟与 ]+{NUMBER})*[条号]?")
_MOST_RECORD = 99
_CASE = re.compile(r"(?<![a-z0-9])[a-z]{1,4}\d{4,8}(?:-\d{2,8}){1,3}(?![\d-])")
_DOCUMENT = re.compile(
    r"(?P<organ>[\u4e00-\u9fff]{2,14})[〔\[(【](?P<year>(?:19|20)\d\d)[〕\])】]第?(?P<n>\d{1,6})号"
)
_GRADE = re.compile(
    r"(?<![a-z0-9-])(?P<grade>a{1,3}|[bcde])(?P<after>\+?级|等级|等|类|档)?(?![a-z0-9+-]|\.\d)"
)
_SPOKEN_GRADE = {
    "三个a": "AAA", "3个a": "AAA", "三a": "AAA", "3a": "AAA",
    "两个a": "AA", "2个a": "AA", "双a": "AA", "二a": "AA", "2a": "AA", "单a": "A", "一个a": "A",
}  # fmt: skip
_SPOKEN = re.compile("|".join(map(re.escape, _SPOKEN_GRADE)))
_AFTER_GRADE = re.compile(r"是(?:多少|几|从)|要?(?:多少|几)分|呢$|的?(?:分数)?线")
_BEFORE_GRADE = "到为成是评升降掉回拿得还算属叫至于从离达定涨跌变"
_LONGEST_NAME = 24
_OWN = re.compile(r"^(?:我们|咱们|俺们|[我咱俺本贵该某这那])+")


class SlotReader:
    """Reads slots; knows the names of offers and how names of institutions end."""

    def __init__(self, data: IntentData, cutter: Cutter) -> None:
        self._cutter = cutter
        self._offers = offer_names(data)
        longest_first = sorted(self._offers, key=lambda name: (-len(name), name))
        self._offer = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        settings = data.slots
        self._endings = tuple(settings["institution_endings"])
        self._stops = frozenset(settings["institution_stops"])
        self._generic = frozenset(settings["institution_generic"])
        self._heads = tuple(sorted(settings["document_heads"], key=len, reverse=True))
        self._ending = re.compile("|".join(sorted(self._endings, key=len, reverse=True)))

    def read(self, text: str, refused: Sequence[str], today: date | None) -> dict[str, Json]:
        """Slots of a normalised message; absent ones are left out, except polarity."""
        safe = mask_free_text(text)
        slots: dict[str, list[Json]] = {
            "record_numbers": list(_records(safe)),
            "dates": [_period(one) for one in dates.find(safe, today)],
            "offers": list(_distinct(self._offers[m[0]] for m in self._offer.finditer(safe))),
            "case_numbers": list(_distinct(m[0].upper() for m in _CASE.finditer(safe))),
            "document_numbers": list(
                _distinct(self._document(m) for m in _DOCUMENT.finditer(safe))
            ),
            "grades": list(_distinct(_grades(safe))),
            "institution_names": list(_distinct(self._institutions(safe))),
        }
        named: dict[str, Json] = {
            name: [value for value in values if not _leaks(value)]
            for name, values in slots.items()
            if values
        }
        named["polarity"] = "negated" if refused else "affirmed"
        return named

    def _document(self, match: re.Match[str]) -> str:
        organ = match["organ"]
        trimmed = True
        while trimmed:
            trimmed = False
            for head in self._heads:
                if organ.startswith(head) and len(organ) > len(head) + 1:
                    organ, trimmed = organ[len(head) :], True
                    break
        return f"{organ}〔{match['year']}〕{match['n']}号"

    def _institutions(self, text: str) -> list[str]:
        """Names that end like an institution, taken backwards word by word to the first stop."""
        if not self._ending.search(text):
            return []
        words = self._cutter.lcut(text, HMM=False)
        names: list[str] = []
        for at, word in enumerate(words):
            if not word.endswith(self._endings):
                continue
            if at + 1 < len(words) and words[at + 1] in self._endings:
                continue
            name = self._backwards(words, at)
            if name is not None:
                names.append(name)
        return [
            name for name in names if not any(name in other for other in names if other != name)
        ]

    def _backwards(self, words: list[str], at: int) -> str | None:
        start = at
        while start > 0 and self._part_of_name(words[start - 1]):
            start -= 1
        while start < at and words[start] in {"(", ")", "·", "-"}:
            start += 1
        # A name needs something proper: «民营医院» names nobody.
        telling = [word for word in words[start : at + 1] if word not in self._generic]
        name = _OWN.sub("", "".join(words[start : at + 1]))
        bare = name
        for ending in self._endings:
            bare = bare.removesuffix(ending)
        if not telling or len(bare) < 2 or bare in self._generic or len(name) > _LONGEST_NAME:
            return None
        return name

    def _part_of_name(self, word: str) -> bool:
        if word in self._stops or not word.strip():
            return False
        return word in {"(", ")", "·"} or word.isalnum()


def offer_names(data: IntentData) -> dict[str, str]:
    """What people call an offer → its name: its 信易 code or the title in config/offers/."""
    names = {name.lower(): name for name in data.offers}
    for name, calls in data.offers.items():
        names.update({call.lower(): name for call in calls})
    home: Path = data.home.parent / "offers"
    for path in sorted(home.glob("*.yaml")):
        content = read(path)
        rows = content.get("offers") if isinstance(content, dict) else None
        for row in rows if isinstance(rows, list) else []:
            for key in ("code", "title"):
                if isinstance(row, dict) and isinstance(row.get(key), str):
                    names.setdefault(row[key].lower(), row[key])
    return names


def _records(text: str) -> list[int]:
    bare = text.strip(" 。.!?！？")
    if _ONLY_NUMBERS.fullmatch(bare) and not re.search(r"\d{3,}", bare):
        return _numbers(bare)
    found: list[int] = []
    for match in _RECORD.finditer(text):
        sign = -1 if match["back"] else 1
        found.extend(sign * number for number in _numbers(match["n"]))
    for match in _FIRST_RECORDS.finditer(text):
        count = whole(match["n"]) or 0
        if count <= _MOST_RECORD:
            first = match["way"] == "前"
            found.extend(range(1, count + 1) if first else range(-count, 0))
    if _FIRST_RECORD.search(text):
        found.append(1)
    if _LAST_RECORD.search(text):
        found.append(-1)
    return list(dict.fromkeys(found))


def _numbers(text: str) -> list[int]:
    values = (whole(part) for part in re.findall(NUMBER, text))
    return list(dict.fromkeys(v for v in values if v is not None and 0 < v <= _MOST_RECORD))


def _grades(text: str) -> list[str]:
    text = _SPOKEN.sub(lambda match: f" {_SPOKEN_GRADE[match[0]].lower()}级", text)
    found: list[str] = []
    for match in _GRADE.finditer(text):
        grade = match["grade"].upper()
        before = text[: match.start()].rstrip()[-1:]
        alone = not text[: match.start()].strip() and not text[match.end() :].strip()
        beside = (before and before in _BEFORE_GRADE) or _AFTER_GRADE.match(text, match.end())
        if len(grade) > 1 or match["after"] or alone or beside:
            found.append(grade)
    return found


def _period(named: dates.NamedPeriod) -> Json:
    if named.period is None:
        return {"relative": named.words}
    first, last = named.period
    return {"from": first.isoformat(), "to": last.isoformat()}


def _leaks(value: Json) -> bool:
    return (
        isinstance(value, str) and not _CASE.fullmatch(value.lower()) and holds_person_number(value)
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
