"""The files of ``config/`` that a bureau edits, and how each kind of them is checked.

A file is told by its name and folder, or, where somebody keeps it elsewhere, by the names at its
top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml
from pydantic import BaseModel

from config.settings import DATA
from credit_core.cases.places import Places
from credit_core.commitments.texts import CommitmentBook
from credit_core.datafile import DataFileError, load, read_text
from credit_core.inspection.plan import Plan as InspectionPlan
from credit_core.lists.rules import ListRules
from credit_core.measures.catalogue import Catalogue
from credit_core.objections.periods import Periods
from credit_core.offers.book import read_offers
from credit_core.offers.catalogue import FactCatalogue, fact_catalogue
from credit_core.offers.ranking import PointFile
from credit_core.offers.schema import OfferFile
from credit_core.offers.wallet import WalletFile
from credit_core.repair.rules import RepairBook
from credit_core.repair.steps import Steps
from credit_core.reports.schema import MatterFile, PurposeFile, SectionFile
from credit_core.rules.schema import RuleSet
from credit_core.scoring.mapping import Acts, Mappings
from credit_core.scoring.near import NearRule
from credit_core.workdays.notices import Computed, Notice
from credit_core.workdays.periods import Readings
from notices.pace import Rates
from notices.plans import Plans, Templates
from notices.reminders import ReminderRules
from notices.yearly import Year


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One kind of file.

    :ivar pattern: where it stands below ``config/``.
    :ivar read: reads it; raises ``DataFileError`` at the first fault.
    """

    pattern: str
    model: type[BaseModel]
    read: Callable[[Path], object]


def _plain(pattern: str, model: type[BaseModel]) -> RuleFile:
    return RuleFile(pattern, model, partial(load, model=model))


def _with_facts(pattern: str, model: type[BaseModel]) -> RuleFile:
    return RuleFile(pattern, model, lambda path: load(path, model, context=fact_catalogue()))


KINDS = (
    _plain("places.yaml", Places),
    _plain("calendar/computed.yaml", Computed),
    _plain("calendar/day_readings.yaml", Readings),
    _plain("calendar/notices/*.yaml", Notice),
    _plain("commitments/texts.yaml", CommitmentBook),
    _plain("inspection/plan.yaml", InspectionPlan),
    _plain("lists/rules.yaml", ListRules),
    _plain("measures/catalogue.yaml", Catalogue),
    _plain("notices/calendar.yaml", Year),
    _plain("notices/channels.yaml", Rates),
    _plain("notices/near.yaml", NearRule),
    _plain("notices/plans.yaml", Plans),
    _plain("notices/reminders.yaml", ReminderRules),
    _plain("notices/templates.yaml", Templates),
    _plain("objections/periods.yaml", Periods),
    _plain("offers/facts.yaml", FactCatalogue),
    _with_facts("offers/points.yaml", PointFile),
    _with_facts("offers/wallets.yaml", WalletFile),
    RuleFile("offers/*.yaml", OfferFile, lambda path: read_offers(path, fact_catalogue())),
    _plain("repair/rule_sets.yaml", RepairBook),
    _plain("repair/steps.yaml", Steps),
    _plain("reports/matters.yaml", MatterFile),
    _plain("reports/purposes.yaml", PurposeFile),
    _plain("reports/sections.yaml", SectionFile),
    _plain("rules/codes/acts.yaml", Acts),
    _plain("rules/codes/mapping.yaml", Mappings),
)
"""All but the rules of scoring; of several patterns that fit, the first holds."""


def kind_of(path: Path) -> RuleFile | None:
    """The kind of a file; None: rules of scoring, or nothing that is known."""
    by_name = next((kind for kind in KINDS if path.resolve().match(kind.pattern)), None)
    return by_name or _by_content(path)


def _by_content(path: Path) -> RuleFile | None:
    """The kind that most of the names at the top of a file belong to."""
    try:
        loaded = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, ValueError, DataFileError):
        return None
    names = set(loaded) if isinstance(loaded, dict) else set()
    best = max(KINDS, key=lambda kind: _likeness(names, kind.model))
    return best if _likeness(names, best.model) > _likeness(names, RuleSet) else None


def _likeness(names: set[object], model: type[BaseModel]) -> float:
    """Names that both know, out of those that either knows."""
    known = {field.alias or name for name, field in model.model_fields.items()}
    return len(names & known) / len(names | known)


def beside_the_rules(folder: Path = DATA) -> Iterator[tuple[Path, RuleFile]]:
    """Every file of ``config/`` (or of a copy of it) besides the rules of scoring."""
    seen: set[Path] = set()
    for kind in KINDS:
        for path in sorted(folder.glob(kind.pattern)):
            if path not in seen:
                seen.add(path)
                yield path, kind
