"""What a judgement that did not pass raises, to stop the test. A verdict on the meter, not an error of the bench."""

from __future__ import annotations

from harness.evidence.model import Judgement


class NotPassed(Exception):  # noqa: N818 - a verdict is no error
    """A judged value did not pass; ``judgement`` holds everything that was decided on."""

    def __init__(self, judgement: Judgement, replay_id: str) -> None:
        self.judgement = judgement
        self.replay_id = replay_id
        super().__init__(judgement, replay_id)

    def __str__(self) -> str:
        return f"{describe(self.judgement)}\nreplay: {self.replay_id}"


class LimitMissed(NotPassed, AssertionError):  # noqa: N818 - a verdict is no error
    """The value is outside its limit. An AssertionError too: by it pytest's other plugins tell failed from broken."""


class Inconclusive(NotPassed):
    """Neither a pass nor a fail can be stated."""


def describe(judgement: Judgement) -> str:
    """One judgement in one line, for a terminal."""
    unit = "" if judgement.unit == "1" else f" {judgement.unit}"
    value = "no value" if judgement.value is None else f"{_text(judgement.value)}{unit}"
    parts = [f"{judgement.name}: {'more than ' if judgement.lower_bound else ''}{value}"]
    limits = _limits_text(judgement.at_least, judgement.at_most)
    if limits:
        parts.append(f"limit {limits}{unit}")
    if judgement.uncertainty:
        accepted = _limits_text(judgement.accept_at_least, judgement.accept_at_most)
        parts.append(
            f"accepted {accepted}{unit} (U = {judgement.uncertainty:.3g}{unit}, k = {judgement.coverage_factor:g})"
        )
    text = ", ".join(parts) + f" → {judgement.verdict.value}"
    if judgement.reason:
        text += f": {judgement.reason}"
    if judgement.requirements:
        text += f" [{', '.join(judgement.requirements)}]"
    return text + (f"; {judgement.explanation}" if judgement.explanation else "")


def _limits_text(at_least: float | None, at_most: float | None) -> str:
    if at_least is not None and at_least == at_most:
        return f"exactly {_text(at_least)}"
    texts = [] if at_least is None else [f"at least {_text(at_least)}"]
    return " and ".join(texts if at_most is None else [*texts, f"at most {_text(at_most)}"])


def _text(value: float) -> str:
    """Whole numbers in full (a count, ns), others with more digits than any instrument here resolves."""
    return str(value) if isinstance(value, int) else f"{value:.9g}"
