"""The one id of a result: enough to find what was run and to run it again, pasteable into a shell as it stands.

``<plan>/<test>@<seed>#<10 hex>``, for example ``smoke/seal-2-short-pulses@7#0f3a5b7c9d``. The digits are the
beginning of a digest over every input of the run, so the same id on other inputs is told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.errors import ReplayIdError
from harness.evidence.model import RunHeader

_SLUG = r"[a-z0-9]+(?:[-_.][a-z0-9]+)*"
_ID = re.compile(rf"({_SLUG})/({_SLUG})@(0|[1-9][0-9]{{0,18}})#([0-9a-f]{{10}})")


@dataclass(frozen=True)
class ReplayId:
    """A replay id in its parts."""

    plan: str
    test_id: str
    seed: int
    inputs_digest: str

    def __str__(self) -> str:
        return f"{self.plan}/{self.test_id}@{self.seed}#{self.inputs_digest}"


MOST_NAME_CHARACTERS = 200
"""A test's id names its folder, with its place and attempt beside it; file systems end at 255 octets."""


def inputs_digest(header: RunHeader) -> str:
    """First 10 hex digits of a digest over the image and every input file, whatever order they are listed in."""
    inputs = sorted([item.role, item.sha256] for item in header.inputs)
    return sha256_hex(canonical_json([header.image_sha256, inputs]))[:10]


def make_replay_id(header: RunHeader, test_id: str) -> ReplayId:
    """The id of ``test_id`` in the run of ``header``."""
    return parse_replay_id(f"{header.plan}/{test_id}@{header.seed}#{inputs_digest(header)}")


def check_names(header: RunHeader) -> str:
    """What is wrong with the names that ids and folders are made of, in words; empty if nothing is."""
    names = [test.test_id for test in header.tests]
    every = (header.plan, *names, *(item.file for item in header.inputs))
    long = next((name for name in every if len(name) > MOST_NAME_CHARACTERS), None)
    if long is not None:
        return f"a name of {len(long)} characters, {long[:30]!r} …; expected at most {MOST_NAME_CHARACTERS}"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return f"test {twice[0]!r} is there twice; expected an id of its own for each"
    try:
        for name in names:
            make_replay_id(header, name)
    except ReplayIdError as error:
        return str(error)
    return ""


def parse_replay_id(text: str) -> ReplayId:
    """Take an id apart; one that is none says what an id looks like."""
    match = _ID.fullmatch(text.strip())
    if match is None:
        raise ReplayIdError(
            f"{text!r} is no replay id; expected PLAN/TEST@SEED#10-HEX-DIGITS "
            "(lower-case words joined by '-'), as printed on a failing line"
        )
    plan, test_id, seed, digest = match.groups()
    return ReplayId(plan, test_id, int(seed), digest)
