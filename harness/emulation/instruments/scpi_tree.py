"""An instrument's commands as a table, and the tree that finds one by its header (SCPI-1999 volume 1, 6.2).

A dialect is a tuple of :class:`Command`; there is no other way to declare one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.errors import WorldError
from harness.emulation.instruments.scpi_parameters import Parameter, short_form
from harness.emulation.instruments.scpi_syntax import ScpiError, Unit, split_message

_NODE = re.compile(r"([A-Za-z]+)(?:\{(\d+):(\d+)\})?", re.ASCII)
_TRAILING_DIGITS = re.compile(r"(\w*?[A-Za-z_])(\d+)", re.ASCII)

_SUFFIXED = "#"
"""Ends the key of a node that takes a numeric suffix: some families have ``DIGitize`` beside ``DIGital<d>``, whose
short forms differ in that alone."""


@dataclass(frozen=True)
class Command:
    """One header of the dialect.

    ``pattern``: nodes with their short form in capitals, ``[optional:]`` nodes in brackets, a numeric suffix with
    its range in braces (``CHANnel{1:4}:SCALe``), common commands with their star. ``do`` and ``ask`` are called
    with the instrument, the header's suffixes, then the arguments; a missing one makes that form undefined.
    """

    pattern: str
    takes: tuple[Parameter, ...] = ()
    do: Callable[..., None] | None = None
    ask: Callable[..., str | bytes] | None = None
    asks_with: tuple[Parameter, ...] = ()
    """Arguments of the query form."""
    optional: int = 0
    """How many of the last arguments may be left out (of either form)."""
    do_waits: bool = False
    """The command form is not executed before every pending operation has ended (``*WAI``)."""
    ask_waits: bool = False
    """The query form is not executed before every pending operation has ended (``*OPC?``)."""
    indefinite: bool = False
    """Its answer has no end of its own, so no other answer may follow it (IEEE 488.2 8.7.11)."""


@dataclass(frozen=True)
class Call:
    """A command found, with its arguments parsed: ready to be executed, and the same whenever it is."""

    command: Command
    query: bool
    arguments: tuple[Any, ...]


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    suffix_range: tuple[int, int] | None = None
    command: Command | None = None


class CommandTree:
    """The headers of one dialect."""

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self._common: dict[str, Command] = {}
        self._root = _Node()
        for command in commands:
            if command.pattern.startswith("*"):
                self._common[command.pattern[1:].upper()] = command
                continue
            for nodes in _expand(command.pattern):
                self._insert(nodes, command)

    def parse(self, message: str) -> list[Call | ScpiError]:
        """The calls of one program message. An ScpiError can only be the last item."""
        calls: list[Call | ScpiError] = []
        path: tuple[str, ...] = ()
        try:
            for unit in split_message(message):
                if isinstance(unit, ScpiError):
                    raise unit
                if unit.header.startswith("*"):
                    # SCPI-99 6.2.4: a common command leaves the header path as it is.
                    calls.append(_make_call(self._find_common(unit.header), unit, ()))
                else:
                    path, command, suffixes = self._find(path, unit.header)
                    calls.append(_make_call(command, unit, suffixes))
        except ScpiError as error:
            calls.append(error)
        return calls

    def _insert(self, nodes: list[str], command: Command) -> None:
        here = self._root
        for text in nodes:
            match = _NODE.fullmatch(text)
            if match is None:
                raise WorldError(f"command pattern {command.pattern!r}: node {text!r} can't be read")
            mnemonic, low, high = match.groups()
            forms = [form + (_SUFFIXED if low else "") for form in (mnemonic.upper(), short_form(mnemonic))]
            child = here.children.get(forms[0])
            if child is None:
                child = _Node(suffix_range=(int(low), int(high)) if low else None)
                for form in forms:
                    if form in here.children:
                        raise WorldError(f"command pattern {command.pattern!r}: {form} stands for two nodes")
                for form in forms:
                    here.children[form] = child
            here = child
        if here.command is not None:
            raise WorldError(f"{command.pattern!r} and {here.command.pattern!r} are the same header")
        here.command = command

    def _find_common(self, header: str) -> Command:
        try:
            return self._common[header[1:].upper()]
        except KeyError:
            raise ScpiError(-113) from None

    def _find(self, path: tuple[str, ...], header: str) -> tuple[tuple[str, ...], Command, tuple[int, ...]]:
        """Path for the next unit, command and suffixes of a header that stands after ``path`` (SCPI-99 6.2.4)."""
        typed = header.lstrip(":").split(":")
        nodes = typed if header.startswith(":") else [*path, *typed]
        here, suffixes = self._root, []
        for text in nodes:
            here, suffix = _step(here, text.upper())
            if suffix is not None:
                suffixes.append(suffix)
        if here.command is None:
            raise ScpiError(-113)
        return tuple(nodes[:-1]), here.command, tuple(suffixes)


def _step(here: _Node, text: str) -> tuple[_Node, int | None]:
    child = here.children.get(text)
    if child is not None:
        return child, None
    child = here.children.get(text + _SUFFIXED)
    if child is not None:
        # SCPI-99 6.2.5.2: a suffix left out means 1.
        return child, 1
    match = _TRAILING_DIGITS.fullmatch(text)
    child = here.children.get(match.group(1) + _SUFFIXED) if match else None
    if child is None or match is None or child.suffix_range is None:
        raise ScpiError(-113)
    suffix = int(match.group(2))
    if not child.suffix_range[0] <= suffix <= child.suffix_range[1]:
        raise ScpiError(-114)
    return child, suffix


def _make_call(command: Command, unit: Unit, suffixes: tuple[int, ...]) -> Call:
    if (command.ask if unit.query else command.do) is None:
        raise ScpiError(-113)
    takes = command.asks_with if unit.query else command.takes
    if len(unit.arguments) > len(takes):
        raise ScpiError(-108)
    if len(unit.arguments) < len(takes) - command.optional:
        raise ScpiError(-109)
    values = [parameter.parse(text) for parameter, text in zip(takes, unit.arguments, strict=False)]
    return Call(command, unit.query, (*suffixes, *values))


def _expand(pattern: str) -> list[list[str]]:
    """All node lists a pattern stands for: with and without each optional node."""
    lists: list[list[str]] = [[]]
    for optional, plain in re.findall(r"\[:?([^\]]*?):?\]|([^:\[\]]+)", _hide_ranges(pattern)):
        if optional:
            if "{" in optional:
                raise WorldError(f"command pattern {pattern!r}: an optional node can't have a numeric suffix")
            lists = lists + [[*nodes, optional] for nodes in lists]
        else:
            lists = [[*nodes, plain.replace("..", ":")] for nodes in lists]
    return lists


def _hide_ranges(pattern: str) -> str:
    return re.sub(r"\{(\d+):(\d+)\}", r"{\1..\2}", pattern)
