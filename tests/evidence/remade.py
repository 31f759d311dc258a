"""A record made again as a whole, as whoever has the harness and not the laboratory's key can."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.model import first_link, next_link
from harness.evidence.reader import load_run, read_header
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.replay_id import make_replay_id
from harness.evidence.summary import pretty_json, summarise

Table = dict[str, Any]


def remake(path: Path, change: Callable[[Table], None]) -> None:
    """Change the header, then make inputs' digests, replay ids, chains and summary anew."""
    data = json.loads((path / "run.json").read_text(encoding="utf-8"))
    change(data)
    for item in data["inputs"]:
        item["sha256"] = sha256_hex((path / "inputs" / item["file"]).read_bytes())
    (path / "run.json").write_bytes(pretty_json(data))
    header = read_header(path)
    for file in sorted(path.glob(f"tests/*/{ENTRIES_FILE}")):
        rows = [json.loads(line) for line in file.read_bytes().splitlines()]
        test_id = rows[0]["test_id"]
        rows[0]["replay_id"] = str(make_replay_id(header, test_id))
        link = first_link(test_id, header.digest())
        lines = []
        for row in rows:
            row.pop("chain")
            link = next_link(link, row)
            lines.append(canonical_json({**row, "chain": link}) + b"\n")
        file.write_bytes(b"".join(lines))
    finish_again(path)


def finish_again(path: Path) -> None:
    """The summary that fits what is there."""
    run = load_run(path)
    (path / "summary.json").write_bytes(pretty_json(summarise(run.header, run.tests)))
