"""The capture as an independent reader takes it: octets, times, directions, and headers that say they are made up."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pcapng
import pytest
from pcapng.blocks import EnhancedPacket, InterfaceDescription, SectionHeader

from harness.evidence.reader import Run, load_run
from harness.evidence.record import TestRecord
from reports.meter_traffic import Framer, render_traffic
from reports.pcapng_blocks import LinkType, section
from tests.reports.made_up_run import PLANNED, make_folder, run_test

pytestmark = pytest.mark.filterwarnings("ignore:Field type should not be:DeprecationWarning")  # of the reader itself

PDU = bytes.fromhex("0001000100010003") + b"abc"
CONFIRM = bytes.fromhex("0001000100010002") + b"ok"
TEST = PLANNED[0].test_id


def exchange(record: TestRecord) -> None:
    record.traffic("scope", ">", "*IDN?\n")
    record.traffic("relay", ">", b"\x01\x02")
    record.traffic("optical", ">", b"/?!\r\n", 5_000_000_500)
    record.traffic("optical", "<", b"/TBR5TB\r\n", 5_700_000_001)
    record.traffic("modem", "<", PDU[:5], 6_000_000_000)
    record.traffic("modem", ">", CONFIRM, 6_000_000_007)
    record.traffic("modem", "<", PDU[5:] + PDU, 6_000_000_009)
    record.traffic("modem", "<", b"\xff\x00RING", 6_100_000_000)
    record.traffic("modem", "<", PDU[:9], 6_200_000_000)
    record.judge_true("told", True, requirements=["SEAL-1"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = make_folder(tmp_path_factory.mktemp("runs") / "run")
    run_test(folder, TEST, exchange)
    run_test(folder, PLANNED[1].test_id, exchange)
    folder.finish({})
    return load_run(folder.path)


@pytest.fixture(scope="module")
def blocks(run: Run) -> list[object]:
    return list(pcapng.FileScanner(io.BytesIO(render_traffic(run))))


def packets(blocks: list[object], test_id: str = TEST) -> list[tuple[str, bytes, EnhancedPacket]]:
    found = [(block.interface.options["if_name"], block.packet_data, block) for block in blocks
             if isinstance(block, EnhancedPacket)]  # fmt: skip
    return [one for one in found if one[0].startswith(test_id)]


def test_each_link_of_each_test_is_an_interface_of_its_own(blocks: list[object]) -> None:
    found = [(one.options["if_name"], one.link_type) for one in blocks if isinstance(one, InterfaceDescription)]
    expected = []
    for planned in PLANNED[:2]:
        expected += [
            (f"{planned.test_id} optical", LinkType.RTAC_SERIAL),
            (f"{planned.test_id} modem", LinkType.RAW_IP),
            (f"{planned.test_id} modem octets", LinkType.RTAC_SERIAL),
        ]
    assert found == expected


def test_wrapper_pdus_are_put_together_and_cut_where_they_end(blocks: list[object]) -> None:
    pdus = [data[28:] for name, data, _ in packets(blocks) if name.endswith(" modem")]
    assert pdus == [CONFIRM, PDU, PDU]


def test_octets_that_are_no_pdu_are_not_dressed_up_as_one(blocks: list[object]) -> None:
    rest = [(data[12:], block) for name, data, block in packets(blocks) if name.endswith(" octets")]
    assert [data for data, _ in rest] == [b"\xff\x00RING", PDU[:9]]
    assert all("no wrapper PDU" in block.options["opt_comment"] for _, block in rest)


def test_an_instruments_octets_are_not_a_meters(blocks: list[object]) -> None:
    assert not [name for name, _, _ in packets(blocks) if "relay" in name or "scope" in name]


def test_times_are_exact_and_count_from_the_runs_start(run: Run, blocks: list[object]) -> None:
    begun_ns = 5_000_000_000 + 137_000
    stamps = [(block.timestamp_high << 32) + block.timestamp_low for _, _, block in packets(blocks)]
    since = [stamp - run.header.bench_utc_ns + begun_ns for stamp in stamps]
    expected = [5_000_000_500, 5_700_000_001, 6_000_000_007, 6_000_000_009, 6_000_000_009, 6_100_000_000, 6_200_000_000]
    assert since == expected
    assert blocks[1].options["if_tsresol"] == b"\x09"


def test_ip_and_udp_headers_hold_together_and_say_that_they_are_made_up(blocks: list[object]) -> None:
    head, described = next(iter(blocks)), [one for one in blocks if isinstance(one, InterfaceDescription)]
    assert isinstance(head, SectionHeader)
    assert "made up" in head.options["opt_comment"]
    assert "made up" in described[1].options["if_description"]
    for name, data, block in packets(blocks):
        if not name.endswith(" modem"):
            continue
        words = struct.unpack(">10H", data[:20])
        assert (sum(words) & 0xFFFF) + (sum(words) >> 16) == 0xFFFF
        assert struct.unpack(">H", data[2:4])[0] == len(data)
        assert struct.unpack(">HHH", data[20:26]) == (4059, 4059, len(data) - 20)
        from_meter = data[12:16] == bytes([192, 0, 2, 2])
        assert block.options["epb_flags"].inout == ("inbound" if from_meter else "outbound")
        assert block.options["opt_comment"] == ("from the meter" if from_meter else "to the meter")


def test_the_optical_port_is_octets_on_a_serial_line(blocks: list[object]) -> None:
    (_, asked, _), (_, answered, _) = packets(blocks)[:2]
    assert (asked[12:], answered[12:]) == (b"/?!\r\n", b"/TBR5TB\r\n")
    seconds, micros, event = struct.unpack(">IIB", answered[:9])
    assert (seconds, micros, event) == (0, 699_863, 4)
    assert asked[8] == 1


def test_the_same_record_gives_the_same_bytes(run: Run) -> None:
    assert render_traffic(run) == render_traffic(load_run(run.path))


def test_a_run_without_meter_traffic_is_still_a_capture(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    assert [type(one) for one in pcapng.FileScanner(io.BytesIO(render_traffic(load_run(folder.path))))] == [
        SectionHeader
    ]


def test_half_a_pdu_does_not_swallow_what_comes_after_a_silence() -> None:
    framer = Framer()
    assert list(framer.feed(PDU[:9], 0)) == []
    assert list(framer.feed(PDU, 100_000_001)) == [(0, PDU[:9], False), (100_000_001, PDU, True)]
    assert list(framer.feed(PDU[:9], 200_000_000)) == []
    assert list(framer.feed(PDU[9:], 300_000_000)) == [(300_000_000, PDU, True)]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_however_a_stream_arrives_the_pdus_are_the_same(step: int) -> None:
    stream = PDU + CONFIRM + PDU
    framer, found = Framer(), []
    for at in range(0, len(stream), step):
        found += [data for _, data, is_pdu in framer.feed(stream[at : at + step], at) if is_pdu]
    assert found == [PDU, CONFIRM, PDU]
    assert list(framer.rest()) == []


def test_an_option_too_long_for_its_field_is_cut_between_characters() -> None:
    data = section("tamperbench", "µ" * 40_000)
    (head,) = pcapng.FileScanner(io.BytesIO(data))
    assert len(head.options["opt_comment"].encode()) == 65_534
