"""A gateway over HTTP that a description in JSON tells all: what to send, what answers, states and pushes mean.

docs/gateways.md explains the description. Those of the vendors that we know lie in descriptions/; their adapters add to
this class the calls beside sending.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from portal.core import addresses, clock, sms_parts
from portal.services.messaging.gateways import http_call, json_values, push_document, row_rules, sample_codes
from portal.services.messaging.gateways.described_call import fill_call, parse_answer
from portal.services.messaging.gateways.http_call import HttpAnswer
from portal.services.messaging.gateways.json_values import fill, matches, read_text
from portal.services.messaging.gateways.own_text import NO_TEXT
from portal.services.messaging.gateways.protocol import (
    Batch,
    Capabilities,
    ErrorClass,
    Feedback,
    Gateway,
    GatewayError,
    LookupOutcome,
    OutgoingMessage,
    Reason,
    SendError,
    SendResult,
)
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.gateways.vendor_rows import documented_refusal, safe_code

DESCRIPTIONS = Path(__file__).parent / "descriptions"
MOST_CALLS = 40  # Of one batch, where the vendor fails a whole call for one message.
BAD_ADDRESS = SendError(ErrorClass.PERMANENT, Reason.BAD_ADDRESS, "address")
SAME_ADDRESS = SendError(ErrorClass.TEMPORARY, Reason.RATE, "same_address")
TOO_MANY = SendError(ErrorClass.TEMPORARY, Reason.RATE, "too_many")
NOT_UNDERSTOOD = SendError(ErrorClass.UNCERTAIN, Reason.UNKNOWN, "not_understood")
# What an answer means that no row of a description knows; other 4xx are permanent, other 5xx uncertain.
BY_STATUS = {
    401: (ErrorClass.CONFIG, Reason.CREDENTIALS),
    403: (ErrorClass.CONFIG, Reason.CREDENTIALS),
    404: (ErrorClass.CONFIG, Reason.UNKNOWN),
    405: (ErrorClass.CONFIG, Reason.UNKNOWN),
    429: (ErrorClass.TEMPORARY, Reason.RATE),
    503: (ErrorClass.TEMPORARY, Reason.UNAVAILABLE),
}
OF_ONE_VENDOR = {"40300": "telnyx."}  # Many an API says by it that a key is wrong.
BY_HUNDRED = {3: ErrorClass.CONFIG, 4: ErrorClass.PERMANENT}


class GenericHttpGateway(Gateway):
    """A gateway by its description. `secrets` are what {{secret.…}} stands for; `base_url` replaces the description's;
    `callback_url` is where the vendor is to report to; `is_trusted` as of http_call.call()."""

    def __init__(
        self,
        description: Mapping[str, Any],
        secrets: Mapping[str, str],
        *,
        base_url: str = "",
        callback_url: str = "",
        is_trusted: bool = False,
    ):
        self.description = description
        self.report_mapping = _report_mapping(description)
        self.callback_url = callback_url
        self.secrets = {f"secret.{name}": value for name, value in secrets.items()}
        self.base_url = (base_url or description["base_url"]).rstrip("/")
        self.is_trusted, self.own_text = is_trusted, NO_TEXT
        self.last_answer: HttpAnswer | None = None  # For whoever tries an account; it may hold secrets.
        self.capabilities = Capabilities(most_messages=description["most_messages"], finds_calls=False)

    def check(self) -> SendError | None:
        """A description knows no call that costs nothing: only a test message tells."""
        return None

    def send(self, batch: Batch) -> list[SendResult]:
        fresh: dict[str, OutgoingMessage] = {}
        results: dict[int, SendResult] = {}
        for each in batch.messages:
            if not addresses.is_phone(each.to) or self._number(each.to) is None:
                results[each.id] = SendResult(each.id, error=BAD_ADDRESS)
            elif fresh.setdefault(each.to, each) is not each:
                results[each.id] = SendResult(each.id, error=SAME_ADDRESS)
        now, most = list(fresh.values()), self.capabilities.most_messages
        if now:
            sent = self._send_halving(batch, now[:most], iter(range(MOST_CALLS))) + _fail_all(now[most:], TOO_MANY)
            results |= {each.message_id: each for each in sent}
        return [results[each.id] for each in batch.messages if each.id in results]

    def read_push(self, push: VendorPush) -> Feedback:
        inbound = self.description.get("inbound_push")
        return row_rules.read_rows(push_document.parse_push(push, inbound), self.report_mapping, inbound, self.own_text)

    def _send_halving(self, batch: Batch, messages: list[OutgoingMessage], calls: Iterator[int]) -> list[SendResult]:
        """Send; where all fail for one of them, send each half, or the first alone once the turn is over, so that each
        turn settles some. After an uncertain call nothing more is sent: lookup() must be able to tell which one it
        was."""
        if next(calls, None) is None:
            return _fail_all(messages, TOO_MANY)
        results = self._send_once(replace(batch, messages=messages))
        error = results[0].error
        is_permanent = error is not None and error.error_class is ErrorClass.PERMANENT
        if len(messages) == 1:
            return [replace(results[0], is_alone=True)]
        if not is_permanent or any(each.error != error for each in results):
            return results
        middle = 1 if batch.is_over(clock.now()) else len(messages) // 2
        first = self._send_halving(batch, messages[:middle], calls)
        is_stopped = any(each.error and each.error.error_class != ErrorClass.PERMANENT for each in first)
        if is_stopped or batch.is_over(clock.now()):
            return first
        return first + self._send_halving(batch, messages[middle:], calls)

    def _send_once(self, batch: Batch) -> list[SendResult]:
        try:
            answer, document = self._call(self.description["send"], *self.facts(batch))
        except GatewayError as failure:
            return _fail_all(batch.messages, failure.error)
        return self.read_answer(batch, answer, document)

    def read_answer(self, batch: Batch, answer: HttpAnswer, document: Any) -> list[SendResult]:
        """What an answer, whose body holds a document, says of each message of a call."""
        error = self._error(answer, document)
        if error and error.reason is Reason.DUPLICATE:
            return self._settle_duplicate(batch, error)
        if error:
            return _fail_all(batch.messages, error)
        return self._read_results(batch, answer, document)

    def _read_results(self, batch: Batch, answer: HttpAnswer, document: Any) -> list[SendResult]:
        """Of an accepted call: one id for all, or a row for each in their order. Nothing without an id is accepted."""
        where = self.description["answer"]["id"]
        if where.get("scope") != "item":
            ref = read_text(document, where["pointer"])
            if not ref:
                return _fail_all(
                    batch.messages, self._refusal(answer, document, self.description["answer"]) or NOT_UNDERSTOOD
                )
            return [SendResult(each.id, ref) for each in batch.messages]
        rows = json_values.read(document, where["items"])
        rows = [rows] if isinstance(rows, dict) else rows  # In XML, one row is no list.
        if not isinstance(rows, list) or len(rows) != len(batch.messages):
            return _fail_all(
                batch.messages, self._refusal(answer, document, self.description["answer"]) or NOT_UNDERSTOOD
            )
        refs = [read_text(row, where["pointer"]) for row in rows]
        errors = [
            self._error(answer, row, where) or (None if ref else self._refusal(answer, row, where) or NOT_UNDERSTOOD)
            for row, ref in zip(rows, refs, strict=True)
        ]
        triples = zip(batch.messages, refs, errors, strict=True)
        return [SendResult(each.id, "" if error else ref, error) for each, ref, error in triples]

    def _settle_duplicate(self, batch: Batch, error: SendError) -> list[SendResult]:
        """Accepted, if it was we who sent it before."""
        try:
            found = self.lookup(batch)
        except GatewayError:
            return _fail_all(batch.messages, replace(error, error_class=ErrorClass.UNCERTAIN))
        if found.outcome is not LookupOutcome.FOUND:
            return _fail_all(batch.messages, error)
        return [SendResult(each.id, found.ref) for each in batch.messages]

    def _call(
        self, request: Mapping[str, Any], facts: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
    ) -> tuple[HttpAnswer, Any]:
        """Make a call of the description. Raises GatewayError."""
        return self._fetch(**fill_call(request, {**self.secrets, **facts}, items))

    def _fetch(self, method: str, path: str, *, headers: Mapping[str, str], **call: Any) -> tuple[HttpAnswer, Any]:
        """An answer, and what its body holds. Raises GatewayError."""
        own = dict(headers)
        if basic := self.description.get("basic"):
            own["Authorization"] = "Basic " + b64encode(fill(basic, self.secrets).encode()).decode()
        answer = http_call.call(method, self.base_url + path, headers=own, is_trusted=self.is_trusted, **call)
        self.last_answer = answer
        return answer, parse_answer(answer.body.decode(errors="replace"), self.description["answer"].get("split", ""))

    def _error(self, answer: HttpAnswer, document: Any, rules: Mapping[str, Any] | None = None) -> SendError | None:
        """What an answer, or one of its rows, says went wrong; None where it is a success by these rules."""
        rules = rules or self.description["answer"]
        code = read_text(document, rules.get("code", "/ "))
        if _applies(rules["success"], answer, code):
            return None
        if left := documented_refusal(document, _named_codes(self.description)):
            return SendError(ErrorClass.PERMANENT, Reason.BLOCKED_BY_VENDOR, left)
        return self._refusal(answer, document, rules) or _error_by_status(answer, safe_code(code))

    def _refusal(self, answer: HttpAnswer, document: Any, rules: Mapping[str, Any]) -> SendError | None:
        """The first row of the description's errors that fits."""
        code = read_text(document, rules.get("code", "/ "))
        for row in self.description["answer"]["errors"]:
            if _applies(row, answer, code):
                pause = timedelta(seconds=row["retry_after_s"]) if "retry_after_s" in row else None
                reason, known = Reason(row.get("reason", "unknown")), safe_code(code) or f"http_{answer.status}"
                return SendError(ErrorClass(row["class"]), reason, known, answer.retry_after or pause)
        return None

    def facts(self, batch: Batch) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What placeholders stand for in a whole call, None leaving a member out; and in each message of it."""
        items = [self._item(each) for each in batch.messages]
        kind = batch.commercial_to
        chosen = (_plainest_alphabet([each.text for each in batch.messages]), kind.value if kind else "none")
        choices = self.description.get("choices", {})
        facts = {
            "header": batch.header,
            "batch_id": str(batch.id),
            "callback_url": self.callback_url or None,
            **{name: next(choice[each] for each in chosen if each in choice) for name, choice in choices.items()},
            **self._life(batch),
        }
        return facts | (items[0] if len(items) == 1 else {}), items

    def _life(self, batch: Batch) -> dict[str, str | None]:
        """How long the vendor may try, within its bounds: as hours and minutes, and from when to when."""
        ends = min((each.expires_at for each in batch.messages if each.expires_at), default=None)
        bounds = self.description.get("life")
        if ends is None or bounds is None:
            return {"valid_for": None, "starts_at": None, "ends_at": None}
        at, layout = clock.istanbul(clock.now()), bounds.get("date_format", "%d%m%Y%H%M")
        minutes = int(min(max((ends - at) / timedelta(minutes=1), bounds["least_minutes"]), bounds["most_minutes"]))
        return {
            "valid_for": f"{minutes // 60:02}:{minutes % 60:02}",
            "starts_at": at.strftime(layout),
            "ends_at": (at + timedelta(minutes=minutes)).strftime(layout),
        }

    def _item(self, message: OutgoingMessage) -> dict[str, Any]:
        number = self._number(message.to)
        as_number = int(number) if number and number.isdecimal() else number
        return {"item_id": str(message.id), "to": number, "to_number": as_number, "text": message.text}

    def _number(self, number: str) -> str | None:
        """A number as the vendor spells it: by how 5321234567 would begin; None where it takes none like this."""
        spelling: str = self.description.get("number_format", "905")
        if number.startswith("+90"):
            return spelling[:-1] + number[3:]
        return addresses.without_plus(number) if spelling == "905" else number if spelling == "+905" else None


def _report_mapping(description: Mapping[str, Any]) -> dict[str, Any]:
    """Of reports, with the codes of people who left: a report may tell one beside a state that is no more than failed.
    Empty where there are none."""
    reports, errors = sample_codes.with_meanings(description), description["answer"]["errors"]
    lists = [(each, each.get("codes", ())) for each in errors]
    lists += [(each, each["words"]) for each in reports["states"]] if reports else []
    told = [str(code) for each, codes in lists for code in codes if each.get("reason") == Reason.BLOCKED_BY_VENDOR]
    return {**reports, "refusal_codes": told, "named_codes": _named_codes(description)} if reports else {}


def _named_codes(description: Mapping[str, Any]) -> set[str]:
    """The codes of which it says what they mean, beyond that they are final, and those that mean a refusal at another
    vendor alone."""
    reports = description.get("report_push", {})
    errors = [each for each in description["answer"]["errors"] if each["class"] != ErrorClass.PERMANENT]
    ends = [*description["answer"]["errors"], *reports.get("states", ()), *reports.get("details", ())]
    rows = errors + [each for each in ends if each.get("reason", Reason.UNKNOWN) != Reason.UNKNOWN]
    others = {code for code, vendor in OF_ONE_VENDOR.items() if vendor not in description["base_url"].lower()}
    return others | {str(code) for each in rows for code in (*each.get("codes", ()), *each.get("words", ()))}


def _fail_all(messages: Sequence[OutgoingMessage], error: SendError) -> list[SendResult]:
    return [SendResult(each.id, error=error) for each in messages]


def _plainest_alphabet(texts: Sequence[str]) -> str:
    """The plainest that carries all of these: vendors take one for a call."""
    letters = "".join(set().union(*texts))
    plainest = next(each for each in sms_parts.Alphabet if sms_parts.count(letters, each))
    return {sms_parts.Alphabet.GSM: "gsm", sms_parts.Alphabet.UCS2: "unicode"}.get(plainest, "turkish")


def _applies(rule: Mapping[str, Any], answer: HttpAnswer, code: str) -> bool:
    """Whether a row with "http" or "codes", or both, is about this answer."""
    statuses = {str(each) for each in rule.get("http", [answer.status])}
    is_status = not statuses.isdisjoint((str(answer.status), f"{answer.status // 100}xx"))
    return is_status and ("codes" not in rule or matches(code, rule["codes"]))


def _error_by_status(answer: HttpAnswer, code: str) -> SendError:
    """What an answer means that no row of the description knows."""
    other = BY_HUNDRED.get(answer.status // 100, ErrorClass.UNCERTAIN), Reason.UNKNOWN
    error_class, reason = BY_STATUS.get(answer.status, other)
    return SendError(error_class, reason, code or f"http_{answer.status}", answer.retry_after)


@cache
def vendor_description(name: str) -> Mapping[str, Any]:
    """A description that comes with the product."""
    description: Mapping[str, Any] = json_values.parse((DESCRIPTIONS / f"{name}.json").read_bytes())
    return description
