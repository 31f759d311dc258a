"""Encrypted alerts of the core (SIG-1), opened by an independent implementation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firmware_ref.tool.parameters import KEYS_ADDRESS as ADDRESS_OF_PRODUCTION
from firmware_ref.tool.parameters import make_key_page, make_parameter_page, make_test_keys
from harness.emulation.factory import KEYS_ADDRESS
from harness.emulation.factory import make_key_page as make_page_of_the_bench
from harness.meter.alert import Alert, alerts_of
from harness.meter.apdu import GeneralSigning
from harness.meter.ciphering import CipherKeys, GeneralGloCiphering
from harness.meter.wrapper import encode_frame
from tests.firmware.host_meter import MS, HostMeter, S

ENCRYPTION, AUTHENTICATION = make_test_keys("TBR00000001")
KEYS = CipherKeys(ENCRYPTION, AUTHENTICATION)
PAGE = make_key_page(ENCRYPTION, AUTHENTICATION)
KEYS_WIPED = 0x2E


def signings(meter: HostMeter) -> list[GeneralSigning]:
    return [GeneralSigning.decode(sent.octets[8:]) for sent in meter.sent["modem"]]


def opened(signing: GeneralSigning) -> bytes:
    """What is inside, by another implementation of GCM, which checks all of its tag."""
    ciphered = GeneralGloCiphering.decode(signing.content)
    vector = ciphered.system_title + ciphered.invocation_counter.to_bytes(4, "big")
    aad = b"\x30" + AUTHENTICATION
    decryptor = Cipher(algorithms.AES(ENCRYPTION), modes.CTR(vector + b"\0\0\0\2")).decryptor()
    plain = decryptor.update(ciphered.text)
    assert AESGCM(ENCRYPTION).encrypt(vector, plain, aad)[: len(plain) + 12] == ciphered.text + ciphered.tag
    return plain


def alerts(meter: HostMeter) -> list[Alert]:
    return [alert for signing in signings(meter) for alert in alerts_of(signing, keys=KEYS)]


@pytest.fixture
def keyed(make_meter: Callable[[], HostMeter]) -> HostMeter:
    made = make_meter().power_on(parameters=make_parameter_page(), keys=PAGE)
    made.run(1 * S)
    return made


def move(meter: HostMeter, is_open: bool) -> None:
    meter.edge(meter.now_us + 1 * MS, is_open)
    meter.run(meter.now_us + 1 * S)


def test_the_alert_is_encrypted_and_signed_over_what_is_encrypted(keyed: HostMeter) -> None:
    move(keyed, True)
    (frame,) = [sent.octets for sent in keyed.sent["modem"]]
    (signing,) = signings(keyed)
    assert len(frame) == 188
    assert opened(signing)[:1] == b"\x0f"
    (alert,) = alerts(keyed)
    assert (alert.event_code, alert.counter, alert.ciphering_valid) == (0x2C, 1, True)
    assert signing.date_time == b""
    assert alert.invocation_counter == int.from_bytes(signing.transaction_id, "big") == 4
    assert is_signed(keyed, signing)


def is_signed(meter: HostMeter, signing: GeneralSigning) -> bool:
    r, s = (int.from_bytes(signing.signature[at : at + 32], "big") for at in (0, 32))
    key = meter.element.key.public_key()
    key.verify(utils.encode_dss_signature(r, s), signing.signed_octets, ec.ECDSA(hashes.SHA256()))
    return True


def test_repeats_have_the_same_octets_also_after_a_reset(keyed: HostMeter) -> None:
    move(keyed, True)
    keyed.run(keyed.now_us + 4 * S)
    keyed.power_on(is_case_open=True, parameters=make_parameter_page(), keys=PAGE)
    keyed.run(4 * S)
    first = [sent.octets for sent in keyed.sent["modem"] if alerts_of_frame(sent.octets)[0].counter == 1]
    assert len(first) >= 3
    assert len(set(first)) == 1


def alerts_of_frame(octets: bytes) -> tuple[Alert, ...]:
    return alerts_of(GeneralSigning.decode(octets[8:]), keys=KEYS)


def test_several_events_in_one_payload_and_each_alone_after_a_reset_have_counters_of_their_own(
    keyed: HostMeter,
) -> None:
    """Two and three events: the frame's lengths change their form there."""
    for at in range(6):
        keyed.edge(keyed.now_us + (1 + 80 * at) * MS, at % 2 == 0)
    keyed.run(keyed.now_us + 2 * S)
    keyed.power_on(is_case_open=False, parameters=make_parameter_page(), keys=PAGE)
    keyed.run(20 * S)
    together = {len(alerts_of(signing, keys=KEYS)) for signing in signings(keyed)}
    assert together >= {1, 2} or together >= {1, 3}
    texts: dict[int, set[bytes]] = {}
    for signing in signings(keyed):
        ciphered = GeneralGloCiphering.decode(signing.content)
        assert opened(signing)
        assert is_signed(keyed, signing)
        texts.setdefault(ciphered.invocation_counter, set()).add(ciphered.encode())
    assert {len(one) for one in texts.values()} == {1}


@pytest.mark.parametrize("damage", ["blank", "damaged", "wiped"])
def test_without_keys_alerts_go_in_clear(make_meter: Callable[[], HostMeter], damage: str) -> None:
    pages = {"blank": None, "damaged": PAGE[:10] + bytes([PAGE[10] ^ 1]) + PAGE[11:], "wiped": bytes(len(PAGE))}
    meter = make_meter().power_on(parameters=make_parameter_page(), keys=pages[damage])
    meter.run(1 * S)
    move(meter, True)
    assert len(meter.sent["modem"][0].octets) == 172
    assert meter.alerts[0].code == 0x2C


def test_a_signature_over_other_keys_octets_is_made_anew(keyed: HostMeter) -> None:
    """An alert in the log from before the keys were programmed, or from before they were wiped."""
    move(keyed, True)
    keyed.run(keyed.now_us + 1 * S)
    keyed.sent["modem"].clear()
    keyed.power_on(is_case_open=True, parameters=make_parameter_page())
    keyed.run(4 * S)
    assert len(keyed.sent["modem"]) > 0
    for signing in signings(keyed):
        assert is_signed(keyed, signing)
        assert signing.content[0] == 0x0F


def test_lasting_high_voltage_wipes_the_keys_and_what_was_signed_is_still_repeated_as_it_was(keyed: HostMeter) -> None:
    keyed.inject(True)
    keyed.run(keyed.now_us + 6 * S)
    assert keyed.keys_wiped
    frames = [sent.octets for sent in keyed.sent["modem"]]
    assert len(frames) > 1
    assert len(set(frames)) == 1
    (alert, *_) = alerts(keyed)
    assert (alert.event_code, alert.ciphering_valid) == (KEYS_WIPED, True)
    for alert in alerts(keyed):
        keyed.receive(encode_frame(alert.confirmation().encode(), 1, 1))
    keyed.sent["modem"].clear()
    keyed.run(keyed.now_us + 1 * S)
    move(keyed, True)
    assert signings(keyed)[0].content[0] == 0x0F


def test_both_tools_make_the_same_page_of_keys() -> None:
    assert make_page_of_the_bench(KEYS) == PAGE
    assert KEYS_ADDRESS == ADDRESS_OF_PRODUCTION
