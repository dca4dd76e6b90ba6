"""All offers of an installation, read once from ``config/offers``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import (
    DataFileError,
    Place,
    fault_at,
    first_twice,
    line_in,
    load_text,
    read_text,
)
from credit_core.errors import Refusal
from credit_core.offers.catalogue import FactCatalogue, fact_catalogue
from credit_core.offers.schema import Offer, OfferFile
from credit_core.offers.wallet import wallets
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
        for number, offer in enumerate(read_offers(path, catalogue)):
            if offer.id in offers:
                said = text("datafile", "value.twice", value=offer.id)
                raise _fault(path, read_text(path), ("offers", number, "id"), said)
            offers[offer.id] = offer
    return OfferBook(offers.values(), catalogue)


def read_offers(path: Path, catalogue: FactCatalogue) -> tuple[Offer, ...]:
    """The offers of one file.

    :raises DataFileError: the first fault, with file and line.
    """
    return _parse(read_text(path), path, catalogue)


def _parse(content: str, name: Path | str, catalogue: FactCatalogue) -> tuple[Offer, ...]:
    rows = load_text(content, OfferFile, name=name, context=catalogue).rows
    number = first_twice([row.id for row in rows])
    if number is not None:
        said = text("datafile", "value.twice", value=rows[number].id)
        raise _fault(name, content, ("offers", number, "id"), said)
    for number, row in enumerate(rows):
        price = row.claim.price if row.claim is not None else None
        if price is not None and price.wallet not in wallets():
            place = ("offers", number, "claim", "price", "wallet")
            known = "、".join(wallets())
            said = text("offers", "faults.no_wallet", wallet=price.wallet, known=known)
            raise _fault(name, content, place, said)
    return rows


def _fault(name: Path | str, content: str, place: Place, said: str) -> DataFileError:
    return DataFileError(Path(name), line_in(content, place), fault_at(place, said))


def _local_first(path: Path) -> tuple[bool, str]:
    return (not path.name.startswith("local"), path.name)


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
    rows = _parse(content, name, fact_catalogue())
    if len(rows) != 1:
        raise Refusal("versions.one_row")
    return rows[0]
