"""Alerts for the listener's tests, and the meter they come from."""

from dataclasses import replace

from harness.headend.listener import MeterIdentity
from harness.meter.alert import Alert, AlertContent, decode_alert, encode_alert
from harness.meter.wrapper import encode_frame
from tests.meter import hand_written as hand

FRAME = hand.alert_frame()
METER = MeterIdentity(
    system_title=hand.METER_TITLE,
    public_key=hand.PRIVATE_KEY.public_key(),
    commissioned_utc_ns=hand.NEW_YEAR_UTC_NS - 10**12,
    recipient_title=hand.HEADEND_TITLE,
)


def content(**changes: object) -> AlertContent:
    """The hand-written alert's content with changes."""
    alert: Alert = decode_alert(hand.alert_apdu())
    same = {name: getattr(alert, name) for name in AlertContent.__dataclass_fields__}
    return replace(AlertContent(**same), **changes)  # type: ignore[arg-type]


def frame(**changes: object) -> bytes:
    """A rightly signed alert frame with these fields changed."""
    return encode_frame(encode_alert(content(**changes), hand.sign))
