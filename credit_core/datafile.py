"""Data files that a bureau edits: strict YAML, checked by a pydantic model, errors with a line.

Refused: a key that stands twice, an unknown field, a value of the wrong type. Every fault names
the file, the line and what to write instead, in Chinese (``config/texts/datafile.yaml``), so that
nobody needs a programmer to mend it. A fault that only a model knows is a ``ValueError`` of its
validator, told as it is; a :class:`PartError` also says in which part of the model it lies.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, Strict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, core_schema

from config.settings import DATA
from config.texts import text as words
from credit_core.errors import CreditError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[int | str, ...]


class DataFileError(CreditError):
    """A data file cannot be used; the message is ``file:line: what to mend``."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


class PartError(ValueError):
    """A validator's fault in one part of its model; the place is counted from the model."""

    def __init__(self, place: Place, said: str) -> None:
        super().__init__(said)
        self.place = place


def _a_day(value: object) -> object:
    """A number is no day, though pydantic would take it for seconds since 1970."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(words("datafile", "value.date")) from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError(words("datafile", "value.date"))  # noqa: TRY004  Pydantic wants this one.
    return value


Whole = Annotated[int, Strict()]
"""A whole number as such: no truth value, no text, no 1000.0."""
Truth = Annotated[bool, Strict()]
"""``true`` or ``false``: no 1, no text."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A text that says something."""
Date = Annotated[date, BeforeValidator(_a_day)]
"""A day, bare or in quotes."""


_DECIMAL = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")


class _Strict(yaml.constructor.SafeConstructor):
    """Safe YAML in which a key may stand once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise _Told(words("datafile", "yaml.twice", key=key), key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """A day such as 30 February is a fault of the file, with its line."""
        try:
            return super().construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            raise _Told(words("datafile", "yaml.day", value=node.value), node) from None

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """Decimal numbers only: 010 is no eight, 1:30 no ninety, .inf no amount."""
        if not _DECIMAL.fullmatch(node.value):
            raise _Told(words("datafile", "yaml.number", value=node.value), node)
        whole = node.tag.endswith(":int")
        make = super().construct_yaml_int if whole else super().construct_yaml_float
        try:
            return make(node)
        except (ValueError, OverflowError):
            raise _Told(words("datafile", "yaml.number", value=node.value), node) from None


class _Told(yaml.MarkedYAMLError):
    """A fault of which the words are already those for people."""

    def __init__(self, said: str, node: yaml.Node) -> None:
        super().__init__(problem=said, problem_mark=node.start_mark)


class _FastLoader(_Strict, yaml.CSafeLoader):
    """Reads some ten times as fast, and knows less of what is wrong."""


class _TellingLoader(_Strict, yaml.SafeLoader):
    """Tells each fault with its line."""


_MADE: dict[str, Any] = {
    "timestamp": _Strict.construct_yaml_timestamp,
    "int": _Strict.construct_number,
    "float": _Strict.construct_number,
}
for _kind, _make in _MADE.items():
    _FastLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _make)
    _TellingLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _make)

_YAML_FAULTS = (
    ("'\\t'", "tab"),
    ("single document", "several"),
    ("could not determine a constructor", "tag"),
    ("undefined alias", "alias"),
    ("unhashable key", "key"),
    ("mapping values are not allowed", "colon"),
    ("could not find expected ':'", "colon"),
    ("while scanning a quoted scalar", "quote"),
    ("while parsing a flow", "bracket"),
    ("expected <block end>", "indent"),
    ("block collection", "indent"),
    ("block mapping", "indent"),
)
"""What PyYAML says, and the text that says it to people; the first that fits."""


def first_twice(names: Sequence[str]) -> int | None:
    """Number of the first entry that was there before; None: each stands once."""
    return next((number for number, name in enumerate(names) if name in names[:number]), None)


def read_text(path: Path) -> str:
    """The text of a data file.

    :raises DataFileError: there is none, or it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataFileError(path, 1, words("datafile", "file.missing")) from None
    except UnicodeDecodeError:
        raise DataFileError(path, 1, words("datafile", "file.encoding")) from None
    except OSError:
        raise DataFileError(path, 1, words("datafile", "file.unreadable")) from None


def load(path: Path, model: type[Model], context: object = None) -> Model:
    """Read one file into ``model``.

    :param context: handed to the validators of the model (what other files have said).
    :raises DataFileError: at the first fault, with file and line.
    """
    text = read_text(path)
    return _checked(_quickly(text, path), text, path, model, context)


def load_text(text: str, model: type[Model], *, name: Path | str, context: object = None) -> Model:
    """Like :func:`load`, for text that staff typed; ``name`` stands where the path would."""
    path = Path(name)
    return _checked(_plain(text, path), text, path, model, context)


def _checked(loaded: object, text: str, path: Path, model: type[Model], context: object) -> Model:
    if loaded is None:
        raise DataFileError(path, 1, words("datafile", "file.empty"))
    try:
        return model.model_validate(loaded, context=context)
    except ValidationError as error:
        # What is unknown is said first: a misspelt key is also a missing one.
        found = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        first = found[0]
        where = (*first["loc"], *_part(first))
        written = [part for part, _ in _steps(yaml.compose(text, yaml.SafeLoader), where)]
        if (first["type"] == "missing" or _part(first)) and written[-1:] != [where[-1]]:
            written.append(where[-1])  # What should be there is named, though it is not.
        message = fault_at(tuple(written), _said(first, found, model))
        raise DataFileError(path, line_in(text, where), message) from None


