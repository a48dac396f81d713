"""Events reach the endpoints of their provider at least once, however these answer."""

import base64
import threading
from datetime import timedelta

import pytest
import standardwebhooks
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import update

from portal.api.documentation.webhook_example import WEBHOOK
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.guarded_requests import DeliveryFailure, Transport
from portal.core.models import Brand, EventType, OffReason, WebhookAlgorithm, WebhookState
from portal.domain.webhooks import endpoints, signatures
from portal.services.webhooks import delivery
from portal.services.webhooks.delivery import Dispatcher
from tests import make, servers
from tests.make import Person
from tests.portal.services.webhooks.conftest import A_DAY, A_MINUTE, AN_HOUR
from tests.webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.slow

SCHEDULE = [timedelta(seconds=5), 5 * A_MINUTE, 30 * A_MINUTE, *(number * AN_HOUR for number in (2, 5, 10, 10))]


def states(webhooks, endpoint_id: int) -> list[WebhookState]:
    return [each.state for each in webhooks.log(endpoint_id)]


def test_the_standards_library_verifies_what_arrives_also_while_secrets_overlap(webhooks, receiver, transport):
    endpoint_id = webhooks.add(receiver.url + "/hook")
    webhooks.happen()
    webhooks.deliver(transport)
    new = webhooks.change(endpoint_id, lambda each: endpoints.replace_secret(vault(), each, A_DAY, clock.now()))
    webhooks.happen()
    webhooks.deliver(transport)

    former, both = receiver.requests
    verified = standardwebhooks.Webhook(webhooks.secrets[endpoint_id]).verify(former.body, former.headers)
    assert (verified["type"], verified["data"]) == ("package.low", {"sequence": former.sequence, "number": 1})
    for secret in (webhooks.secrets[endpoint_id], new):
        standardwebhooks.Webhook(secret).verify(both.body, both.headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new).verify(former.body, former.headers)
    [first, second] = webhooks.log(endpoint_id)
    assert (first.state, first.status, first.message_id) == (WebhookState.DELIVERED, 200, former.id)
    assert first.due_at is second.due_at is None


def test_a_public_key_verifies_an_ed25519_signature(webhooks, receiver, transport):
    endpoint_id = webhooks.add(receiver.url, WebhookAlgorithm.ED25519)
    webhooks.happen()
    webhooks.deliver(transport)

    [request] = receiver.requests
    public = signatures.public_part(webhooks.secrets[endpoint_id])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    version, _, signature = request.headers["webhook-signature"].partition(",")
    signed = f"{request.id}.{request.headers['webhook-timestamp']}.".encode() + request.body
    key.verify(base64.b64decode(signature), signed)
    assert version == "v1a"


def test_addresses_are_masked_unless_an_endpoint_asks_for_them(app, browser, webhooks, receiver, transport, caplog):
    code = make.codes(app)[make.PHONE]
    for in_full in (False, True):
        webhooks.add(receiver.url, in_full=in_full)
    Person(browser, code).decides(MESAJ="RET")
    webhooks.number()
    webhooks.deliver(transport)

    shown = [each.json["data"] for each in receiver.requests if each.json["data"]["status"] == "RET"]
    assert {each["recipient"] for each in shown} == {"+90 5•• ••• •• 67", make.PHONE}
    assert {(each["type"], each["recipientType"], each["origin"], each["brandCode"]) for each in shown} == {
        ("MESAJ", "BIREYSEL", "link", make.BRAND_CODE)
    }
    logged = "".join(map(repr, caplog.records)) + caplog.text
    assert make.PHONE not in logged and receiver.url not in logged and "nobody keeps" not in logged


def test_each_event_tells_what_stands_now_as_the_reference_shows_it(app, browser, webhooks, receiver, transport):
    """An event may be older than what stands: a grant that arrives after the refusal withdraws nothing."""
    code = make.codes(app)[make.PHONE]
    webhooks.add(receiver.url)
    for choice in ("ONAY", "RET"):
        Person(browser, code).decides(MESAJ=choice)
    webhooks.number()
    webhooks.deliver(transport)

    made = [each.json for each in receiver.requests if each.json["type"] == EventType.DECISION_MADE]
    assert {each["data"]["status"] for each in made} == {"ONAY", "RET"}
    assert len({each["data"]["consent"]["id"] for each in made}) == 1
    for each in made:
        assert each["data"]["consent"]["status"] == "RET"
        assert each["data"]["consent"]["asOf"] >= max(other["data"]["sequence"] for other in made)
        assert each.keys() == WEBHOOK.keys() and each["data"].keys() == WEBHOOK["data"].keys()
        assert each["data"]["consent"].keys() == WEBHOOK["data"]["consent"].keys()


