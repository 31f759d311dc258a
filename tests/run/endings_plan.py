"""Plans over the planned tests in ``endings/``, and reading what a run of them left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.evidence.model import Body, Judgement, Note, Traffic
from harness.evidence.reader import Attempt, load_run

ENDINGS = Path(__file__).with_name("endings")


def write_plan(path: Path, functions: Sequence[str]) -> Path:
    """A plan of these functions, in this order; a test's id is its function's name with '-'."""
    tests = "".join(
        f'\n[[test]]\nid = "{name.removeprefix("test_").replace("_", "-")}"\nrun = "test_endings.py::{name}"\n'
        for name in functions
    )
    requires = '["END-1"]' if any(name != "test_passes" for name in functions) else '["END-2"]'
    path.write_text(f'[plan]\nname = "endings"\ntitle = "Endings"\nrequires = {requires}\n{tests}', encoding="utf-8")
    return path


def attempt_of(folder: Path, test_id: str) -> Attempt:
    (attempt,) = load_run(folder).test(test_id).attempts
    return attempt


def bodies(attempt: Attempt) -> list[Body]:
    return [entry.body for entry in attempt.entries]


def notes(attempt: Attempt) -> list[str]:
    return [body.text for body in bodies(attempt) if isinstance(body, Note)]


def judged(attempt: Attempt) -> list[str]:
    return [body.verdict.value for body in bodies(attempt) if isinstance(body, Judgement)]


def relay_messages(attempt: Attempt) -> list[tuple[str, str]]:
    """Everything said to (>) and by (<) the relay unit, in order."""
    return [
        (body.direction, body.data) for body in bodies(attempt) if isinstance(body, Traffic) and body.channel == "relay"
    ]


def relays_left_open(attempt: Attempt) -> bool:
    """After the last relay was closed, all were opened, and the unit, asked last of all, answered that they are."""
    said = relay_messages(attempt)
    closings = [place for place, (_, text) in enumerate(said) if text.startswith("ROUTe:CLOSe (")]
    openings = [place for place, (_, text) in enumerate(said) if text == "*RST"]
    if not openings or (closings and openings[-1] < closings[-1]):
        return False
    question, answer = said[-2:]
    return question[1].startswith("ROUTe:CLOSe? (") and set(answer[1].split(",")) == {"0"}


def was_energised(attempt: Attempt) -> bool:
    return any(text.startswith("ROUTe:CLOSe (@") for _, text in relay_messages(attempt))
