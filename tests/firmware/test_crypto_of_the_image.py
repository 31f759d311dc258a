"""GCM and SHA-256 as they are in the image: its own machine code, on the emulated processor, against published vectors.

The functions are called where the linked image has them. The boot block's place holds a caller instead, which takes
arguments and function from the RAM, and sleeps when it comes back. ``gcm_begin`` and ``sha256_begin`` are inlined into
functions that fix a format, so what they do is done here, with the image's own ``aes_encrypt`` for the hash subkey. As
the whole program is optimised at once, GCM's state may be at a place that is part of the code, and no argument.
"""

from __future__ import annotations

import json
import re

import pytest

from firmware_ref.tool.build import BuildResult
from harness.emulation.cpu import CortexM3, Symbols
from harness.emulation.cpu.cortex_m3 import RAM_BASE
from harness.emulation.world import World
from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import PERIPHERAL, RecordingBus
from tests.firmware.test_gcm import DATA, cases

APPLICATION = 0x4000
"""Where the first slot begins: the boot block before it has a SHA-256 of its own."""
LONGEST_CALL_NS = 2_000_000_000
RAM_BYTES = 64 * 1024
HASH_IN_GCM = 52
"""Of ``struct gcm``: key, subkey, counter and stream come before it (crypto/gcm.h)."""
CALL, STATE, KEY, DATA_AT, RESULT = 0x2000_F000, 0x2000_1000, 0x2000_1100, 0x2000_1200, 0x2000_1180
"""``CALL``: three arguments and the function."""
CALLER = """
reset:
    ldr r4, =0x2000F000
    ldm r4, {r0, r1, r2, r5}
    blx r5
0:  wfi
    b 0b
"""
INITIAL = (
    *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
    *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
)
"""FIPS 180-4, 5.3.3."""


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)


class ImageCode:
    """The image's functions, to be called one by one."""

    def __init__(self, image: BuildResult) -> None:
        caller = assemble(CALLER).flash
        symbols = Symbols.from_elf(image.elf)
        self.places = {
            name: [at for at, other in zip(symbols.starts, symbols.names, strict=True) if other == name]
            for name in ("sha256_add", "sha256_end", "aes_encrypt", "gcm_add_aad", "gcm_encrypt", "gcm_end")
        }
        assert len(caller) <= min(at for places in self.places.values() for at in places)
        self._world = World(1)
        self._cpu = CortexM3(self._world, RecordingBus(), peripheral_ranges=[(PERIPHERAL, 0x1000)], symbols=symbols)
        self._cpu.load_flash(0, image.bin.read_bytes())
        self._cpu.load_flash(0, caller)
        self._gcm_at, self._gcm_argument = self._find_gcm()

    def _find_gcm(self) -> tuple[int, tuple[int, ...]]:
        """Where GCM's state is, and how a call is told so: seen from what five octets do to the hash of a blank one."""
        mark = bytes.fromhex("c3a5965a69")
        for argument in ((), (STATE,)):
            self.put(RAM_BASE, bytes(RAM_BYTES))
            self.put(DATA_AT, mark)
            self.call("gcm_add_aad", *argument, DATA_AT, len(mark))
            self.put(DATA_AT, bytes(len(mark)))
            found = self.get(RAM_BASE, RAM_BYTES).find(mark)
            if found >= 0:
                return RAM_BASE + found - HASH_IN_GCM, argument
        raise AssertionError("gcm_add_aad has hashed nothing: has struct gcm, or how it is called, changed?")

    def put(self, at: int, octets: bytes) -> None:
        self._cpu.write_memory(at, octets)

    def get(self, at: int, count: int) -> bytes:
        return self._cpu.read_memory(at, count)

    def call(self, name: str, *arguments: int, boot: bool = False) -> None:
        (place,) = (at for at in self.places[name] if (at < APPLICATION) == boot)
        self.put(CALL, words(*arguments, *[0] * (3 - len(arguments)), place | 1))
        self._cpu.power_on()
        self._world.run_until(self._world.now_ns + LONGEST_CALL_NS)
        assert self._cpu.sleeping, f"{name} has not come back"

    def gcm(self, key: bytes, iv: bytes, aad: bytes, text: bytes) -> tuple[bytes, bytes]:
        """The encrypted text and the tag of 16 octets; the arguments lie where the program can't have left them."""
        self.put(KEY, key)
        self.put(RESULT, bytes(16))
        self.call("aes_encrypt", KEY, RESULT, RESULT)
        self.put(self._gcm_at, words(KEY) + self.get(RESULT, 16) + iv + b"\0\0\0\1" + bytes(44))
        if aad:  # of a count that no caller in the image can give, its code knows nothing
            self.put(DATA_AT, aad)
            self.call("gcm_add_aad", *self._gcm_argument, DATA_AT, len(aad))
        self.put(DATA_AT, text)
        self.call("gcm_encrypt", *self._gcm_argument, DATA_AT, len(text))
        self.call("gcm_end", *self._gcm_argument, RESULT)
        return self.get(DATA_AT, len(text)), self.get(RESULT, 16)