def test_an_endpoint_that_was_down_for_a_day_gets_all_and_can_tell_their_order(webhooks, receiver, transport):
    start, receiver.usual = clock.now(), 503
    with time_machine.travel(start, tick=False):
        endpoint_id = webhooks.add(receiver.url)
    for hour in range(0, 24, 3):
        with time_machine.travel(start + hour * AN_HOUR, tick=False):
            webhooks.happen()
            webhooks.deliver(transport)
    tried = webhooks.endpoint(endpoint_id)
    assert tried.failing_since == start and tried.is_slow and tried.failures >= 8
    assert set(states(webhooks, endpoint_id)) == {WebhookState.WAITING}

    receiver.usual, receiver.requests[:] = 200, []
    for minute in (1, 2):  # The first message that succeeds makes all the others due.
        with time_machine.travel(start + A_DAY + minute * A_MINUTE, tick=False):
            webhooks.happen()
            webhooks.deliver(transport)

    assert sorted(each.number for each in receiver.requests) == list(range(1, 11))
    assert states(webhooks, endpoint_id) == [WebhookState.DELIVERED] * 10
    assert webhooks.endpoint(endpoint_id).failing_since is None


def test_a_message_is_tried_eight_times_by_the_schedule_and_others_go_on(webhooks, receiver, transport):
    start = now = clock.now()
    waits, bad = [], (500, {})
    with time_machine.travel(now, tick=False) as travelling:
        endpoint_id = webhooks.add(receiver.url)
        for _ in range(8):
            receiver.answers = [bad]
            webhooks.happen(0 if waits else 1)
            webhooks.deliver(transport)
            if due_at := webhooks.log(endpoint_id)[0].due_at:
                waits.append(due_at - now)
                travelling.move_to(now + timedelta(seconds=3))  # A pause after what failed, then the next event.
                webhooks.happen()
                webhooks.deliver(transport)
                travelling.move_to(now := due_at)

    assert all(0.9 * usual <= wait <= 1.1 * usual for usual, wait in zip(SCHEDULE, waits, strict=True))
    [given_up, *others] = webhooks.log(endpoint_id)
    assert (given_up.state, given_up.attempts, given_up.status) == (WebhookState.FAILED, 8, 500)
    assert [each.state for each in others] == [WebhookState.DELIVERED] * 7
    assert receiver.ids.count(given_up.message_id) == 8 and now - start > A_DAY


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ((410, {}), WebhookState.WAITING, OffReason.GONE),
        ((200, {"webhook-delivery": "disable"}), WebhookState.DELIVERED, OffReason.GONE),
        ((400, {"webhook-delivery": "abort-message"}), WebhookState.ABORTED, None),
        ((302, {"Location": "http://127.0.0.1:1/"}), WebhookState.WAITING, None),
    ],
)
def test_what_a_receiver_asks_for_is_done(webhooks, receiver, transport, answer, state, reason):
    endpoint_id = webhooks.add(receiver.url)
    receiver.answers = [answer]
    webhooks.happen(2)
    webhooks.deliver(transport)
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        webhooks.happen()
        webhooks.deliver(transport)

    endpoint, first = webhooks.endpoint(endpoint_id), webhooks.log(endpoint_id)[0]
    assert (first.state, first.status, endpoint.off_reason) == (state, answer[0], reason)
    assert (endpoint.due_at is None) == (reason is not None)
    assert len(receiver.requests) == (1 if reason else 3)


