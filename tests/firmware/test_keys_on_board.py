"""The keys that alerts are encrypted with, on the board: each meter has its own; what a wipe leaves (SIG-1, SIG-4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

from firmware_ref.tool.build import BuildResult
from firmware_ref.tool.parameters import KEYS_ADDRESS, make_key_page, make_test_keys
from harness.bench.files import load_bench_file, load_meter_file
from harness.emulation.bench import EmulatedBench
from harness.emulation.cpu.cortex_m3 import FLASH_PAGE_BYTES, RAM_BASE
from harness.emulation.plant.injection import COMPONENT as INJECTION
from harness.meter.alert import Alert, alerts_of, ciphering_of
from harness.meter.apdu import GeneralSigning
from harness.meter.ciphering import CipherKeys, has_right_tag
from harness.meter.wrapper import decode_frame, encode_frame
from harness.run.inputs import choose_paths

S = 1_000_000_000
FLASH_BYTES, RAM_BYTES = 256 * 1024, 64 * 1024
PAGE_BYTES = len(make_key_page(bytes(16), bytes(16)))
KEYS_WIPED = 0x2E
SERIALS = ("TBR00000001", "TBR00000002", "TBR00000003")


@contextmanager
def open_bench(image: BuildResult, serial: str, seed: int) -> Iterator[EmulatedBench]:
    """The emulated bench with a meter of this serial, commissioned with the keys of its own."""
    paths = choose_paths()
    meter = load_meter_file(paths.meter)
    ciphering = meter.alerts.ciphering
    assert ciphering is not None
    encryption, authentication = (key.hex() for key in make_test_keys(serial))
    changed = {"published_encryption_key": encryption, "published_authentication_key": authentication}
    alerts = meter.alerts.model_copy(update={"ciphering": ciphering.model_copy(update=changed)})
    named = meter.meter.model_copy(update={"serial": serial})
    meter = meter.model_copy(update={"meter": named, "alerts": alerts})
    bench = EmulatedBench(
        load_bench_file(paths.bench), meter, image=image.bin.read_bytes(), symbols=Path(image.elf), seed=seed
    )
    try:
        yield bench
    finally:
        bench.close()


def run(bench: EmulatedBench, duration_ns: int) -> None:
    bench.world.run_until(bench.world.now_ns + duration_ns)


def signings(bench: EmulatedBench) -> list[GeneralSigning]:
    """What has come at the modem since the last look."""
    octets = bytes(octet for _, octet in bench.board.modem.take())
    found = []
    while octets:
        length = 8 + int.from_bytes(octets[6:8], "big")
        found.append(GeneralSigning.decode(decode_frame(octets[:length]).apdu))
        octets = octets[length:]
    return found


def confirm(bench: EmulatedBench, alert: Alert) -> None:
    bench.board.modem.write(encode_frame(alert.confirmation().encode(), 1, 1))
    run(bench, S)


def key_page(bench: EmulatedBench) -> bytes:
    return bench.board.cpu.read_memory(KEYS_ADDRESS, PAGE_BYTES)


def where_in(memory: bytes, keys: CipherKeys) -> list[str]:
    """Which key, or half of one, stands there: as it is, or with the octets of each word turned round."""
    found = []
    for name, key in (("encryption", keys.encryption), ("authentication", keys.authentication)):
        turned = b"".join(key[at : at + 4][::-1] for at in range(0, len(key), 4))
        for form, octets in (("as it is", key), ("turned", turned)):
            for half in (0, 8):
                places = [at.start() for at in re.finditer(re.escape(octets[half : half + 8]), memory)]
                found += [f"{name} key {form}, octets from {half}, at {at:#x}" for at in places]
    return found


def left_over(bench: EmulatedBench, keys: CipherKeys) -> list[str]:
    """What outlasts a power cut and holds a key, or a half of one."""
    words = b"".join(word.to_bytes(4, "big") for word in bench.board.mcu.hibernation.state.data)
    memories = {
        "flash": bench.board.cpu.read_memory(0, FLASH_BYTES),
        "EEPROM": bytes(bench.board.eeprom.state.array),
        "battery-backed words": words,
    }
    return [f"{name}: {where}" for name, memory in memories.items() for where in where_in(memory, keys)]


def left_in_ram(bench: EmulatedBench, keys: CipherKeys) -> list[str]:
    return where_in(bench.board.cpu.read_memory(RAM_BASE, RAM_BYTES), keys)


def test_the_shipped_meter_file_names_the_keys_of_its_serial() -> None:
    meter = load_meter_file(choose_paths().meter)
    assert meter.alerts.ciphering is not None
    assert meter.alerts.ciphering.keys == make_test_keys(meter.meter.serial)


def test_no_two_meters_have_a_key_in_common() -> None:
    found = [key for serial in SERIALS for key in make_test_keys(serial)]
    assert all(one != other for one, other in combinations(found, 2))


def test_one_meters_keys_do_not_open_anothers_alert(image: BuildResult) -> None:
    own = {serial: CipherKeys(*make_test_keys(serial)) for serial in SERIALS[:2]}
    said, pages = {}, set()
    for seed, serial in enumerate(own, 1):
        with open_bench(image, serial, seed) as bench:
            pages.add(key_page(bench))
            bench.board.case_switch.set_plunger(True)
            run(bench, S)
            (said[serial],) = signings(bench)
    assert len(pages) == len(own)
    for serial, signing in said.items():
        for other, keys in own.items():
            ciphered = ciphering_of(signing)
            assert ciphered is not None
            assert has_right_tag(ciphered, keys) == (other == serial)
        mixed = CipherKeys(
            own[serial].encryption, next(keys for one, keys in own.items() if one != serial).authentication
        )
        assert not has_right_tag(ciphered, mixed)


def test_a_wipe_leaves_no_key_anywhere_once_the_last_word_is_confirmed(image: BuildResult) -> None:
    """The page of keys is all zeroes, not only unreadable, before the meter has told anyone of the wipe.

    In the RAM they stay until then, in one place: what was signed in its encrypted form can be repeated only so. Once
    that alert is XX"""
    keys = CipherKeys(*make_test_keys(SERIALS[0]))
    with open_bench(image, SERIALS[0], seed=1) as bench:
        assert key_page(bench) == make_key_page(keys.encryption, keys.authentication)
        assert len(left_over(bench, keys)) == 4, "the search finds both halves of both keys"
        bench.world.schedule(bench.world.now_ns, INJECTION, "source", True)
        run(bench, 3 * S)
        bench.world.schedule(bench.world.now_ns, INJECTION, "source", False)
        alert = alerts_of(signings(bench)[-1], keys=keys)[-1]
        assert (alert.event_code, alert.ciphering_valid) == (KEYS_WIPED, True)
        assert key_page(bench) == bytes(PAGE_BYTES)
        rest = bench.board.cpu.read_memory(KEYS_ADDRESS + PAGE_BYTES, FLASH_PAGE_BYTES - PAGE_BYTES)
        assert set(rest) == {0xFF}
        assert left_over(bench, keys) == []
        assert len(left_in_ram(bench, keys)) == 4
        confirm(bench, alert)
        assert left_over(bench, keys) == left_in_ram(bench, keys) == []
        bench.board.case_switch.set_plunger(True)
        run(bench, S)
        (signing,) = signings(bench)
        assert ciphering_of(signing) is None
