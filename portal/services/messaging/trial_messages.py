"""Messages to addresses of the team's own: sent at once, whether a gateway is meant or a campaign's text. No row is
kept, and nobody is asked by them."""

from datetime import datetime

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.models import Brand, Provider
from portal.domain.notifications.gateways import own_gateways
from portal.services.messaging import gateway_accounts, routing
from portal.services.messaging.gateway_accounts import OpenedAccount
from portal.services.messaging.gateways.protocol import Batch, Gateway, OutgoingMessage, SendError, SendResult
from portal.services.messaging.outgoing_messages import split_subject


def send_at_once(adapter: Gateway, header: str, message: OutgoingMessage) -> tuple[Batch, SendResult]:
    """Send one message; what was sent, and what came of it. Call with no transaction open."""
    batch = Batch(new_id(), header, [message], clock.now())
    (result,) = adapter.send(batch)
    return batch, result


def send_text(account: OpenedAccount, to: str, text: str) -> SendError | None:
    """The same with a campaign's text, whose first line is the subject of a mail."""
    written = split_subject(text, is_mail="@" in to)
    message = OutgoingMessage(new_id(), to, written.text, written.subject)
    return send_at_once(account.adapter, account.header, message)[1].error


def find_account(brand: Brand, kind: AddressKind, at: datetime) -> OpenedAccount | None:
    """Through which a message of a brand would leave now, as the outbox chooses it; None where none can."""
    provider = db.session.get_one(Provider, brand.provider_id)
    is_sandbox = brand.is_sandbox or provider.in_sandbox_mode
    theirs = [each for each in own_gateways(db.session, provider.id) if each.carries == kind]
    gateway_id = None if is_sandbox else routing.choose(db.session, brand.id, theirs, at)
    if gateway_id is None and gateway_accounts.demo_route(is_sandbox=is_sandbox) is None:
        return None
    return gateway_accounts.open_account(gateway_id)
