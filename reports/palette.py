"""The page's colours, from its style sheet: drawings outside the page need them as numbers."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_RULE = re.compile(r"(--[a-z0-9-]+):\s*(#[0-9a-f]{6})")


@cache
def light() -> dict[str, str]:
    """Name of each variable of the light page (``--pass``) and its colour (``#17663a``)."""
    text = resources.files("reports.templates").joinpath("style.css").read_text("utf-8")
    first = text[text.index(":root {") : text.index("}")]
    return dict(_RULE.findall(first))
