"""A test message: the call that it made, what the vendor answered, and how that was read."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import request, session
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.models import MessageGateway
from portal.core.transliteration import ascii_only
from portal.core.vault import CannotOpen
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts, trial_messages
from portal.services.messaging.gateways.call_trace import CallTrace, trace_call
from portal.services.messaging.gateways.generic_http import GenericHttpGateway
from portal.services.messaging.gateways.offered_vendors import DESCRIBED
from portal.services.messaging.gateways.protocol import OutgoingMessage, Reason, SendError, SendResult
from portal.web.shared import limits
from portal.web.shared.gateway_account_page import (
    account_url,
    lock_or_404,
    own_gateway_or_404,
    owner_id,
    owner_key,
    record_gateway_audit,
    render_account,
)
from portal.web.shared.gateway_test import build_test_form
from portal.web.shared.gateway_words import CLASSES, FIELDS, OWN_CODES, explain_error, explain_reason, too_many
from portal.web.shared.redirects import commit_and_redirect

SENT = "test_sent"  # In the session: the page whose test message was sent, so that reloading the answer sends no other.


@dataclass(frozen=True)
class Trial:
    """What came of a test message. `trace` is missing for mail servers and the test viewer."""

    gateway_id: int
    result: SendResult
    trace: CallTrace | None
    is_sandbox: bool
    is_described: bool = False

    @property
    def error(self) -> SendError | None:
        return self.result.error

    @property
    def verdict(self) -> str:
        """What an error of this class means for messages."""
        return _(CLASSES[self.error.error_class][0]) if self.error else ""

    @property
    def explanation(self) -> str:
        """Why it was not taken, and the cure; nothing where it was."""
        if self.error and self.is_sandbox:
            return _("Deneme görüntüleyicisi yanıt vermedi; birazdan yeniden deneyin.")
        if self.error is None:
            return ""
        is_number = self.trace is not None and self.error.reason is Reason.BAD_ADDRESS
        more = _("“Numaralar nasıl yazılır?” seçimine de bakın.") if is_number else ""
        field = _(self.field[0]) + ": " if self.field[0] else ""
        words = explain_reason(None, self.correction) if self.correction else explain_error(self.error)
        return f"{field}{words} {more}".rstrip()

    @property
    def correction(self) -> str:
        """What to correct in a description after an answer of no known meaning, as a code; else ""."""
        if not self.is_described or not self.error or not self.trace or self.trace.status is None:
            return ""
        is_known = self.error.code in OWN_CODES or self.error.reason is not Reason.UNKNOWN
        return "" if is_known else "no_word" if self.trace.status < HTTPStatus.BAD_REQUEST else "refused"

    @property
    def field(self) -> tuple[str, str]:
        """The field of the account that is to blame: its name and its id in the form; "" where none is."""
        names = (self.correction, self.error.code, self.error.reason) if self.error else ()
        return next((FIELDS[each] for each in names if each in FIELDS), ("", ""))


def test_gateway(gateway_id: int) -> ResponseReturnValue:
    """Send a message to an address of the team's own. No transaction is open meanwhile."""
    gateway = own_gateway_or_404(gateway_id)
    form = build_test_form(gateway.carries, owner_id())
    if not form.validate_on_submit():
        return render_account(gateway, form=form), 422
    once = request.form.get("once", "")
    if once and once == session.get(SENT):
        said = _("Bu deneme iletisi gönderildi. Bir tane daha için düğmeye yeniden basın.")
        return commit_and_redirect(account_url(gateway_id), said)
    if again_at := limits.wait_for(limits.GATEWAYS, "gateway-test", owner_key()):
        form.address.errors = [too_many(again_at)]
        return render_account(gateway, form=form), 429
    session[SENT], tested = once, gateways.fingerprint(gateway)
    try:
        trial = send_through(gateway, _test_message(gateway, form.destination()))
    except CannotOpen:
        return render_account(gateway, form=form, problem=explain_reason(None, "unreadable")), 422
    row = lock_or_404(gateway_id)
    if gateways.fingerprint(row) != tested:
        problem = _("Hesap bu sırada değişti; deneme iletisini yeniden gönderin.")
        return render_account(row, form=form, problem=problem), 409
    record_gateway_audit("gateway.tested", row, clear=trial.error is None)
    if trial.error is None and not trial.is_sandbox:
        gateways.mark_tested(row, clock.now())
    db.session.commit()
    return render_account(row, form=form, trial=trial, problem=trial.explanation), 422 if trial.error else 200


def send_through(gateway: MessageGateway, message: OutgoingMessage, hides: str = "") -> Trial:
    """Send one message through an account, whatever its state; `hides` is shown to nobody. Raises CannotOpen."""
    adapter, is_sandbox = gateway_accounts.adapter_of(gateway), gateway_accounts.in_sandbox_mode(gateway.provider_id)
    batch, result = trial_messages.send_at_once(adapter, gateway.header, message)
    trace = trace_call(adapter, batch) if isinstance(adapter, GenericHttpGateway) else None
    return Trial(
        gateway.id,
        result,
        trace.hide(hides) if trace and hides else trace,
        is_sandbox,
        gateway.vendor == DESCRIBED.name,
    )


def _test_message(gateway: MessageGateway, to: str) -> OutgoingMessage:
    at = format_datetime(clock.now(), "HH:mm:ss")  # Vendors refuse a text that repeats.
    text = _("İzinlink gönderim denemesi (%(at)s). Yanıt gerekmez.", at=at)
    if gateway.carries == AddressKind.PHONE:
        text = ascii_only(text)
    return OutgoingMessage(new_id(), to, text, _("İzinlink gönderim denemesi"))
