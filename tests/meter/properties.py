"""How property tests run here: the same examples every time, and no deadline that a busy machine would miss."""

from hypothesis import settings

REPEATABLE = settings(derandomize=True, deadline=None)