def test_a_late_answer_fails_and_makes_its_endpoint_a_slow_one(webhooks, receiver):
    ended, endpoint_id = threading.Event(), webhooks.add(receiver.url)
    transport = Transport(None, ca_file=receiver.ca_file, seconds=0.2)
    receiver.answers = [lambda: (ended.wait(60) and 200, {})]
    webhooks.happen(2)
    webhooks.deliver(transport)
    ended.set()

    [first] = webhooks.log(endpoint_id)  # The second event waits beyond the position.
    assert (first.state, first.status, first.error) == (WebhookState.WAITING, None, DeliveryFailure.TOO_SLOW)
    endpoint = webhooks.endpoint(endpoint_id)
    assert endpoint.is_slow and endpoint.position == receiver.requests[0].sequence


def test_an_endpoint_goes_off_after_five_days_and_gets_everything_once_it_is_on(webhooks, receiver, transport):
    start, receiver.usual = clock.now(), 500
    with time_machine.travel(start, tick=False):
        endpoint_id = webhooks.add(receiver.url)
        webhooks.happen()
    for hours in range(0, 127, 9):
        with time_machine.travel(start + hours * AN_HOUR, tick=False):
            webhooks.happen()
            webhooks.deliver(transport)
    assert webhooks.endpoint(endpoint_id).off_reason == OffReason.FAILING
    assert WebhookState.FAILED in states(webhooks, endpoint_id)

    receiver.usual, receiver.requests[:] = 200, []
    with time_machine.travel(start + 6 * A_DAY, tick=False):
        webhooks.happen()
        assert webhooks.deliver(transport) == 0
        webhooks.change(endpoint_id, lambda each: endpoints.turn_on(db.session, each, clock.now()))
    with time_machine.travel(start + 6 * A_DAY + A_MINUTE, tick=False):
        webhooks.deliver(transport)

    assert sorted({each.number for each in receiver.requests}) == list(range(1, 18))
    assert set(states(webhooks, endpoint_id)) == {WebhookState.DELIVERED}


def test_what_was_given_up_in_an_outage_is_sent_once_it_is_over(webhooks, receiver, transport):
    start, receiver.usual = clock.now(), 500
    with time_machine.travel(start, tick=False):
        endpoint_id = webhooks.add(receiver.url)
        webhooks.happen()
    for hours in range(0, 96, 12):
        with time_machine.travel(start + hours * AN_HOUR, tick=False):
            webhooks.deliver(transport)
    assert states(webhooks, endpoint_id) == [WebhookState.FAILED]

    receiver.usual, receiver.requests[:] = 200, []
    with time_machine.travel(start + 4 * A_DAY, tick=False):
        webhooks.happen()
        webhooks.deliver(transport)

    assert [each.number for each in receiver.requests] == [2, 1]
    assert states(webhooks, endpoint_id) == [WebhookState.DELIVERED] * 2


def test_what_its_owner_does_during_a_turn_stays(webhooks, receiver, transport):
    endpoint_id = webhooks.add(receiver.url)
    webhooks.happen(2)

    def pause():
        with webhooks.app.app_context():
            endpoints.turn_off(db.session, endpoint_id, OffReason.PAUSED, clock.now())
            db.session.commit()
        return 200, {}

    receiver.answers = [pause]
    webhooks.deliver(transport)
    assert (webhooks.endpoint(endpoint_id).due_at, len(receiver.requests)) == (None, 2)

    webhooks.change(endpoint_id, lambda each: endpoints.turn_on(db.session, each, clock.now()))
    webhooks.happen()

    def remove():
        webhooks.change(endpoint_id, lambda each: endpoints.remove(db.session, each.id))
        return 200, {}

    receiver.answers = [remove]
    webhooks.deliver(transport)
    assert webhooks.log(endpoint_id) == [] and len(receiver.requests) == 3


def test_a_replay_sends_the_same_again_with_the_same_id(webhooks, receiver, transport):
    start = clock.now()
    with time_machine.travel(start - AN_HOUR, tick=False):
        webhooks.add(receiver.url)  # Another endpoint, so that the provider is there.
        webhooks.happen(2)
    endpoint_id = webhooks.add(receiver.url)
    webhooks.happen(2)
    webhooks.deliver(transport)
    first = sorted(receiver.ids)[-2:]
    receiver.requests[:] = []

    webhooks.change(
        endpoint_id, lambda each: endpoints.replay_since(db.session, each, start - 2 * AN_HOUR, clock.now())
    )  # fmt: skip
    webhooks.deliver(transport)

    assert sorted(each.number for each in receiver.requests) == [1, 2, 3, 4]
    assert set(first) <= set(receiver.ids) and len(webhooks.log(endpoint_id)) == 4


