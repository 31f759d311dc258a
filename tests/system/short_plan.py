"""A short plan of the shipped tests: the parts of the plan "smoke" that a system test can wait for."""

from __future__ import annotations

from pathlib import Path

from harness.run.inputs import choose_paths, load_files

IDS = ("seal-1-opening-and-closing", "sig-1-genuine-alerts", "com-1-case-latency")
REQUIRES = '["SEAL-1", "SIG-1", "COM-1"]'


def write_short_plan(path: Path, ids: tuple[str, ...] = IDS, requires: str = REQUIRES, limit: str = "500 ms") -> Path:
    """Each test with fewest repeats, as the shipped plan has it otherwise; ``limit`` is that of COM-1."""
    _, *blocks = load_files(choose_paths(plan="smoke")).plan.text.decode().split("[[test]]")
    text = f'[plan]\nname = "short"\ntitle = "Short"\nrequires = {requires}\n'
    for test_id in ids:
        (block,) = (block for block in blocks if f'id = "{test_id}"' in block)
        block = block.replace('"500 ms"', f'"{limit}"').replace("openings = 20", "openings = 2")
        text += f"\n[[test]]{block.split('# SEAL', maxsplit=1)[0].rstrip()}\n"
    path.write_text(text, encoding="utf-8")
    return path


def write_latency_plan(path: Path, limit: str = "500 ms") -> Path:
    """COM-1 alone."""
    return write_short_plan(path, ("com-1-case-latency",), '["COM-1"]', limit)
