"""The message exchange of every emulated instrument: IEEE 488.2 chapters 6, 10 and 11, SCPI-1999 error queue.

Bytes in, bytes out, in zero time; what a transfer costs in time is the VISA library's matter. An instrument is a
subclass with a table of commands (``scpi_tree.Command``); the common commands are here.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from harness.emulation.instruments.message_instrument import (
    INPUT_BUFFER_BYTES,
    MessageInstrument,
    MessageState,
    output_topic,
    service_topic,
)
from harness.emulation.instruments.scpi_parameters import Number, format_nr1
from harness.emulation.instruments.scpi_syntax import ERROR_TEXTS, ScpiError
from harness.emulation.instruments.scpi_tree import Call, Command, CommandTree
from harness.emulation.world import World

PARSED_MESSAGES_KEPT = 1024

# Standard event status register, IEEE 488.2 11.5.1.1.
OPERATION_COMPLETE, QUERY_ERROR, DEVICE_ERROR = 0x01, 0x04, 0x08
EXECUTION_ERROR, COMMAND_ERROR, POWER_ON = 0x10, 0x20, 0x80

# Status byte, IEEE 488.2 11.2.1.
MESSAGE_AVAILABLE, EVENT_SUMMARY, MASTER_SUMMARY = 0x10, 0x20, 0x40


@dataclass(frozen=True)
class Identity:
    """What ``*IDN?`` answers (IEEE 488.2 10.14)."""

    maker: str
    model: str
    serial: str
    firmware: str


@dataclass
class ExchangeState(MessageState):
    """The message exchange of one instrument at one instant."""

    errors: list[tuple[int, str]] = field(default_factory=list)
    event_status: int = POWER_ON
    event_enable: int = 0
    service_enable: int = 0
    summary_was: bool = False
    completion_wanted: bool = False
    """``*OPC`` was received and its operation has not ended."""
    waiting: list[bytes] = field(default_factory=list)
    """Whole messages behind the one that waits for an operation."""
    held_index: int = 0
    """Of the next unit of the held message."""
    responses: list[bytes] = field(default_factory=list)
    """Answers of the message under execution."""
    after_indefinite: bool = False


class ScpiInstrument(MessageInstrument):
    """An instrument that speaks SCPI. ``self.state.exchange`` is its :class:`ExchangeState`."""

    identity: Identity
    error_queue_depth: int = 20

    def __init__(self, world: World, name: str, identity: Identity, tree: CommandTree) -> None:
        self.identity = identity
        self._tree = tree
        self._parsed: dict[bytes, list[Call | ScpiError]] = {}
        super().__init__(world, name)

    # What a subclass adds.

    @abstractmethod
    def reset(self) -> None:
        """``*RST``: back to the family's reset state; the message exchange stays as it is (IEEE 488.2 10.32)."""

    def operation_pending(self) -> bool:
        """Whether an overlapped operation runs: ``*OPC?`` and ``*WAI`` wait for its end."""
        return False

    def input_blocked(self) -> bool:
        """Whether every further command waits for the operation's end."""
        return False

    def summary_bits(self) -> int:
        """The instrument's own bits of the status byte."""
        return 0

    def clear_status(self) -> None:
        """Clear the instrument's own event registers; a part of ``*CLS``."""

    def device_clear(self) -> None:
        """Clear the message exchange (IEEE 488.2 5.8): buffers and whatever waits; settings and status stay."""
        exchange = self._exchange
        exchange.input, exchange.waiting, exchange.held = b"", [], None
        exchange.responses, exchange.after_indefinite = [], False
        exchange.completion_wanted = False
        self.discard_output()

    def trigger(self) -> None:
        """Group execute trigger (IEEE 488.2 6.1.4.2.5); an instrument without one says -211."""
        self.report_error(ScpiError(-211))

    def overrun(self) -> None:
        """SCPI-99 volume 2, 21.8.10."""
        self.report_error(ScpiError(-363))

    def nothing_to_say(self) -> None:
        """IEEE 488.2 6.3.2.2: addressed to talk with no (whole) query received."""
        self._exchange.input = b""
        self.report_error(ScpiError(-420))

    def output_taken(self) -> None:
        """The message available bit falls."""
        self._exchange.summary_was = bool(self.status_byte() & MASTER_SUMMARY)

    # What the transport calls.

    def serial_poll(self) -> int:
        """The status byte with RQS in bit 6, which the poll clears (IEEE 488.2 11.2.2.1)."""
        exchange = self._exchange
        status = self.status_byte() & ~MASTER_SUMMARY
        if exchange.service_requested:
            exchange.service_requested = False
            status |= MASTER_SUMMARY
        return status

    # What the commands use.

    def status_byte(self) -> int:
        """The status byte with MSS in bit 6 (IEEE 488.2 11.2.2.2)."""
        exchange = self._exchange
        status = self.summary_bits()
        if exchange.output:
            status |= MESSAGE_AVAILABLE
        if exchange.event_status & exchange.event_enable:
            status |= EVENT_SUMMARY
        if status & exchange.service_enable & ~MASTER_SUMMARY:
            status |= MASTER_SUMMARY
        return status

    def report_error(self, error: ScpiError) -> None:
        """Put an error into the queue and its class into the event status register (SCPI-99 volume 2, 21.8)."""
        exchange = self._exchange
        if len(exchange.errors) < self.error_queue_depth:
            exchange.errors.append((error.number, error.text))
        else:
            # 21.8.1: a full queue loses the newest error and says so in its last place.
            exchange.errors[-1] = (-350, ERROR_TEXTS[-350])
        if -199 <= error.number <= -100:
            exchange.event_status |= COMMAND_ERROR
        elif -299 <= error.number <= -200:
            exchange.event_status |= EXECUTION_ERROR
        elif -499 <= error.number <= -400:
            exchange.event_status |= QUERY_ERROR
        else:
            exchange.event_status |= DEVICE_ERROR
        self.update_service_request()

    def operation_ended(self) -> None:
        """The subclass calls this when a pending operation has ended: what waited for it goes on."""
        exchange = self._exchange
        if self.operation_pending():
            return
        if exchange.completion_wanted:
            exchange.completion_wanted = False
            exchange.event_status |= OPERATION_COMPLETE
        if exchange.held is not None:
            message, exchange.held = exchange.held, None
            self._execute(message, exchange.held_index)
            while exchange.waiting and exchange.held is None:
                self.receive(exchange.waiting.pop(0))
            if exchange.output:
                self.world.signal(output_topic(self.name))
        self.update_service_request()

    def update_service_request(self) -> None:
        """A new reason for service raises RQS once (IEEE 488.2 11.3.2)."""
        exchange = self._exchange
        summary = bool(self.status_byte() & MASTER_SUMMARY)
        if summary and not exchange.summary_was:
            exchange.service_requested = True
            self.world.signal(service_topic(self.name))
        exchange.summary_was = summary

    # The exchange itself.

    @property
    def _exchange(self) -> ExchangeState:
        exchange: ExchangeState = self.state.exchange
        return exchange

    def receive(self, message: bytes) -> None:
        """Execute a message, or keep it until the one before it goes on."""
        exchange = self._exchange
        if exchange.held is not None:
            if sum(map(len, exchange.waiting)) + len(message) > INPUT_BUFFER_BYTES:
                self.report_error(ScpiError(-363))
            else:
                exchange.waiting.append(message)
            return
        if exchange.output:
            # IEEE 488.2 6.3.2.3: a new message before the whole response was read; the response is lost.
            self.discard_output()
            self.report_error(ScpiError(-410))
        if len(message) > INPUT_BUFFER_BYTES:
            self.report_error(ScpiError(-363))
            return
        self._execute(message, 0)

    def _calls(self, message: bytes) -> list[Call | ScpiError]:
        """The message's calls; parsing depends on the text alone, so it is done once per text."""
        calls = self._parsed.get(message)
        if calls is None:
            calls = self._tree.parse(message.decode("latin-1"))
            if len(self._parsed) >= PARSED_MESSAGES_KEPT:
                self._parsed.clear()
            self._parsed[message] = calls
        return calls

    def _execute(self, message: bytes, start: int) -> None:
        exchange = self._exchange
        calls = self._calls(message)
        for index in range(start, len(calls)):
            call = calls[index]
            if isinstance(call, ScpiError):
                self.report_error(call)
                break
            waits = call.command.ask_waits if call.query else call.command.do_waits
            if self.input_blocked() or (waits and self.operation_pending()):
                exchange.held, exchange.held_index = message, index
                return
            self._execute_call(call)
        exchange.after_indefinite = False
        if exchange.responses:
            exchange.output, exchange.output_at = b";".join(exchange.responses) + b"\n", 0
            exchange.responses = []
        if exchange.service_enable:
            self.update_service_request()

    def _execute_call(self, call: Call) -> None:
        exchange = self._exchange
        command = call.command
        try:
            if not call.query:
                if command.do is not None:
                    command.do(self, *call.arguments)
                return
            if exchange.after_indefinite:
                self.report_error(ScpiError(-440))  # IEEE 488.2 6.5.7.5
            elif command.ask is not None:
                answer = command.ask(self, *call.arguments)
                exchange.responses.append(answer if isinstance(answer, bytes) else answer.encode("latin-1"))
            exchange.after_indefinite |= command.indefinite
        except ScpiError as error:
            self.report_error(error)


