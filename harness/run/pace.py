"""About how much longer a run takes: from what its tests took before, at the pace they take now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PACE_MIN, PACE_MAX = 0.1, 10.0
"""One odd test must not turn seconds into hours."""


class Pace:
    """What is left of a run, in seconds of the wall clock."""

    def __init__(self, tests: Sequence[str], known_s: Mapping[str, float], workers: int) -> None:
        self._known_s = {test_id: known_s[test_id] for test_id in tests if test_id in known_s}
        self._left = dict.fromkeys(tests)
        self._took_s: dict[str, float] = {}
        self._workers = max(workers, 1)

    def ended(self, test_id: str, took_s: float) -> None:
        """A test has ended."""
        self._left.pop(test_id, None)
        self._took_s[test_id] = took_s

    def left_s(self, since_last_s: float = 0.0) -> float | None:
        """About how long the rest takes, ``since_last_s`` after the last test ended; None if nothing tells."""
        if not self._left:
            return 0.0
        usual_s = self._usual_s()
        if usual_s is None:
            return None
        rest_s = sum(self._known_s.get(test_id, usual_s) for test_id in self._left)
        return max(rest_s * self._factor() / self._workers - since_last_s, 0.0)

    def _usual_s(self) -> float | None:
        """What a test takes of which nothing is known: as the others."""
        values = list(self._known_s.values()) or list(self._took_s.values())
        return sum(values) / len(values) if values else None

    def _factor(self) -> float:
        both = [test_id for test_id in self._took_s if self._known_s.get(test_id)]
        before_s = sum(self._known_s[test_id] for test_id in both)
        if not before_s:
            return 1.0
        return min(max(sum(self._took_s[test_id] for test_id in both) / before_s, PACE_MIN), PACE_MAX)


def rough(seconds: float) -> str:
    """A time to wait as one says it: nobody knows it to the tenth."""
    if seconds < 10:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90:
        return f"{round(seconds / 5) * 5} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"
