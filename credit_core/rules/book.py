"""The rule book: all rule sets, by kind and day; read from files and from approved versions."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import DataFileError, fault_at
from credit_core.errors import Refusal
from credit_core.rules.check import parse_rule_set, read_rule_set
from credit_core.rules.compiled import Compiled
from credit_core.rules.schema import RuleSet
from credit_core.versions.models import TopicKey
from credit_core.versions.store import approved

DIRECTORY = DATA / "rules"
KINDS = ("resident", "institution", "practitioner", "employer", "supplier")


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule set with where it came from and its compiled form."""

    rules: RuleSet
    source: str
    version: str
    compiled: Compiled = field(repr=False, compare=False)

    def holds(self, on: date) -> bool:
        last = self.rules.effective_to
        return self.rules.effective_from <= on and (last is None or on <= last)


def entry(rules: RuleSet, source: str) -> Entry:
    return Entry(rules, source, rules.version, Compiled(rules))


class RuleBook:
    """Rule sets by kind, later ones first. Versions of staff stand before files."""

    def __init__(self, files: Iterable[Entry], versions: Iterable[Entry] = ()) -> None:
        self.entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        for one in versions:
            self.entries[one.rules.kind].append(one)
        for one in sorted(files, key=lambda e: e.rules.effective_from, reverse=True):
            self.entries[one.rules.kind].append(one)

    def on(self, kind: str, day: date) -> Entry:
        """The rule set that holds for a kind on a day.

        :raises Refusal: ``rules.none``: no rules for that day; ``first`` is the earliest day.
        """
        for one in self.entries[kind]:
            if one.holds(day):
                return one
        days = [one.rules.effective_from for one in self.entries[kind]]
        raise Refusal("rules.none", kind=kind, day=day, first=min(days, default=None))

    def for_decision(self, kind: str, decided_on: date) -> Entry:
        """As :meth:`on`; a decision older than all rules takes the oldest."""
        try:
            return self.on(kind, decided_on)
        except Refusal:
            if not self.entries[kind]:
                raise
            return min(self.entries[kind], key=lambda e: e.rules.effective_from)

    def digest(self, day: date) -> str:
        """Changes when any rule set in force on the day changes."""
        versions = []
        for kind in KINDS:
            try:
                versions.append(self.on(kind, day).version)
            except Refusal:
                versions.append("-")
        return hashlib.sha256("|".join(versions).encode()).hexdigest()[:32]

    def boundaries(self, after: date, until: date) -> bool:
        """Whether another rule set begins to hold in ``(after, until]`` for any kind."""
        return self.digest(after) != self.digest(until)


def read_directory(directory: Path = DIRECTORY) -> RuleBook:
    """All rule sets of a directory, with gaps and overlaps refused.

    :raises DataFileError: the first fault, with file and line.
    """
    paths = rule_files(directory)
    if not paths:
        raise DataFileError(directory, 1, text("rules", "faults.no_files"))
    entries = [(path, read_rule_set(path)) for path in paths]
    _check_periods(entries)
    return RuleBook(entry(rules, str(path)) for path, rules in entries)


def rule_files(directory: Path) -> list[Path]:
    """The rule files of a directory; files of other schemas stand in its subdirectories."""
    return sorted(directory.glob("*.yaml"))


def _check_periods(entries: list[tuple[Path, RuleSet]]) -> None:
    seen: dict[str, Path] = {}
    for path, rules in entries:
        if rules.id in seen:
            raise _fault(path, "id", _says("id_twice", id=rules.id, other=seen[rules.id].name))
        seen[rules.id] = path
    for kind in KINDS:
        rows = sorted(
            ((path, rules) for path, rules in entries if rules.kind == kind),
            key=lambda row: row[1].effective_from,
        )
        for (before_path, before), (path, rules) in itertools.pairwise(rows):
            if before.effective_from == rules.effective_from:
                raise _fault(
                    path,
                    "effective_from",
                    _says("same_day", other=before_path.name),
                )
            if before.effective_to is None or before.effective_to >= rules.effective_from:
                wanted = rules.effective_from - timedelta(days=1)
                raise _fault(
                    path,
                    "effective_from",
                    _says("overlap", other=before_path.name, wanted=wanted),
                )
            if before.effective_to + timedelta(days=1) != rules.effective_from:
                wanted = before.effective_to + timedelta(days=1)
                raise _fault(
                    path,
                    "effective_from",
                    _says("gap", other=before_path.name, ends=before.effective_to, wanted=wanted),
                )


def _fault(path: Path, key: str, message: str) -> DataFileError:
    line = 1
    for number, row in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if row.startswith(f"{key}:"):
            line = number
            break
    return DataFileError(path, line, fault_at((key,), message))


def _says(fault: str, /, **fields: object) -> str:
    return text("rules", f"faults.{fault}", **fields)


@lru_cache(maxsize=4)
def _files(directory: Path, _stamp: tuple[tuple[str, int, int], ...]) -> RuleBook:
    return read_directory(directory)


def rule_book(session: Session | None = None, directory: Path = DIRECTORY) -> RuleBook:
    """The rules in use: the files, with approved versions of staff in front of them.

    Kept between calls until a file or the set of approved versions changes.
    """
    book = _files(directory, _stamp(directory))
    if session is None:
        return book
    found = approved(session, TopicKey.RULES)
    if not found:
        return book
    files = [one for entries in book.entries.values() for one in entries]
    # Of several versions for one day, the one that was approved last decides.
    return RuleBook(files, [_version_entry(one.id, one.content) for one in reversed(found)])


def _stamp(directory: Path) -> tuple[tuple[str, int, int], ...]:
    stats = [(path.name, path.stat()) for path in rule_files(directory)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


@lru_cache(maxsize=64)
def _version_entry(version_id: int, content: str) -> Entry:
    name = f"version-{version_id}.yaml"
    return entry(parse_rule_set(content, name), name)
