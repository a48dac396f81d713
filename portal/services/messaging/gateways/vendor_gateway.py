"""What the adapters of vendors have in common: a description that comes with the product, and calls beside sending."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.generic_http import GenericHttpGateway, vendor_description
from portal.services.messaging.gateways.protocol import (
    Capabilities,
    ErrorClass,
    GatewayError,
    Reason,
    Report,
    SendError,
)

UNKNOWN_HEADER = SendError(ErrorClass.CONFIG, Reason.HEADER, "header")
MOST_PAGES = 1000  # Of one list.
LONGEST_LIST = 8 * 1024 * 1024  # Bytes of an answer beside sending: some 80,000 replies of an inbox.
AHEAD = timedelta(minutes=1)  # How far a vendor's clock may be; times on the wire end with their second, too.


class VendorGateway(GenericHttpGateway):
    """An account at a vendor. With `header`, check() asks whether it is registered, too."""

    vendor: ClassVar[str]  # Its description's name.
    features: ClassVar[Capabilities]
    success: ClassVar[Mapping[str, Any]]  # Of calls beside sending.

    def __init__(
        self, credentials: Mapping[str, str], *, base_url: str = "", header: str = "", is_trusted: bool = False
    ):
        super().__init__(vendor_description(self.vendor), credentials, base_url=base_url, is_trusted=is_trusted)
        self.header, self.report_mapping = header, self.description["report_push"]
        self.capabilities = self.features

    def _ask(self, method: str, path: str, *, absent: Sequence[str] = (), **call: Any) -> Any:
        """What a call answers; None for an error whose code is one of `absent`. Raises GatewayError."""
        answer, document = self._fetch(method, path, headers={}, longest=LONGEST_LIST, **call)
        rules = {"success": self.success, "code": self.description["answer"]["code"]}
        error = self._error(answer, document, rules)
        if error and (error.code in absent or str(answer.status) in absent):
            return None
        if error:
            raise GatewayError(error)
        return document

    def _check_header(self, headers: Callable[[], Any]) -> SendError | None:
        """Whether a call that lists the account's headers succeeds, and lists ours."""
        try:
            registered = set(json_values.strings(headers()))
        except GatewayError as failure:
            return failure.error
        return UNKNOWN_HEADER if self.header and self.header not in registered else None


def reports_of_each(refs: Sequence[str], ask: Callable[[str], list[Report]]) -> list[Report]:
    """Reports of one ref after the other. Where the vendor stops us midway, what it told so far.

    Raises GatewayError where it told nothing.
    """
    found: list[Report] = []
    for ref in refs:
        try:
            found += ask(ref)
        except GatewayError:
            if not found:
                raise
            break
    return found
