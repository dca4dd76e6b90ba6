"""What a document says about itself: title, number, date, issuer, place, year."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from credit_core.knowledge.article import Article
from credit_core.knowledge.joining import Paragraph
from credit_core.knowledge.magazine import is_periodical
from credit_core.knowledge.places import find_places, without_organisations
from credit_core.knowledge.rules import pattern

_DATE = re.compile(r"((?:19|20)\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")


@dataclass
class About:
    """Facts about a file or a document; empty where it does not say.

    :ivar places: short names, narrowest first; :ivar own_place: the place that the document
        itself names, not only the magazine that it stands in.
    """

    title: str = ""
    number: str = ""
    issuer: str = ""
    places: tuple[str, ...] = ()
    year: int | None = None
    issued_on: str = ""
    publication: str = ""
    own_place: str = ""


def about_file(paragraphs: list[Paragraph], articles: list[Article], title: str) -> About:
    """What holds for the whole file: a magazine's name and year, a letter's number and date."""
    text = "\n".join(part.text for part in paragraphs if part.text)
    file = About(title=title)
    if is_periodical(paragraphs) and len(articles) > 1:
        name = Counter(pattern("publication").findall(text)).most_common(1)
        issue = pattern("issue").search(text)
        file.publication = f"《{name[0][0]}》" if name else ""
        if issue:
            file.year = int(issue[1])
            file.publication += re.sub(r"\s", "", issue[0])
        file.places = _places(name[0][0] if name else "")
        return file
    if len(articles) <= 4 and not any(article.byline for article in articles):
        head = "\n".join(part.text for part in paragraphs[:8])
        file.number = _number(head)
        file.issued_on = _issued_on(text)
        file.issuer = _issuer(paragraphs)
        file.places = _places(file.issuer) or _places(head)
    file.year = _year(file, text)
    return file


def about_article(article: Article, file: About) -> About:
    """What holds for one document; what it does not say itself it takes from its file."""
    head = "\n".join(part.text for part in article.paragraphs[:3])
    text = article.text
    made = About(title=tidy_title(article.title), publication=file.publication)
    made.number = _number(head) or file.number
    made.issuer = file.issuer or article.byline.strip("□■ ")
    made.issued_on = _issued_on(text) or file.issued_on
    national = _is_national(article.title)
    if not national:
        named = _places(article.title) or _places(article.byline)
        if not file.publication:
            named = named or file.places or _leading_place(text)
        made.own_place = named[0] if named else ""
        made.places = tuple(dict.fromkeys((*named, *file.places)))
    own = About(number=_number(head), issued_on=_issued_on(text) if not file.publication else "")
    made.year = _year(own, "") or file.year or _year(made, text)
    return made


def tidy_title(title: str) -> str:
    """A title without the gaps of its line breaks."""
    return re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", title).strip()[:300]


def title_key(title: str) -> str:
    """What two versions of a title share: no spaces, signs, years or «（修订）»."""
    key = re.sub(r"[（(][^（）()]{0,12}[）)]", "", title)
    return re.sub(r"[\W_]|(?:19|20)\d{2}年?", "", key)[:300]


def _number(text: str) -> str:
    for line in text.split("\n"):
        found = pattern("number_of_document").fullmatch(line.strip())
        if found:
            return re.sub(r"\s", "", found[0])
    return ""


def _issued_on(text: str) -> str:
    """The date below a signature: a line of its own."""
    for line in reversed(text.split("\n")):
        found = _DATE.fullmatch(line.strip())
        if found:
            return f"{int(found[1]):04}-{int(found[2]):02}-{int(found[3]):02}"
    return ""


def _issuer(paragraphs: list[Paragraph]) -> str:
    for part in paragraphs[:4]:
        name = re.sub("文件$", "", part.text.strip())
        if re.fullmatch("[一-龥]{3,30}(?:局|委员会|厅|部|政府|办公室|中心|院)", name):
            return name
    return ""


def _is_national(title: str) -> bool:
    return bool(re.match("(?:国务院|国家|全国|中共中央|中华人民共和国)", title.strip("《 ")))


def _places(text: str) -> tuple[str, ...]:
    """The places of a title or a name, the narrowest first, with what they lie in."""
    found = find_places(without_organisations(text))[:3]
    names: list[str] = []
    for place in sorted(found, key=lambda place: -place.rank):
        names += [place.name, *sorted(place.above)]
    return tuple(dict.fromkeys(names))


def _leading_place(text: str) -> tuple[str, ...]:
    """The place that the beginning of a report names: 云南省丽江市永胜县 is 永胜."""
    named = find_places(text[:160])
    if not named:
        return ()
    narrowest = named[0]
    for inner in named[1:]:
        if not inner.lies_in(narrowest.name):
            break
        narrowest = inner
    return (narrowest.name, *sorted(narrowest.above))


def _year(about: About, text: str) -> int | None:
    if about.issued_on:
        return int(about.issued_on[:4])
    if about.number and (found := re.search(r"(?:19|20)\d{2}", about.number)):
        return int(found[0])
    years = Counter(int(year) for year in pattern("year").findall(text))
    return years.most_common(1)[0][0] if years else None
