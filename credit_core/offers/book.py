"""All offers of an installation, read once from ``config/offers``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from config.settings import DATA
from credit_core.datafile import DataFileError, load
from credit_core.errors import NotFoundError
from credit_core.offers.catalogue import FactCatalogue, fact_catalogue
from credit_core.offers.schema import Offer, OfferFile

OTHER = frozenset({"facts.yaml", "wallets.yaml", "points.yaml"})


class OfferBook:
    """Offers by id, those of this city first."""

    def __init__(self, offers: Iterable[Offer], catalogue: FactCatalogue) -> None:
        self.catalogue = catalogue
        self._offers = {offer.id: offer for offer in offers}

    def __getitem__(self, offer_id: str) -> Offer:
        """:raises NotFoundError: no offer has this id."""
        try:
            return self._offers[offer_id]
        except KeyError:
            raise NotFoundError(f"no offer {offer_id!r}") from None

    def get(self, offer_id: str) -> Offer | None:
        return self._offers.get(offer_id)

    def __contains__(self, offer_id: object) -> bool:
        return offer_id in self._offers

    def in_force(self, on: date) -> list[Offer]:
        return [offer for offer in self._offers.values() if offer.in_force(on)]

    def all(self) -> list[Offer]:
        return list(self._offers.values())


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
    if session is None:
        return file_book()
    from credit_core.offers.versions import book_in_use

    return book_in_use(session)