def _quickly(text: str, path: Path) -> object:
    """As :func:`_plain`; what ships with the product is read by libyaml, which a text of a hundred
    thousand brackets would end together with the process."""
    if path.is_relative_to(DATA):
        with suppress(yaml.YAMLError):
            return yaml.load(text, _FastLoader)  # noqa: S506  Derived from CSafeLoader.
    return _plain(text, path)


def _plain(text: str, path: Path) -> object:
    """The text as plain lists, mappings and values."""
    try:
        return yaml.load(text, _TellingLoader)  # noqa: S506  Derived from SafeLoader.
    except _Told as error:
        raise DataFileError(path, _line(error), str(error.problem)) from None
    except yaml.MarkedYAMLError as error:
        said = f"{error.context or ''} {error.problem or ''}"
        which = next((name for sign, name in _YAML_FAULTS if sign in said), "other")
        raise DataFileError(path, _line(error), words("datafile", f"yaml.{which}")) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DataFileError(path, line, words("datafile", "yaml.control")) from None
    except RecursionError:
        raise DataFileError(path, 1, words("datafile", "yaml.deep")) from None


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


_KINDS = {
    "string_pattern_mismatch": "pattern",
    "int": "integer", "float": "number", "decimal": "number", "date": "date", "string": "text",
    "bool": "truth", "tuple": "list", "list": "list", "set": "list", "frozen_set": "list",
    "dict": "mapping", "model": "mapping",
}  # fmt: skip
"""How pydantic's error types begin: which kind of value was wanted."""
_LIMITS = {
    "greater_than_equal": ("at_least", "limit", "ge"),
    "greater_than": ("above", "limit", "gt"),
    "less_than_equal": ("at_most", "limit", "le"),
    "less_than": ("below", "limit", "lt"),
    "string_too_short": ("short", "least", "min_length"),
    "string_too_long": ("long", "most", "max_length"),
    "too_short": ("few", "least", "min_length"),
    "too_long": ("many", "most", "max_length"),
    "literal_error": ("choice", "choices", "expected"),
    "enum": ("choice", "choices", "expected"),
}
"""Error types with a limit: the text, its field, and where pydantic keeps the limit."""


_KNOWN = frozenset(get_args(core_schema.ErrorType))
"""Error types of pydantic itself; the others are those of our models, with words of their own."""


def _part(error: ErrorDetails) -> Place:
    """Where inside its model a validator found the fault."""
    cause = error.get("ctx", {}).get("error")
    return cause.place if isinstance(cause, PartError) else ()


def _said(first: ErrorDetails, found: list[ErrorDetails], model: type[BaseModel]) -> str:
    """What is wrong and what to do."""
    kind, facts = first["type"], first.get("ctx", {})
    if kind == "value_error":
        what = str(facts.get("error", first["msg"]))
    elif kind not in _KNOWN:
        what = first["msg"]
    elif kind == "extra_forbidden":
        what = _unknown(first, found, model)
    elif kind in _LIMITS:
        name, field, key = _LIMITS[kind]
        limit = str(facts[key]).replace("'", "").replace(" or ", "、").replace(", ", "、")
        what = words("datafile", f"value.{name}", **{field: limit})
    elif kind == "missing":
        what = words("datafile", "value.missing")
    else:
        known = next((word for start, word in _KINDS.items() if kind.startswith(start)), "other")
        what = words("datafile", f"value.{known}")
    return what


def _unknown(first: ErrorDetails, found: list[ErrorDetails], model: type[BaseModel]) -> str:
    """Names the keys that are missing beside the unknown one, else those at the top."""
    beside = [
        str(one["loc"][-1])
        for one in found
        if one["type"] == "missing" and one["loc"][:-1] == first["loc"][:-1]
    ]
    if not beside and len(first["loc"]) == 1:
        beside = [field.alias or name for name, field in model.model_fields.items()]
    if not beside:
        return words("datafile", "value.unknown_bare")
    return words("datafile", "value.unknown", names="、".join(beside))


def fault_at(place: Place, what: str) -> str:
    """A fault with its place in front, counted as people count."""
    if not place:
        return what
    parts = [
        words("datafile", "place.row", number=part + 1) if isinstance(part, int) else str(part)
        for part in place
    ]
    return words("datafile", "place.fault", where=" ".join(parts), what=what)


def line_in(text: str, place: Place) -> int:
    """The line, from 1, of the deepest part of a place that a sound YAML text has."""
    root = yaml.compose(text, yaml.SafeLoader)
    steps = list(_steps(root, place))
    if steps:
        return steps[-1][1]
    return 1 if root is None else int(root.start_mark.line) + 1


def _steps(root: yaml.Node | None, where: Place) -> Iterator[tuple[int | str, int]]:
    """The parts of a place that are in the file, each with its line.

    Others are passed over: names that pydantic adds for unions, and what is missing.
    """
    node = root
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            if pairs:
                key, node = pairs[0]
                yield part, key.start_mark.line + 1
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            yield part, node.start_mark.line + 1
