"""Options and files of ``tamperbench serve``: what it refuses, and the bench file it writes."""

from __future__ import annotations

import re
import socket
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from harness.bench.files import BenchFile, load_bench_file
from harness.emulation.serve.bench_file import CERTIFICATE, MARK, served_bench, write_bench_file
from harness.emulation.serve.errors import WriteBenchError
from tests.serve.served import serving
from tests.system.commands import BENCH, CHECKOUT, Here, changed, here_in

NOON_NS = int(datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000_000


def addresses(file: BenchFile) -> dict[str, str]:
    """One address for each instrument and link."""
    of_instruments = {role: f"TCPIP0::127.0.0.1::{port}::SOCKET" for port, role in enumerate(file.instruments, 5025)}
    return of_instruments | {name: f"tcp://127.0.0.1:{port}" for port, name in enumerate(file.links, 5125)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)


def test_the_written_bench_file_differs_in_kind_addresses_and_calibration_only(tmp_path: Path) -> None:
    emulated = load_bench_file(BENCH)
    path = tmp_path / "served.toml"
    given = addresses(emulated)
    write_bench_file(served_bench(emulated, given, NOON_NS), path)
    served = load_bench_file(path)
    assert served.bench.kind == "real"
    assert served.bench.laboratory == emulated.bench.laboratory
    assert served.instruments.keys() == emulated.instruments.keys()
    assert {name: link.address for name, link in served.links.items()} == {name: given[name] for name in emulated.links}
    assert (served.coils, served.shunts) == (emulated.coils, emulated.shunts)
    for role, entry in served.instruments.items():
        assert (entry.resource, entry.certificate) == (given[role], CERTIFICATE)
        assert (entry.calibrated_on, entry.calibrated_until) == (date(2027, 2, 28), date(2028, 2, 29))
        same = entry.model_dump(exclude={"resource", "certificate", "calibrated_on", "calibrated_until"})
        assert same == emulated.instrument(role).model_dump(include=same.keys())


def test_text_of_any_kind_survives_the_file(tmp_path: Path) -> None:
    emulated = load_bench_file(BENCH)
    odd = 'a "quoted" \\ name\twith\nlines, \x7f and µ'
    entry = emulated.instrument("scope").model_copy(update={"serial": odd, "probes": {"NET 1": 3}})
    file = emulated.model_copy(update={"instruments": {"odd role": entry}, "shunts": {}})
    path = tmp_path / "served.toml"
    write_bench_file(served_bench(file, addresses(file), NOON_NS), path)
    read = load_bench_file(path).instrument("odd role")
    assert (read.serial, read.probes) == (odd, {"NET 1": 3})


def test_a_bench_file_written_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    emulated = load_bench_file(BENCH)
    file = served_bench(emulated, addresses(emulated), NOON_NS)
    path = tmp_path / "lab.toml"
    path.write_text("# our own\n", encoding="utf-8")
    with pytest.raises(WriteBenchError, match=r"lab\.toml.*choose another name"):
        write_bench_file(file, path)
    assert path.read_text(encoding="utf-8") == "# our own\n"
    path.write_text(MARK, encoding="utf-8")
    write_bench_file(file, path)
    assert load_bench_file(path).bench.kind == "real"
    assert list(tmp_path.iterdir()) == [path], "no temporary file stays"
    with pytest.raises(WriteBenchError, match="can't be written"):
        write_bench_file(file, tmp_path / "nowhere" / "served.toml")


def test_a_real_bench_is_not_served(here: Here, tmp_path: Path, image: Path) -> None:
    links = [(f'"board:{name}"', '"tcp://127.0.0.1:4059"') for name in ("modem", "optical", "diagnostic")]
    real = changed(BENCH, tmp_path / "real.toml", ('kind = "emulated"', 'kind = "real"'), *links)
    outcome = here("serve", "--bench", real, "--image", image)
    assert outcome.status == 2
    assert "'real'" in outcome.text
    assert "kind 'emulated'" in outcome.text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--for", "30"), "30"),
        (("--for", "0 s"), "greater than 0"),
        (("--for", "-1 s"), "greater than 0"),
        (("--port-base", "65534"), "beyond 65535"),
        (("--host", "203.0.113.7"), "can't listen on 203.0.113.7"),
    ],
)
def test_what_can_not_be_is_refused_with_a_clear_line(
    here: Here, image: Path, arguments: tuple[str, ...], text: str
) -> None:
    outcome = here("serve", "--image", image, *arguments)
    assert outcome.status == 2
    assert text in outcome.text
    assert "Traceback" not in outcome.text


def test_a_port_that_is_taken_is_named(here: Here, image: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = here("serve", "--image", image, "--port-base", port)
    assert outcome.status == 2
    assert f"scope: can't listen on 127.0.0.1:{port}" in outcome.text


def test_it_ends_by_itself_and_warns_when_others_can_reach_it(tmp_path: Path, image: Path) -> None:
    with serving(tmp_path, image, "--for", "300 ms", "--host", "0.0.0.0") as served:  # noqa: S104
        out, _ = served.process.communicate(timeout=10)
        assert served.process.returncode == 0
        assert "served 0.3 s" in out
        assert any("no password" in line for line in served.announced)
        assert socket.gethostname() in served.bench.instrument("scope").resource


def test_the_bench_file_of_the_page_can_be_used(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "real-bench.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "lab.toml"
    path.write_text(text, encoding="utf-8")
    file = load_bench_file(path)
    assert file.bench.kind == "real"
    emulated = load_bench_file(BENCH)
    assert {role: entry.driver for role, entry in file.instruments.items()} == {
        role: entry.driver for role, entry in emulated.instruments.items()
    }
    assert file.instrument("scope").probes == emulated.instrument("scope").probes
    assert file.instrument("relay").channels == emulated.instrument("relay").channels
    assert file.links.keys() == emulated.links.keys()
    # The tables beside the instruments; of the kinds of links one shows how.
    for table in ("shaker", "narrow_coil"):
        assert (getattr(file, table) is None) == (getattr(emulated, table) is None), table
    assert file.shunts == emulated.shunts
    assert set() < file.link_profiles.keys() <= emulated.link_profiles.keys()