def test_an_endpoint_follows_its_brands_as_a_key_does(rows, webhooks, receiver, transport):
    start, everything = clock.now(), webhooks.add(receiver.url)
    brand_id = rows.one(Brand).id
    limited = webhooks.add(receiver.url, brand_ids=[brand_id])
    webhooks.happen()
    webhooks.happen(brand_id=brand_id)
    webhooks.deliver(transport)
    assert sorted(each.number for each in receiver.requests) == [1, 2, 2]

    receiver.requests[:] = []
    with webhooks.app.app_context():
        db.session.execute(update(Brand).values(is_sandbox=True, closed_at=clock.now()))
        db.session.commit()
    webhooks.happen(brand_id=brand_id)
    for endpoint_id in (everything, limited):
        webhooks.change(endpoint_id, lambda each: endpoints.replay_since(db.session, each, start, clock.now()))
    webhooks.deliver(transport)
    assert [each.number for each in receiver.requests] == [1]


def test_of_two_endpoints_one_that_is_closed_holds_up_none(webhooks, receiver, transport, tmp_path):
    (tmp_path / "other").mkdir()
    with receiving(tmp_path / "other") as gone:
        closed = webhooks.add(gone.url)
    open_one = webhooks.add(receiver.url)
    webhooks.happen(3)
    webhooks.deliver(transport)

    assert webhooks.log(closed)[0].error == DeliveryFailure.NO_CONNECTION
    assert states(webhooks, open_one) == [WebhookState.DELIVERED] * 3


def test_while_an_endpoint_hangs_others_get_theirs_and_what_is_in_hand_at_the_end_is_recorded(app, webhooks, receiver):
    answered, hanging = threading.Event(), Receiver()
    hanging.answers = [lambda: (answered.wait(60) and 200, {})]
    dispatcher = Dispatcher(Transport(None, ca_file=receiver.ca_file, seconds=60), threads=2)
    with servers.serving(hanging) as url:
        held, others = webhooks.add(url), [webhooks.add(receiver.url) for _ in range(3)]
        webhooks.happen(2)
        with app.app_context():
            while [states(webhooks, each) for each in others] != [[WebhookState.DELIVERED] * 2] * 3:
                assert dispatcher.step()
        assert webhooks.log(held) == []
        answered.set()
        with app.app_context():
            dispatcher.record_ended(None)
    assert states(webhooks, held) == [WebhookState.DELIVERED] * 2


def test_a_batch_that_breaks_is_sent_again_after_its_lease_and_spoils_no_other(webhooks, receiver, transport):
    class Breaking(Transport):
        def post(self, url, body, headers):
            return super().post(url, body, headers) if url == receiver.url else 1 / 0

    broken, other = webhooks.add(receiver.url + "/broken"), webhooks.add(receiver.url)
    webhooks.happen()
    webhooks.deliver(Breaking(None, ca_file=receiver.ca_file))
    assert (states(webhooks, broken), states(webhooks, other)) == ([], [WebhookState.DELIVERED])

    with time_machine.travel(clock.now() + 2 * A_MINUTE):
        webhooks.deliver(transport)
    assert states(webhooks, broken) == [WebhookState.DELIVERED]


@pytest.mark.parametrize("broken_part", ["_read_batch", "_endpoint_values"])
def test_an_endpoint_of_which_nothing_can_be_read_or_written_holds_up_no_other(
    webhooks, receiver, transport, monkeypatch, broken_part
):  # fmt: skip
    broken, other = (webhooks.add(receiver.url) for _ in range(2))
    webhooks.happen()
    usual = getattr(delivery, broken_part)

    def fail_for_one(its, *more):
        return 1 / 0 if getattr(its, "endpoint", its).id == broken else usual(its, *more)

    with monkeypatch.context() as patched:
        patched.setattr(delivery, broken_part, fail_for_one)
        webhooks.deliver(transport)
    assert (states(webhooks, broken), states(webhooks, other)) == ([], [WebhookState.DELIVERED])

    with time_machine.travel(clock.now() + 2 * A_MINUTE):
        webhooks.deliver(transport)
    assert states(webhooks, broken) == [WebhookState.DELIVERED]
