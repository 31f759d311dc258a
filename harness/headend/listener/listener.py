"""The alert listener on a byte link: receives, records, checks, confirms.

It works while one of its waits runs (``wait_alert``, ``collect``, ``poll``); what arrived in between lies in
the link with its own time and is judged by that time, only its confirmation is late. Every octet received
ends in one ``ReceivedAlert`` with one outcome, or is still pending.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

from harness.bench.clock import Clock
from harness.bench.link import ByteLink, ReportedLink, Traffic
from harness.headend.listener.checks import Finding, ListenerRules, Reception, judge_octets
from harness.headend.listener.history import AlertHistory
from harness.headend.listener.identity import MeterIdentity
from harness.headend.listener.outcome import Outcome
from harness.meter.alert import Alert
from harness.meter.wrapper import Discarded, WrapperDecoder, WrapperFrame, encode_frame


@dataclass(frozen=True)
class ConfirmPolicy:
    """Which outcomes are confirmed to the meter.

    A confirmation says "these octets are on record", not "all is well": an authentic alert that came out of
    order or with a wrong time is confirmed too, else it would block the meter's queue for ever. For the same
    reason the very octets that are on record already are confirmed again, however late.
    """

    outcomes: frozenset[Outcome] = frozenset(outcome for outcome in Outcome if outcome.authentic)
    late_copies: bool = True

    def confirms(self, finding: Finding) -> bool:
        """Whether this finding leads to a confirmation."""
        return finding.outcome in self.outcomes or (self.late_copies and finding.same_as_known)


@dataclass(frozen=True)
class ReceivedAlert:
    """One frame, or a run of octets without one, with its times on the bench clock and the finding on it."""

    octets: bytes
    first_octet_at_ns: int
    last_octet_at_ns: int
    received_utc_ns: int
    finding: Finding
    confirmed_at_ns: int | None = None

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.finding.outcome

    @property
    def alert(self) -> Alert | None:
        """What it says, if it could be read."""
        return self.finding.alert

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All that it says, if it could be read: several events may share a payload."""
        return self.finding.alerts

    def facts(self) -> dict[str, str | int | bool]:
        """The finding as named values for a run's record."""
        facts: dict[str, str | int | bool] = {"detail": self.finding.detail, "received_utc_ns": self.received_utc_ns}
        facts["signed_by_meter"] = self.finding.signed_by_meter
        optional = {
            "error_code": self.finding.error_code,
            "age_ns": self.finding.age_ns,
            "confirmed_at_ns": self.confirmed_at_ns,
        }
        if self.alert is not None:
            optional |= {
                "event_code": self.alert.event_code,
                "counter": self.alert.counter,
                "event_time_utc_ns": self.alert.event_time_utc_ns,
                "generated_utc_ns": self.alert.generated_utc_ns,
                "log_sequence": self.alert.log_sequence,
                "severity": self.alert.severity,
            }
        if len(self.alerts) > 1:
            facts["events"] = ", ".join(f"{one.counter}: {one.event_code:#04x}" for one in self.alerts)
        return facts | {name: value for name, value in optional.items() if value is not None}


Observer: TypeAlias = Callable[[ReceivedAlert], None]


