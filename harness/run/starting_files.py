"""The files a bench and a meter begin with: ``tamperbench init``.

They are made from the shipped ones, the only place where each thing is said: emulated files are those, with the
firmware's paths set; the files for a real bench are their tables with a place to fill in for every fact of the lab's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FILL_IN, read_toml
from harness.bench.toml_text import key_text, table, value_text
from harness.instruments.registry import ROLES
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.plan.plan_file import CATALOGUE
from harness.run.inputs import DEFAULT_PLAN, choose_paths

BENCH, METER, PLAN = "bench.toml", "meter.toml", "plan.toml"

BENCH_HEAD = """\
# What is on the bench. Written by `tamperbench init`; it is yours from here on.
# {kind}
#
#   tamperbench bench check --bench {name}/bench.toml --meter {name}/meter.toml
#   tamperbench certify --plan {name}/plan.toml --bench {name}/bench.toml --meter {name}/meter.toml
#
# [instruments.ROLE]  driver           one of: tamperbench list drivers
#                     resource         VISA address, smbus:BUS:ADDRESS or serial:PORT
#                     calibrated_*     a run refuses an instrument out of calibration
#                     serial           insist on this very unit (may be left out)
#                     limits           what it may put out at most; no test can exceed them
#                     probes, digital  net on the meter's board -> channel
#                     channels         what a relay works -> channel
# [links.NAME]        byte stream to the meter: its modem line, its optical port
# A plan that needs something which is not here is refused before it begins; wiring and cautions: docs/real-bench.md.
"""
EMULATED = "Kind emulated: instruments, wiring and meter are models on this computer. It runs as it is."
REAL = "Kind real: put your values in place of FILL IN (behind it: those of the emulated bench); delete what you lack."

METER_HEAD = """\
# Which meter is on the bench, and what is expected of it. Written by `tamperbench init`; it is yours from here on.
# {kind}
# Paths are relative to this file. An event's code that the meter has not is left out (docs/alert-format.md).
"""
METER_EMULATED = "The reference meter. For your own: [firmware] image = its raw binary (no source), then the rest."
METER_REAL = "Put your meter's own values in place of FILL IN; those of the reference meter stand behind it."

PLAN_HEAD = """\
# What is tested, how often and with which parameters. Written by `tamperbench init`; it is yours from here on.
# Tests there are: tamperbench list tests. Each [[test]] names one, its "id" is yours. Quantities carry their unit.
# "requires" is what must be shown for a pass; ids: tamperbench list requirements.
"""

KEPT = frozenset(
    {"driver", "probes", "digital", "channels", "kind", "visa_library", "output", "axis", "element", "active_low"}
)
"""Keys of the emulated bench that a lab may take as they stand: choices and wiring. All else is a fact of its own."""
KEPT_WHOLE = frozenset({"link_profiles"})
"""Tables of settings, each with its source: true of any bench until somebody knows better."""

HINTS = {
    "name": "what the bench is called in reports",
    "laboratory": "the laboratory that answers for the result",
    "resource": "address, as TCPIP0::192.0.2.11::inst0::INSTR",
    "calibrated_on": "date of the certificate, as 2026-03-02",
    "calibrated_until": "date it ends, as 2027-03-02",
    "calibrated_by": "calibration laboratory",
    "certificate": "number of the certificate",
    "address": "device server of this line, as tcp://192.0.2.13:4001",
    "image": "path of the image that the meter runs",
}
METER_HINTS = {
    "image": HINTS["image"],
    "password_file": "file that holds the port's password alone, mode 600: no record has what is in it",
}
CODED = frozenset({"events", "tampered_mask", "bus"})
DROPPED = frozenset({"epoch", "emulation", "source", "symbols"})
"""What a real bench and a foreign meter have not."""


def write_starting_files(folder: Path, *, real: bool) -> list[Path]:
    """Write bench, meter and plan file into ``folder``, which is made if need be; raises BenchFileError.

    Nothing is overwritten: if one of them is there, none is written.
    """
    shipped = choose_paths()
    texts = {
        BENCH: real_bench(shipped.bench, folder.name) if real else emulated_bench(shipped.bench, folder.name),
        METER: real_meter(shipped.meter) if real else reference_meter(shipped.meter, folder),
        PLAN: starting_plan(shipped.plan),
    }
    there = [name for name in texts if os.path.lexists(folder / name)]
    if there:
        raise BenchFileError(
            f"{folder}: {', '.join(there)} is there already, and nothing is overwritten; choose another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise BenchFileError(f"{folder}: can't be written: {error.strerror}; choose another folder") from error
    return [folder / name for name in texts]


def emulated_bench(shipped: Path, name: str) -> str:
    """The shipped emulated bench, explained."""
    return BENCH_HEAD.format(kind=EMULATED, name=name) + "\n" + _without_head(shipped)


def reference_meter(shipped: Path, folder: Path) -> str:
    """The shipped reference meter, its firmware built from this installation into ``folder``/build."""
    firmware = read_toml(shipped)["firmware"]
    source = os.path.relpath((shipped.parent / firmware["source"]).resolve(), folder.resolve())
    text = _without_head(shipped)
    for key, value in (("image", "build/meter.bin"), ("symbols", "build/meter.elf"), ("source", source)):
        text = _with_value(text, key, value)
    return METER_HEAD.format(kind=METER_EMULATED) + "\n" + text


def starting_plan(shipped: Path) -> str:
    """The default plan under another name, every test with its parameters."""
    plan = load_plan(shipped, load_catalogue(shipped.with_name(f"{CATALOGUE}.toml")))
    text = plan.text.decode().partition("\n")[2].lstrip("\n")  # without its first line, which is about the run's copy
    return PLAN_HEAD + "\n" + _with_value(text, "name", f"my-{DEFAULT_PLAN}")


def real_bench(shipped: Path, name: str) -> str:
    """The tables of the emulated bench for a real one: every class of instrument, every fact to fill in."""
    data = read_toml(shipped)
    bench = {"name": "", "kind": "real", "laboratory": "", "visa_library": "@py"} | data.pop("bench") | {"kind": "real"}
    lines = [BENCH_HEAD.format(kind=REAL, name=name), *table("bench", _to_fill_in(bench))]
    for role in sorted(data.pop("instruments").items(), key=lambda item: _place(item[0])):
        lines += _instrument(*role)
    for title, values in data.items():
        if title not in DROPPED:
            lines += table(title, values if title in KEPT_WHOLE else _to_fill_in(values))
    return "\n".join(lines).rstrip() + "\n"


def real_meter(shipped: Path) -> str:
    """The tables of the reference meter, every value to fill in."""
    lines = [METER_HEAD.format(kind=METER_REAL)]
    data = read_toml(shipped)
    del data["diagnostic"]["published_password"]  # the reference meter's is no secret; a lab's meter has its own
    data["diagnostic"] = {"password_file": ""} | data["diagnostic"]
    for title, values in data.items():
        lines += table(title, _to_fill_in(values, frozenset(), METER_HINTS, title in CODED))
    return "\n".join(lines).rstrip() + "\n"


def _instrument(role: str, entry: Mapping[str, Any]) -> Iterator[str]:
    others = [name for name in ROLES.get(role, ()) if name != entry.get("driver")]
    if others:
        yield f"# {role}: instead of {entry.get('driver')} also {', '.join(others)}"
    first = ("driver", "resource", "calibrated_on", "calibrated_until", "calibrated_by")
    whole = dict.fromkeys(first, "") | dict(entry)
    yield from table(f"instruments.{key_text(role)}", _to_fill_in(whole))


def _to_fill_in(
    values: Mapping[str, Any], keep: frozenset[str] = KEPT, hints: Mapping[str, str] = HINTS, coded: bool = False
) -> dict[str, Any]:
    """The table with FILL IN for every value; ``coded``: its numbers are codes, written as the protocol does."""
    filled: dict[str, Any] = {}
    for key, value in values.items():
        if key in DROPPED:
            continue
        if key in keep:
            filled[key] = value
        elif isinstance(value, Mapping):
            filled[key] = _to_fill_in(value, keep, hints, key in CODED)
        else:
            number = isinstance(value, int) and (coded or key in CODED)
            written = f"0x{value:02X}" if number else value_text(value).replace('"', "'")
            hint = hints.get(key) or f"instead of {written}"
            filled[key] = f"{FILL_IN}: {hint}"
    return filled


def _with_value(text: str, key: str, value: str) -> str:
    """The text with the first line ``key = …`` saying ``value``."""
    line = f"{key} = {value_text(value)}"
    return re.sub(rf"(?m)^{key} = .*$", lambda _: line, text, count=1)


def _place(role: str) -> int:
    roles = list(ROLES)
    return roles.index(role) if role in roles else len(roles)


def _without_head(path: Path) -> str:
    """A shipped file without the comment it begins with, which is about the shipped file."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next((place for place, line in enumerate(lines) if not line.startswith("#") and line.strip()), len(lines))
    return "".join(lines[first:])
