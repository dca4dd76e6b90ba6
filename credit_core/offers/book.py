"""All offers of an installation, read once from ``config/offers``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from config.settings import DATA
from credit_core.datafile import DataFileError, load, load_text
from credit_core.errors import Refusal
from credit_core.offers.catalogue import FactCatalogue, fact_catalogue
from credit_core.offers.schema import Offer, OfferFile
from credit_core.versions.models import TopicKey
from credit_core.versions.store import NAME, approved, holding

OTHER = frozenset({"facts.yaml", "wallets.yaml", "points.yaml"})


class OfferBook:
    """Offers by id, those of this city first; of several rows with one id the one that began
    last holds on a day."""

    def __init__(self, offers: Iterable[Offer], catalogue: FactCatalogue) -> None:
        """:param offers: versions of staff after the rows that they stand in front of."""
        self.catalogue = catalogue
        self._rows: dict[str, list[Offer]] = {}
        for offer in offers:
            self._rows.setdefault(offer.id, []).append(offer)

    def on(self, offer_id: str, day: date) -> Offer | None:
        """The row that holds on a day, if any."""
        return holding(self._rows.get(offer_id, ()), day)

    def get(self, offer_id: str, day: date) -> Offer | None:
        """The row of a day; outside its time the newest, so that what was claimed keeps its
        words. None: no offer has this id."""
        rows = self._rows.get(offer_id)
        return (holding(rows, day) or rows[-1]) if rows else None

    def in_force(self, on: date) -> list[Offer]:
        found = (holding(rows, on) for rows in self._rows.values())
        return [offer for offer in found if offer is not None]

    def all(self) -> list[Offer]:
        return [offer for rows in self._rows.values() for offer in rows]


def read_book(folder: Path, catalogue: FactCatalogue) -> OfferBook:
    """Every ``*.yaml`` of a folder that holds offers.

    :raises DataFileError: the first fault, with file and line; also an id that stands twice.
    """
    offers: dict[str, Offer] = {}
    for path in sorted(folder.glob("*.yaml"), key=_local_first):
        if path.name in OTHER:
            continue
        for offer in load(path, OfferFile, context=catalogue).rows:
            if offer.id in offers:
                line = _line_of_id(path, offer.id)
                raise DataFileError(path, line, f"the offer {offer.id!r} stands twice")
            offers[offer.id] = offer
    return OfferBook(offers.values(), catalogue)


def _local_first(path: Path) -> tuple[bool, str]:
    return (not path.name.startswith("local"), path.name)


def _line_of_id(path: Path, offer_id: str) -> int:
    """The last line that gives this id: the one that came too much."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [n for n, line in enumerate(lines, 1) if line.strip(" -") == f"id: {offer_id}"]
    return found[-1] if found else 1


@cache
def file_book() -> OfferBook:
    """The offers of ``config/offers``."""
    return read_book(DATA / "offers", fact_catalogue())


def offer_book(session: Session | None = None) -> OfferBook:
    """The offers in use: the files, with approved versions of staff in front of them.

    :param session: where approved versions stand; None: the files alone.
    """
    newer = approved(session, TopicKey.OFFERS) if session is not None else ()
    if not newer:
        return file_book()
    return OfferBook(
        (*file_book().all(), *(_of_version(one.id, one.content) for one in newer)),
        fact_catalogue(),
    )


@lru_cache(maxsize=256)
def _of_version(version_id: int, content: str) -> Offer:
    return parse_offer(content, f"offer_version-{version_id}.yaml")


def parse_offer(content: str, name: str = NAME) -> Offer:
    """The one row in a text.

    :raises DataFileError: at the first fault, with its line.
    :raises Refusal: ``versions.one_row``: there are several.
    """
    rows = load_text(content, OfferFile, name=name, context=fact_catalogue()).rows
    if len(rows) != 1:
        raise Refusal("versions.one_row")
    return rows[0]