@pytest.fixture(scope="module")
def code(image: BuildResult) -> ImageCode:
    return ImageCode(image)


def check(code: ImageCode, key: str, iv: str, aad: str, text: str, expected: str, tag: str) -> None:
    ciphered, found = code.gcm(*(bytes.fromhex(octets) for octets in (key, iv, aad, text)))
    assert (ciphered.hex(), found.hex()[: len(tag)]) == (expected, tag), (key, iv, aad, text)


def test_encryption_by_the_image_gives_the_texts_and_tags_of_nist_cavp(code: ImageCode) -> None:
    """Also of its vectors for decryption, which the image has no function for: those that are right can be made."""
    found = cases("gcmEncryptExtIV128.rsp") + [case for case in cases("gcmDecrypt128.rsp") if not case["fails"]]
    assert len(found) == 100
    for case in found:
        check(code, case["Key"], case["IV"], case["AAD"], case["PT"], case["CT"], case["Tag"])


def test_encryption_by_the_image_meets_what_wycheproof_calls_valid_and_no_invalid_tag(code: ImageCode) -> None:
    groups = json.loads((DATA / "aes_gcm_wycheproof.json").read_text())["testGroups"]
    tests = [test for group in groups for test in group["tests"]]
    assert [sum(test["result"] == result for test in tests) for result in ("valid", "invalid")] == [40, 27]
    for test in tests:
        if test["result"] == "valid":
            check(code, test["key"], test["iv"], test["aad"], test["msg"], test["ct"], test["tag"])
        else:
            ciphered, tag = code.gcm(*(bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg")))
            assert (ciphered.hex(), tag.hex()) != (test["ct"], test["tag"])


@pytest.mark.parametrize("boot", [False, True], ids=["application", "boot block"])
def test_sha256_of_the_image_gives_the_digests_of_nist_cavp(code: ImageCode, boot: bool) -> None:
    """The boot block's ``sha256_end`` is inlined: there the message comes padded already, as FIPS 180-4, 5.1.1 says."""
    found = re.findall(r"Len = (\d+)\s+Msg = (\w+)\s+MD = (\w+)", (DATA / "SHA256ShortMsg.rsp").read_text())
    assert len(found) == 65
    for bits, message, digest in found:
        octets = bytes.fromhex(message)[: int(bits) // 8]
        if boot:
            octets += b"\x80" + bytes((55 - len(octets)) % 64) + int(bits).to_bytes(8, "big")
        code.put(STATE, words(*INITIAL) + bytes(72))
        code.put(DATA_AT, octets)
        code.call("sha256_add", STATE, DATA_AT, len(octets), boot=boot)
        if boot:
            state = code.get(STATE, 32)
            made = b"".join(state[at : at + 4][::-1] for at in range(0, 32, 4))
        else:
            code.call("sha256_end", STATE, RESULT)
            made = code.get(RESULT, 32)
        assert made.hex() == digest, f"Len = {bits}"


def test_one_changed_octet_of_a_vector_is_told(code: ImageCode) -> None:
    case = next(case for case in cases("gcmEncryptExtIV128.rsp") if case["AAD"] and case["PT"])
    given = [case[name] for name in ("Key", "IV", "AAD", "PT", "CT", "Tag")]
    check(code, *given)
    for place, one in enumerate(given):
        changed = [*given]
        changed[place] = f"{int(one[:2], 16) ^ 1:02x}{one[2:]}"
        with pytest.raises(AssertionError):
            check(code, *changed)
