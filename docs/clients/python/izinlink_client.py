"""A client of the İzinlink API in one file: copy it, or install it as `izinlink-client`. Needs `requests`.

    izinlink = Izinlink("https://izinlink.example", os.environ["IZINLINK_KEY"])
    izinlink.add_consent(700001, {"recipient": "+905321234567", "type": "ARAMA", "status": "RET"})
    cursor, consents = izinlink.consents(700001)

Every write is sent with an Idempotency-Key and is tried again with the same key where no answer came, or one that says
"later" (429, 5xx): it is written once. Answers are the JSON of the API's reference (`/api/docs`) as dictionaries.
"""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import requests

__version__ = "1.0.0"
Json = dict[str, Any]

ROWS_A_LIST = 10_000  # Of addConsents.
ADDRESSES_A_CHECK = 50_000
TRIES = 5
LONGEST_PAUSE = 60.0  # Seconds.


class Problem(Exception):
    """What the API answered instead of a result: `code` for programs, `title` and `fix` for people."""

    def __init__(self, status: int, body: Mapping[str, Any]):
        super().__init__(f"{status} {body.get('code')}: {body.get('title')} {body.get('fix') or ''}".strip())
        self.status, self.body = status, dict(body)

    @property
    def code(self) -> str:
        return str(self.body.get("code") or "")


class Unanswered(Exception):
    """No answer came, however often it was asked. A write may have been written: send it again with the same key."""


class Izinlink:
    """The API for one key. Not shared between threads."""

    def __init__(self, url: str, key: str, *, timeout: float = 30, language: str = "tr"):
        self._base, self._timeout, self._session = f"{url.rstrip('/')}/api/v1", timeout, requests.Session()
        self.server_time: datetime | None = None  # Of the last answer.
        self._session.headers.update(
            {
                "Authorization": f"Bearer {key}",
                "Accept-Language": language,
                "User-Agent": f"izinlink-client/{__version__}",
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def me(self) -> Json:
        """The firm and what this key may do."""
        return self._call("GET", "/me")

    def brands(self) -> list[Json]:
        """The brands that the key reaches, with İYS rights and counts."""
        return list(self._call("GET", "/brands")["items"])

    def consent(self, brand: int, recipient: str, channel: str, recipient_type: str = "BIREYSEL") -> Json | None:
        """The consent of an address, here and at İYS; None where nothing is known. The address stays out of the URL."""
        body = {"recipient": recipient, "type": channel, "recipientType": recipient_type}
        try:
            return self._call("POST", f"/brands/{brand}/consents/query", body)
        except Problem as problem:
            if problem.status == 404:
                return None
            raise

    def add_consent(self, brand: int, row: Mapping[str, Any], *, idempotency_key: str | None = None) -> Json:
        """Report one decision. Raises Problem where it is not taken. A refusal is told where `stands` of its result is
        RET; where it is not, its date is before a grant: report it again without one, which counts as of now, or, if it
        waited, with one by `server_time`."""
        return self._call("POST", f"/brands/{brand}/consents", dict(row), idempotency_key or new_key())

    def add_consents(
        self, brand: int, rows: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Json:
        """Report up to ROWS_A_LIST decisions; each row has its own result, good ones are written."""
        body = {"consents": [dict(row) for row in rows]}
        return self._call("POST", f"/brands/{brand}/consents/bulk", body, idempotency_key or new_key())

    def request(self, request_id: str) -> Json:
        """What came of a list's rows, and what İYS has made of them so far."""
        return self._call("GET", f"/requests/{request_id}")

    def check(self, brand: int, channel: str, recipients: Sequence[str], recipient_type: str = "BIREYSEL") -> Json:
        """Ask of up to ADDRESSES_A_CHECK addresses whether they may be messaged now, before each sending."""
        body = {"type": channel, "recipientType": recipient_type, "recipients": list(recipients)}
        return self._call("POST", f"/brands/{brand}/checks", body, new_key())

    def consents(self, brand: int) -> tuple[str, Iterator[Json]]:
        """All consents of a brand as they are now, and the cursor with which the feed goes on from there."""
        first = self._call("GET", f"/brands/{brand}/consents")
        return first["eventsCursor"], self._all_consents(brand, first)

    def events(self, cursor: str) -> Iterator[tuple[str, list[Json]]]:
        """(the cursor to keep, the events before it), page by page until all is read. Keep the cursor in the
        transaction that writes the events' consents: then none is lost. Problem "cursor_lost": copy all anew."""
        has_more = True
        while has_more:
            page = self._call("GET", "/events", cursor=cursor)
            cursor, has_more = page["nextCursor"], page["waitSeconds"] == 0
            yield cursor, page["items"]

    def _all_consents(self, brand: int, page: Json) -> Iterator[Json]:
        yield from page["items"]
        while page["nextCursor"] is not None:
            page = self._call("GET", f"/brands/{brand}/consents", cursor=page["nextCursor"])
            yield from page["items"]

    def _call(
        self, method: str, path: str, body: Json | None = None, key: str | None = None, cursor: str | None = None
    ) -> Json:
        """One call, tried again where it may succeed later. Raises Problem, Unanswered."""
        headers = {"Idempotency-Key": key} if key else {}
        query = {"cursor": cursor} if cursor is not None else None
        for number in range(TRIES):
            is_last, pause = number == TRIES - 1, min(2.0**number, LONGEST_PAUSE)
            try:
                answer = self._session.request(
                    method, self._base + path, json=body, headers=headers, params=query, timeout=self._timeout,
                    allow_redirects=False,
                )  # fmt: skip
            except requests.RequestException as error:
                if is_last:
                    raise Unanswered(f"{method} {path.partition('/consents/')[0]}") from error
            else:
                self.server_time = _read_date(answer.headers.get("Date"))
                if answer.ok:
                    found: Json = answer.json()
                    return found
                problem = Problem(answer.status_code, _problem_of(answer))
                if is_last or not (answer.status_code == 429 or problem.body.get("retryable")):
                    raise problem
                pause = min(_seconds(answer.headers.get("Retry-After")) or pause, LONGEST_PAUSE)
            time.sleep(pause)
        raise AssertionError("unreachable")


def new_key() -> str:
    """An Idempotency-Key. Keep it with a write that must survive a crash of yours, and send it again with it."""
    return uuid.uuid4().hex


def _problem_of(answer: requests.Response) -> Json:
    """The body of a problem; of a proxy between that answers otherwise, what its status says."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and "code" in body:
        return body
    return {"code": f"http_{answer.status_code}", "title": answer.reason, "retryable": answer.status_code >= 500}


def _read_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except ValueError:
        return None


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdecimal() else 0.0
