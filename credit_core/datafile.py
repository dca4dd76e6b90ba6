"""Data files that a bureau edits: strict YAML, checked by a pydantic model, errors with a line.

Refused: a key that stands twice, an unknown field, a value of the wrong type. Every fault names
the file, the line and what to write instead, so that nobody needs a programmer to mend it.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from credit_core.errors import CreditError

Model = TypeVar("Model", bound=BaseModel)


class DataFileError(CreditError):
    """A data file cannot be used; the message is ``file:line: what to mend``."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key may stand once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """A day such as 30 February is a fault of the file, with its line."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.MarkedYAMLError(
                problem=f"{node.value} is not a day: {error}", problem_mark=node.start_mark
            ) from None


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _StrictLoader.construct_yaml_timestamp)


def load(path: Path, model: type[Model], context: object = None) -> Model:
    """Read one file into ``model``.

    :param context: handed to the validators of the model (what other files have said).
    :raises DataFileError: at the first fault, with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DataFileError(path, 1, "cannot be read as UTF-8 text") from None
    return load_text(text, model, name=path, context=context)


def load_text(text: str, model: type[Model], *, name: Path | str, context: object = None) -> Model:
    """Like :func:`load`, for text that staff typed; ``name`` stands where the path would."""
    path = Path(name)
    try:
        loaded = yaml.load(text, _StrictLoader)  # noqa: S506  Derived from SafeLoader.
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DataFileError(path, line, error.problem or "not valid YAML") from None
    try:
        return model.model_validate(loaded, context=context)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{where}: {first['msg']}" if where else first["msg"]
        root = yaml.compose(text, yaml.SafeLoader)
        raise DataFileError(path, line_of(root, first["loc"]), message) from None


def line_of(root: yaml.Node | None, where: tuple[int | str, ...]) -> int:
    """The line, from 1, of the deepest node that ``where`` still reaches.

    Parts that are not in the file (names that pydantic adds for unions) are passed over.
    """
    node, line = root, 1
    if node is not None:
        line = node.start_mark.line + 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    node, line = value, key.start_mark.line + 1
                    break
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