# The common commands, IEEE 488.2 chapter 10, and the error queue.

_REGISTER = Number("", 0, 0, 255)


def _ask_identity(instrument: ScpiInstrument) -> str:
    identity = instrument.identity
    return f"{identity.maker},{identity.model},{identity.serial},{identity.firmware}"


def _clear_status(instrument: ScpiInstrument) -> None:
    exchange = instrument.state.exchange
    exchange.errors, exchange.event_status, exchange.completion_wanted = [], 0, False
    instrument.clear_status()
    instrument.update_service_request()


def _reset(instrument: ScpiInstrument) -> None:
    instrument.state.exchange.completion_wanted = False
    instrument.reset()


def _ask_event_status(instrument: ScpiInstrument) -> str:
    exchange = instrument.state.exchange
    value, exchange.event_status = exchange.event_status, 0
    return format_nr1(value)


def _set_event_enable(instrument: ScpiInstrument, value: int) -> None:
    instrument.state.exchange.event_enable = value
    instrument.update_service_request()


def _set_service_enable(instrument: ScpiInstrument, value: int) -> None:
    # IEEE 488.2 11.3.2.3: bit 6 has no meaning here and reads back as 0.
    instrument.state.exchange.service_enable = value & ~MASTER_SUMMARY
    instrument.update_service_request()


