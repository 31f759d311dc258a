"""AES-128-GCM of the firmware (SIG-1) against vectors of NIST CAVP and Wycheproof, and another implementation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.firmware.host_meter import HostProgram
from tests.firmware.parts import seeded

DATA = Path(__file__).parent / "data"


def run(modules: HostProgram, verb: str, key: str, iv: str, aad: str, text: str, piece: int = 16) -> tuple[str, str]:
    """The other text and the tag of 128 bits, in hex."""
    answer = modules.ask(f"{verb} {piece} {key} {iv} {aad or '-'} {text or '-'}")
    other, tag = answer.replace("-", "").split(" ")
    return other, tag


def cases(name: str) -> list[dict[str, str]]:
    text = (DATA / name).read_text()
    found = [dict(re.findall(r"(\w+) = ?(\w*)", block)) for block in re.split(r"(?=Count = )", text)[1:]]
    for case, block in zip(found, re.split(r"(?=Count = )", text)[1:], strict=True):
        case["fails"] = "yes" if "FAIL" in block else ""
    return found


def test_encryption_gives_the_texts_and_tags_of_nist_cavp(modules: HostProgram) -> None:
    found = cases("gcmEncryptExtIV128.rsp")
    assert len(found) == 50
    for case in found:
        text, tag = run(modules, "encrypt", case["Key"], case["IV"], case["AAD"], case["PT"])
        assert (text, tag[: len(case["Tag"])]) == (case["CT"], case["Tag"]), case


def test_decryption_tells_what_nist_cavp_made_wrong(modules: HostProgram) -> None:
    found = cases("gcmDecrypt128.rsp")
    assert len(found) == 100
    assert sum(bool(case["fails"]) for case in found) == 50
    for case in found:
        text, tag = run(modules, "decrypt", case["Key"], case["IV"], case["AAD"], case["CT"])
        assert (tag[: len(case["Tag"])] == case["Tag"]) == (not case["fails"]), case
        if not case["fails"]:
            assert text == case["PT"]


def test_wycheproof_valid_ones_are_met_and_invalid_tags_are_not(modules: HostProgram) -> None:
    groups = json.loads((DATA / "aes_gcm_wycheproof.json").read_text())["testGroups"]
    tests = [test for group in groups for test in group["tests"]]
    assert [sum(test["result"] == result for test in tests) for result in ("valid", "invalid")] == [40, 27]
    for test in tests:
        text, tag = run(modules, "decrypt", test["key"], test["iv"], test["aad"], test["ct"])
        assert (tag == test["tag"]) == (test["result"] == "valid"), test
        if test["result"] == "valid":
            assert text == test["msg"]
            again = run(modules, "encrypt", test["key"], test["iv"], test["aad"], test["msg"])
            assert again == (test["ct"], test["tag"])


@pytest.mark.parametrize("piece", [1, 5, 16, 17, 64])
def test_pieces_of_any_size_give_the_same(modules: HostProgram, piece: int) -> None:
    chance = seeded(21)
    for length in (0, 1, 15, 16, 17, 56, 134, 255):
        key, iv, aad, text = (chance.randbytes(count) for count in (16, 12, 17, length))
        expected = AESGCM(key).encrypt(iv, text, aad).hex()
        assert "".join(run(modules, "encrypt", key.hex(), iv.hex(), aad.hex(), text.hex(), piece)) == expected
