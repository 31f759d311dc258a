"""The alert listener: the instrument of the bench that receives, records and checks alerts.

``identity`` is what it knows of the meter, ``outcome`` how a reception can end, ``history`` what was received
before, ``checks`` the pure rules from octets to a finding, ``listener`` the instrument on a byte link.
It only records and checks; it decides nothing for a head-end. May be imported by fixtures and tests.
"""

from harness.headend.listener.checks import Finding, ListenerRules, judge_octets
from harness.headend.listener.history import AlertHistory, CarriedHistory
from harness.headend.listener.identity import MeterIdentity, load_public_key
from harness.headend.listener.listener import AlertListener, ConfirmPolicy, ReceivedAlert
from harness.headend.listener.outcome import Outcome

__all__ = [
    "AlertHistory",
    "AlertListener",
    "CarriedHistory",
    "ConfirmPolicy",
    "Finding",
    "ListenerRules",
    "MeterIdentity",
    "Outcome",
    "ReceivedAlert",
    "judge_octets",
    "load_public_key",
]
