"""The only reader of YAML: every error carries file, line and key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from hpcmlff.errors import InputError, Key, nearest

T = TypeVar("T", bound=BaseModel)

# Text stays text: dates and the like would be guesses.
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{n}" for n in ("str", "int", "float", "bool", "null"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A YAML file: its plain data and the line of every key."""

    path: Path
    """The file."""
    data: Any
    """Dictionaries, lists and scalars."""
    lines: Mapping[Key, int]
    """Path of each value to its line, counted from 1."""
    error: type[InputError] = InputError
    """What is raised when the content is wrong."""

    def where(self, key: Key) -> str:
        """Return ``file:line: key`` of a value, or of the nearest thing around it."""
        known = key
        while known and known not in self.lines:
            known = known[:-1]
        dotted = ".".join(str(part) for part in key)
        place = f"{self.path}:{self.lines.get(known, 1)}"
        return f"{place}: {dotted}" if dotted else place

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Give file and line to input errors that only know their key."""
        try:
            yield
        except InputError as error:
            if not error.where:
                error.where = self.where(error.key)
            raise

    def parse(self, model: type[T], data: Any = None, at: Key = ()) -> T:
        """Check the document, or a part of it, against a model.

        Parameters
        ----------
        model
            What the content must be.
        data
            The part; the whole document if left out.
        at
            Path of that part, for messages.

        Raises
        ------
        InputError
            Every finding, one a line.
        """
        raw = self.data if data is None else data
        try:
            # JSON mode is strict about types and still takes lists for tuples.
            return model.model_validate_json(json.dumps(raw))
        except ValidationError as found:
            findings = [self._finding(model, dict(item), at) for item in found.errors()]
        where, what = findings[0]
        more = "".join(f"\n{place}: {text}" for place, text in findings[1:])
        raise self.error(what + more, where=where)

    def _finding(self, model: type[BaseModel], item: dict[str, Any], at: Key) -> tuple[str, str]:
        loc: Key = (*at, *(part for part in item["loc"] if part != "[key]"))
        if item["type"] == "extra_forbidden":
            hint = nearest(str(loc[-1]), _fields(model, item["loc"][:-1]))
            return self.where(loc), f"unknown key. {hint}"
        if item["type"] == "missing":
            return self._missing(_fields(model, item["loc"][:-1]), item["input"], loc)
        text = item["msg"].removeprefix("Value error, ")
        shown = "" if isinstance(item["input"], dict) else f" (found {json.dumps(item['input'])})"
        return self.where(loc), f"{text[:1].lower()}{text[1:]}{shown}"

    def _missing(self, known: list[str], found: Any, loc: Key) -> tuple[str, str]:
        strange = [key for key in found if key not in known] if isinstance(found, dict) else []
        if misspelt := get_close_matches(str(loc[-1]), strange, n=1):
            where = self.where((*loc[:-1], misspelt[0]))
            return where, f"unknown key. Did you mean {loc[-1]!r}?"
        return self.where(loc[:-1]), f"the key {loc[-1]!r} is missing"


def _fields(model: Any, loc: Key) -> list[str]:
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        elif len(args := get_args(model)) > 0:
            model = args[-1]
        models = [a for a in get_args(model) if isinstance(a, type) and issubclass(a, BaseModel)]
        if models and type(None) in get_args(model):
            model = models[0]
    is_model = isinstance(model, type) and issubclass(model, BaseModel)
    return sorted(model.model_fields) if is_model else []


def read(path: Path, error: type[InputError] = InputError) -> Document:
    """Read a YAML file safely; duplicate keys and unknown tags are errors.

    Parameters
    ----------
    path
        The file.
    error
        What to raise when it is wrong.

    Raises
    ------
    InputError
        The file is missing, unreadable or not YAML, or a key stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except OSError as found:
        raise error(f"cannot read: {found.strerror}", where=str(path)) from None
    except UnicodeDecodeError as found:
        raise error(f"is not UTF-8 text: {found.reason}", where=str(path)) from None
    except yaml.YAMLError as found:
        raise _syntax(path, found, error) from None
    lines: dict[Key, int] = {}
    builder = _Builder(path, lines, error)
    data = builder.build(node, ()) if node is not None else None
    return Document(path=path, data=data, lines=lines, error=error)


def _syntax(path: Path, found: yaml.YAMLError, error: type[InputError]) -> InputError:
    mark = getattr(found, "problem_mark", None)
    problem = getattr(found, "problem", None) or "not YAML"
    return error(problem, where=f"{path}:{mark.line + 1}" if mark else str(path))


class _Builder:
    """Turns YAML nodes into plain data, noting lines and refusing duplicates."""

    def __init__(self, path: Path, lines: dict[Key, int], error: type[InputError]) -> None:
        self._path = path
        self._lines = lines
        self._error = error
        self._scalar = yaml.CSafeLoader("")

    def build(self, node: yaml.Node, at: Key) -> Any:
        self._lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*at, i)) for i, child in enumerate(node.value)]
        if node.tag not in _PLAIN_TAGS:
            return str(node.value)
        return self._scalar.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, at: Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                first = self._lines[(*at, key)]
                where = f"{self._path}:{line}: {'.'.join(map(str, (*at, key)))}"
                raise self._error(f"stands twice, first on line {first}", where=where)
            self._lines[(*at, key)] = line
            result[key] = self.build(value_node, (*at, key))
        return result
