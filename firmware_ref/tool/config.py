"""Reads the numbers of `config.h`, so that linker scripts and checks never hold a second copy of them."""

from __future__ import annotations

import re
from pathlib import Path

from firmware_ref.tool.errors import LayoutError

_DEFINE = re.compile(r"^#define (CONFIG_[A-Z0-9_]+) +(0[xX][0-9a-fA-F]+|[0-9]+)u?\b", re.MULTILINE)
_PLACE = re.compile(r"@(CONFIG_[A-Z0-9_]+)@")


def read_config(source: Path) -> dict[str, int]:
    """The numeric defines of `config.h` below `source`."""
    text = (source / "config.h").read_text(encoding="utf-8")
    return {name: int(value, 0) for name, value in _DEFINE.findall(text)}


def fill_template(template: Path, config: dict[str, int]) -> str:
    """The template's text with every `@CONFIG_…@` replaced by its number."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in config:
            raise LayoutError(f"{template}: {name} is not a number in config.h; define it there or mend the template")
        return hex(config[name])

    return _PLACE.sub(value, template.read_text(encoding="utf-8"))
