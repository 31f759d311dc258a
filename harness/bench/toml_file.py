"""Reading a TOML file into a pydantic model, with errors that a person can act on.

Every error names the file, the key (or line), what was expected and what to do. Used for bench, meter, plan
and requirement files.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss, some_of
from harness.bench.wrong_values import say_wrong


class FileModel(BaseModel):
    """Base of what a file may hold: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)

FILL_IN = "FILL IN"
"""What a value begins with that whoever owns the file must still set (``tamperbench init --real``)."""


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file; raises BenchFileError naming file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BenchFileError(f"{path}: there is no such file{_near_files(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BenchFileError(f"{path}: can't be read: {error}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BenchFileError(f"{path}: not valid TOML: {error}") from error


def load_model(path: Path, model: type[Model]) -> Model:
    """The file as ``model``; raises BenchFileError."""
    data = read_toml(path)
    open_places = list(_to_fill_in(data, ()))
    if open_places:
        raise BenchFileError(
            f"{path}: not filled in yet: {some_of(open_places)}; put your own values in place of {FILL_IN!r}, and "
            "take out the tables of what is not there"
        )
    return validate(data, model, str(path))


def _to_fill_in(value: object, location: tuple[int | str, ...]) -> Iterator[str]:
    """The places that a template left open."""
    if isinstance(value, str) and value.startswith(FILL_IN):
        yield _dotted(location)
    elif isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inner:
            yield from _to_fill_in(item, (*location, key))


def validate(data: object, model: type[Model], where: str) -> Model:
    """``data`` as ``model``; ``where`` names the place in messages."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        entries = error.errors()
        misspelt = {target for entry in entries if (target := _meant(entry, model)) is not None}
        problems = [
            _problem(entry, model, data)
            for entry in entries
            if entry["type"] != "missing" or tuple(entry["loc"]) not in misspelt
        ]
        raise BenchFileError("\n".join(f"{where}: {problem}" for problem in problems)) from None


def _meant(entry: Any, model: type[BaseModel]) -> tuple[int | str, ...] | None:
    """The place of the key that an unknown one was meant for: that it is missing too needs no line of its own."""
    if entry["type"] != "extra_forbidden":
        return None
    *table, key = entry["loc"]
    near = near_miss(str(key), _known_keys(model, tuple(table)))
    return (*table, near) if near else None


def _problem(entry: Any, model: type[BaseModel], data: object) -> str:
    key = _dotted(entry["loc"])
    if entry["type"] == "extra_forbidden":
        known = _known_keys(model, entry["loc"][:-1])
        near = near_miss(str(entry["loc"][-1]), known)
        hint = f"did you mean {near!r}?" if near else f"known keys here: {', '.join(sorted(known)) or 'none'}"
        return f"unknown key {key!r}; {hint}"
    if entry["type"] == "missing":
        return f"key {key!r} is missing; add it"
    if isinstance(entry["input"], dict) and "error" in entry.get("ctx", {}):
        message = entry["msg"].removeprefix("Value error, ")  # about several keys at once: the message names them
        return f"key {key!r}: {message}" if key else message
    return f"key {key!r}: {say_wrong(entry, data)}"


def _dotted(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at ``location`` may have."""
    current: Any = model
    for part in location:
        candidates = _models_in(current)
        for found in candidates:
            for name, field in found.model_fields.items():
                if part == (field.alias or name):
                    current = field.annotation
    return [field.alias or name for found in _models_in(current) for name, field in found.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        annotation.model_rebuild()  # a field whose class stands further down in its file is but a name until then
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _near_files(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; the folder {path.parent} does not exist either"
    stems = {entry.stem: entry for entry in path.parent.iterdir() if entry.is_file() and entry.suffix == path.suffix}
    near = difflib.get_close_matches(path.stem, stems, n=1)  # a common ending makes no two names alike
    return f"; did you mean {stems[near[0]]}?" if near else "; check the path"