class AlertListener:
    """Listens to one meter on one link. ``received`` is everything so far, in the order of arrival."""

    def __init__(
        self,
        link: ByteLink,
        clock: Clock,
        meter: MeterIdentity,
        *,
        rules: ListenerRules | None = None,
        confirm: ConfirmPolicy | None = None,
        decoder: WrapperDecoder | None = None,
        floor_counter: int | None = None,
        traffic: Traffic | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.meter = meter
        self.rules = rules or ListenerRules()
        self.received: list[ReceivedAlert] = []
        self._link = link if traffic is None else ReportedLink(link, clock, traffic)
        self._clock = clock
        self._confirm = confirm or ConfirmPolicy()
        self._decoder = decoder or WrapperDecoder(wports=(meter.source_wport, meter.destination_wport))
        self._history = AlertHistory(floor_counter)
        self._observer = observer
        self._unread: deque[ReceivedAlert] = deque()
        self._holds = 0
        self._withheld: set[bytes] = set()

    @property
    def pending_octets(self) -> int:
        """Octets that arrived and may still become a frame."""
        return self._decoder.pending_octets

    def wait_alert(self, timeout_ns: int, outcomes: Collection[Outcome] | None = None) -> ReceivedAlert | None:
        """The next reception that no wait has returned yet, or None after ``timeout_ns``.

        With ``outcomes`` the ones that end otherwise are passed over; they stay in ``received``.
        """
        deadline_ns = self._clock.now_ns() + timeout_ns
        while True:
            while self._unread:
                reception = self._unread.popleft()
                if outcomes is None or reception.outcome in outcomes:
                    return reception
            more_time = self._pump(deadline_ns)
            if not more_time and not self._unread:
                return None

    def collect(self, duration_ns: int) -> list[ReceivedAlert]:
        """Listen for ``duration_ns``; all receptions that no wait has returned yet."""
        deadline_ns = self._clock.now_ns() + duration_ns
        while self._pump(deadline_ns):
            pass
        collected = list(self._unread)
        self._unread.clear()
        return collected

    def poll(self) -> list[ReceivedAlert]:
        """What has arrived by now, without waiting."""
        return self.collect(0)

    def hold_confirmations(self) -> ExitStack:
        """From now on confirm nothing, until the returned context is left or closed.

        What was held back is not confirmed afterwards by itself: the meter repeats it, and that is confirmed.
        """
        self._holds += 1
        hold = ExitStack()
        hold.callback(self._release_hold)
        return hold

    def withhold(self, event_octets: bytes) -> None:
        """Never confirm what tells of this event, until :meth:`withhold_nothing`."""
        self._withheld.add(event_octets)

    def withhold_nothing(self) -> None:
        """Confirm every event again, from its next repeat on."""
        self._withheld.clear()

    def send(self, apdu: bytes) -> None:
        """Send the meter an APDU of the head-end's own, in a wrapper frame."""
        self._link.write(encode_frame(apdu, self.meter.destination_wport, self.meter.source_wport))

    def judge_bytes(self, octets: bytes, after_ns: int = 0) -> Finding:
        """The finding on any octets as if they arrived ``after_ns`` from now, by the checks of a reception.

        Nothing is recorded, confirmed or remembered: the live state is read only.
        """
        reception = Reception(self._clock.now_ns() + after_ns, self._clock.utc_ns() + after_ns)
        return judge_octets(octets, self.meter, self.rules, self._history, reception)

    def _release_hold(self) -> None:
        self._holds -= 1

    def _pump(self, deadline_ns: int) -> bool:
        """Read once, up to the deadline or the end of a silence; whether time is left after it."""
        now_ns = self._clock.now_ns()
        wake_ns = deadline_ns
        if self._decoder.expires_at_ns is not None:
            wake_ns = min(wake_ns, self._decoder.expires_at_ns)
        found: list[WrapperFrame | Discarded] = []
        for chunk in self._link.read(max(0, wake_ns - now_ns)):
            found += self._decoder.feed(chunk.data, chunk.at_ns)
        now_ns = self._clock.now_ns()
        found += self._decoder.expire(now_ns)
        for item in found:
            self._take(item)
        return now_ns < deadline_ns

    def _take(self, item: WrapperFrame | Discarded) -> None:
        at_ns = item.last_octet_at_ns
        utc_ns = self._clock.utc_ns() - (self._clock.now_ns() - at_ns)
        if isinstance(item, Discarded):
            finding = Finding(Outcome.MALFORMED, f"{len(item.octets)} octet(s) outside any frame: {item.reason}")
        else:
            finding = judge_octets(item.octets, self.meter, self.rules, self._history, Reception(at_ns, utc_ns))
        if finding.outcome.authentic:
            for one in finding.alerts:
                self._history.remember(one.counter, one.event_octets, at_ns)
        confirmed_at_ns = None
        held = self._holds > 0 or any(one.event_octets in self._withheld for one in finding.alerts)
        if isinstance(item, WrapperFrame) and not held and self._confirm.confirms(finding):
            confirmed_at_ns = self._send_confirmation(item, finding)
        received = ReceivedAlert(item.octets, item.first_octet_at_ns, at_ns, utc_ns, finding, confirmed_at_ns)
        self.received.append(received)
        self._unread.append(received)
        if self._observer is not None:
            self._observer(received)

    def _send_confirmation(self, frame: WrapperFrame, finding: Finding) -> int | None:
        alert = finding.alert
        if alert is None:
            return None
        self._link.write(encode_frame(alert.confirmation().encode(), frame.destination, frame.source))
        at_ns = self._clock.now_ns()
        # A late copy is answered but does not open a new time in which copies count as retransmissions.
        if finding.outcome.authentic:
            for one in finding.alerts:
                self._history.confirmed(one.counter, at_ns)
        return at_ns