def _want_completion(instrument: ScpiInstrument) -> None:
    if instrument.operation_pending():
        instrument.state.exchange.completion_wanted = True
    else:
        instrument.state.exchange.event_status |= OPERATION_COMPLETE


def _do_nothing(_instrument: ScpiInstrument) -> None:
    """``*WAI`` is all in its waiting."""


def _ask_error(instrument: ScpiInstrument) -> str:
    errors: list[tuple[int, str]] = instrument.state.exchange.errors
    number, text = errors.pop(0) if errors else (0, ERROR_TEXTS[0])
    return f'{number:+d},"{text}"'


COMMON_COMMANDS: tuple[Command, ...] = (
    Command("*IDN", ask=_ask_identity, indefinite=True),
    Command("*RST", do=_reset),
    Command("*CLS", do=_clear_status),
    Command("*ESR", ask=_ask_event_status),
    Command("*ESE", (_REGISTER,), do=_set_event_enable, ask=lambda it: format_nr1(it.state.exchange.event_enable)),
    Command("*SRE", (_REGISTER,), do=_set_service_enable, ask=lambda it: format_nr1(it.state.exchange.service_enable)),
    Command("*STB", ask=lambda it: format_nr1(it.status_byte())),
    Command("*OPC", do=_want_completion, ask=lambda _: "1", ask_waits=True),
    Command("*WAI", do=_do_nothing, do_waits=True),
    Command("*TST", ask=lambda _: format_nr1(0)),
    Command("SYSTem:ERRor[:NEXT]", ask=_ask_error),
)
"""What every instrument here understands."""


def instrument_tree(dialect: tuple[Command, ...]) -> CommandTree:
    """The tree of one instrument: the common commands and its dialect."""
    return CommandTree((*COMMON_COMMANDS, *dialect))
