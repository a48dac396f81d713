"""Keys change while the portal goes on: nobody is lost or made twice, and in the end the old key opens nothing."""

from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import event, func, literal, select, update

from portal.core import address_holders, addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.ids import new_ids
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    ApiCall,
    ApiKey,
    ApiRequest,
    Consent,
    Delivery,
    Difference,
    ImportBatch,
    ImportChunk,
    ImportProfile,
    Inquiry,
    Mail,
    OneTimeLink,
    Paper,
    Provider,
    Push,
    PushRegistration,
    Recipient,
    ReconciledDay,
    Role,
    SignIn,
    UploadPart,
    User,
    WaitingFile,
    WebhookEndpoint,
)
from portal.core.vault import KeyMissing
from portal.domain import sends
from portal.domain.consents import reassigned_addresses, recipients
from portal.domain.identity import accounts
from portal.domain.notifications import gateways
from portal.services.imports import waiting_lists
from portal.services.key_rotation import CHUNK, SEALED, rotate
from portal.services.messaging import gateway_events
from portal.services.messaging.gateways import protocol
from tests import make
from tests.make import Person
from tests.portal import recipients_side

pytestmark = pytest.mark.slow

CLOSED = "+905551112233"  # Its line was closed; nobody has it.
DISOWNED = "baskasinin@example.com"


@pytest.fixture
def old_days(start, iys):
    """Everything that is sealed, made under the first generation; Fatma refused calls."""
    app = start(1)
    links = make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n0555 12\n", delivery=Delivery.GATEWAY)
    Person(app.test_client(), links[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    make.forward_all(app, iys)
    with app.app_context():
        make.keep_texts()
        provider = db.session.scalar(select(Provider))
        accounts.add_membership(
            db.session, make.create_user("Burak@Example.com ", "Burak"), provider.id, Role.OWNER, clock.now()
        )
        _hear_from_iys(provider)
        _keep_of_people(provider)
        _bring_a_file(provider)
        _report_a_send(make.brand())
        gateway = gateways.add_gateway(
            db.session, vault(), provider_id=provider.id, carries=AddressKind.PHONE, vendor="verimor", header="ORNEK",
            credentials={"username": "908500000001", "password": "demo"}, per_second=10, at=clock.now(),
        )  # fmt: skip
        gateway_events.keep_push(
            gateway, gateways.read_secret(vault(), gateway), protocol.VendorPush(b"[]"), clock.now()
        )
        reassigned_addresses.close_lines(db.session, vault(), {CLOSED: clock.now()})
        reassigned_addresses.spread(db.session, vault(), addresses.parse(DISOWNED), (), clock.now())
        waiting_lists.store(db.session, make.campaign(), make.EMAIL.encode(), None)
        recipients_side.keep(provider)
        db.session.commit()
    return app


def _hear_from_iys(provider) -> None:
    """What İYS tells us is sealed, too: a push with its registration, a day's file and a line that differs."""
    whose, made = {"provider_id": provider.id, "brand_id": make.brand().id}, {"created_at": clock.now()}
    registration_id, push_id, day_id, difference_id = new_ids(4)

    def sealed(text: str, place: str, row_id: int) -> bytes:
        return vault().seal(text, place, provider.id, row_id)

    registration = PushRegistration(
        id=registration_id, channel="MESAJ", token_digest=b"digest", username="izinlink", **whose, **made,
        token=sealed("token", PushRegistration.TOKEN, registration_id),
        password=sealed("password", PushRegistration.PASSWORD, registration_id),
    )  # fmt: skip
    body = sealed(f'{{"list":[{{"recipient":"{make.PHONE}"}}]}}', Push.PLACE, push_id)
    push = Push(
        id=push_id, provider_id=provider.id, registration_id=registration_id, body=body, received_at=clock.now()
    )
    file = sealed(f"creationDate\n{make.PHONE}\n", ReconciledDay.FILE, day_id)
    day = ReconciledDay(id=day_id, day=clock.day(clock.now()), file=file, **whose, **made)
    line = sealed(make.PHONE, Difference.LINE, difference_id)
    difference = Difference(id=difference_id, kind="altered", line=line, found_at=clock.now(), **whose)
    for row in (registration, push, day, difference):
        db.session.add(row)
        db.session.flush()


def _bring_a_file(provider) -> None:
    """A file on its way, with its bytes, its lines and how it is read; and a request of a program."""
    at, whose = clock.now(), {"provider_id": provider.id}
    batch_id, part_id, piece_id, profile_id, key_id, request_id, call_id, hook_id, waiting_id = new_ids(9)
    hooks = WebhookEndpoint

    def sealed(text: str, place: str, row_id: int) -> bytes:
        return vault().seal(text, place, provider.id, row_id)

    for row in (
        ImportBatch(
            id=batch_id, brand_id=make.brand().id, digest=b"digest", size=1, state="dry_run",
            state_changed_at=at, created_at=at, name=sealed("fatma.csv", ImportBatch.NAME, batch_id), **whose,
            outline=sealed("{}", ImportBatch.OUTLINE, batch_id), layout=sealed("{}", ImportBatch.LAYOUT, batch_id),
        ),
        UploadPart(
            id=part_id, batch_id=batch_id, place=0, content=sealed(make.EMAIL, UploadPart.PLACE, part_id), **whose
        ),
        ImportChunk(
            id=piece_id, batch_id=batch_id, sheet=0, place=0, first_line=1, lines=1, **whose,
            content=sealed(make.EMAIL, ImportChunk.PLACE, piece_id),
        ),
        WaitingFile(
            id=waiting_id, brand_id=make.brand().id, place=sealed("{}", WaitingFile.PLACE, waiting_id),
            created_at=at, **whose,
        ),
        ImportProfile(
            id=profile_id, signature=b"digest", layout=sealed("{}", ImportProfile.LAYOUT, profile_id), used_at=at,
            created_at=at, **whose,
        ),
        ApiKey(
            id=key_id, name="CRM", is_test=False, digest=b"digest", hint="abcd", scopes=[], created_by=1, created_at=at,
            **whose,
        ),
        ApiRequest(
            id=request_id, brand_id=make.brand().id, key_id=key_id, path="/", status=200, rows=1, created_at=at,
            body=sealed(make.EMAIL, ApiRequest.BODY, request_id), answer=sealed("{}", ApiRequest.ANSWER, request_id),
            **whose,
        ),
        ApiCall(
            id=call_id, key_id=key_id, method="GET", status=404, called_at=at, **whose,
            content=sealed(make.EMAIL, ApiCall.PLACE, call_id),
        ),
        WebhookEndpoint(
            id=hook_id, algorithm="hmac", types=[], shows_addresses=False, position=0, is_slow=False, failures=0,
            heartbeat_at=at, created_by=1, created_at=at, url=sealed("https://crm.example", hooks.URL, hook_id),
            secret=sealed("new", hooks.SECRET, hook_id), former_secret=sealed("old", hooks.FORMER, hook_id), **whose,
        ),
    ):  # fmt: skip
        db.session.add(row)
        db.session.flush()
    person = recipients.find(db.session, vault(), provider.id, addresses.parse(make.PHONE))
    person.reference = sealed("C-1042", Recipient.REFERENCE, person.id)


def _report_a_send(brand) -> None:
    """A message of another system, and the check before it."""
    at, key_id = clock.now(), db.session.scalar(select(ApiKey.id))
    recipient_id = recipients.find(db.session, vault(), brand.provider_id, addresses.parse(make.PHONE)).id
    common = {"channel": Channel.SMS, "recipient_type": RecipientType.INDIVIDUAL}
    sends.record_check(
        db.session, vault(), brand, number=1, key_id=key_id, verdicts={make.PHONE: "may"}, salt="5f", at=at,
        valid_until=at, **common,
    )  # fmt: skip
    send = sends.Send(addresses.parse(make.PHONE), sent_at=at, campaign="Kasım", **common)
    sends.record_sends(db.session, vault(), brand, [send], {make.PHONE: recipient_id}, request_id=1, at=at)


def _keep_of_people(provider) -> None:
    """So are sessions, tickets, mails, papers and questions; Ayşe's app is from make.provider."""
    at, user_id = clock.now(), db.session.scalar(select(User.id))
    sign_in_id, ticket_id, mail_id, paper_id, inquiry_id = new_ids(5)

    def sealed(text: str, place: str, row_id: int, owner: int = 0) -> bytes:
        return vault().seal(text, place, owner, row_id)

    for row in (
        SignIn(
            id=sign_in_id, user_id=user_id, token_digest=b"digest", by="totp", agent="", started_at=at, seen_at=at,
            address=sealed("192.0.2.1", SignIn.PLACE, sign_in_id),
        ),
        OneTimeLink(
            id=ticket_id, kind="reset", token_digest=b"digest", email=sealed(make.AYSE, OneTimeLink.PLACE, ticket_id),
            expires_at=at, created_at=at,
        ),
        Mail(
            id=mail_id, kind="reset", language="tr", address=sealed(make.AYSE, Mail.ADDRESS, mail_id),
            facts=sealed("{}", Mail.FACTS, mail_id), created_at=at,
        ),
        Paper(
            id=paper_id, provider_id=provider.id, kind="signature", media_type="image/png", size=1, digest=b"digest",
            content=sealed("x", Paper.PLACE, paper_id, provider.id), uploaded_by=user_id, uploaded_at=at,
        ),
        Inquiry(
            id=inquiry_id, provider_id=provider.id, step=1, asked_by=user_id, asked_at=at,
            text=sealed("?", Inquiry.TEXT, inquiry_id, provider.id),
            answer=sealed("!", Inquiry.ANSWER, inquiry_id, provider.id),
        ),
    ):  # fmt: skip
        db.session.add(row)
        db.session.flush()


def opened(app) -> dict[str, list[bytes]]:
    """Everything that is sealed, by place, in clear."""
    with app.app_context():
        found = {}
        for model, column, place in SEALED:
            rows = db.session.execute(select(getattr(model, column), owner_of(model), model.id).order_by(model.id))
            found[place] = [vault().open(sealed, place, *whose) for sealed, *whose in rows if sealed is not None]
        db.session.rollback()
    return found


def owner_of(model):
    """Whose its seals are: people, who may belong to several providers, are sealed for none."""
    return func.coalesce(model.provider_id, 0) if hasattr(model, "provider_id") else literal(0)


def turn(app) -> dict[str, int]:
    """Rotate to the end: how many rows were changed at each place."""
    with app.app_context():
        return {turned.place: turned.changed for turned in rotate()}


def bring(app, text: str) -> None:
    with app.app_context():
        make.add_to_audience(make.campaign(), text)


def people(app) -> dict[str, int]:
    """{address: how many recipients have it}."""
    with app.app_context():
        found = [recipients.address_of(vault(), each) for each in db.session.scalars(select(Recipient))]
        db.session.rollback()
    return {address: found.count(address) for address in found}


def is_found(app, spelling: str) -> bool:
    with app.app_context():
        provider_id = make.brand().provider_id
        found = recipients.find(db.session, vault(), provider_id, addresses.parse(spelling)) is not None
        db.session.rollback()
    return found


def test_the_old_days_hold_something_at_every_sealed_place(old_days):
    assert all(opened(old_days).values())


def test_people_of_the_first_generation_are_found_with_both(old_days, start):
    assert is_found(start(2, 1), "0532 123 45 67")


def test_bringing_people_again_makes_nobody_twice_and_keeps_the_refusal(old_days, start):
    app = start(2, 1)
    before = people(app)

    links = make.codes(app, f"0 (532) 123-45-67\n{make.EMAIL.upper()}\n")

    assert people(app) == before == {make.PHONE: 1, make.EMAIL: 1}
    assert make.Rows(app).one(Consent, Consent.channel == "ARAMA").status == Status.REFUSED
    assert make.PHONE not in links


def test_after_turning_the_new_key_opens_everything_and_the_old_one_nothing(old_days, start):
    before = opened(old_days)

    changed = turn(start(2, 1))

    assert opened(start(2)) == before
    assert changed == {place: len(rows) for place, rows in before.items()}
    with old_days.app_context():
        for model, column, place in SEALED:
            kept = select(getattr(model, column), owner_of(model), model.id).where(getattr(model, column).is_not(None))
            for sealed, *whose in db.session.execute(kept):
                with pytest.raises(KeyMissing):
                    vault().open(sealed, place, *whose)
        db.session.rollback()


def test_after_turning_people_are_found_by_the_new_key_alone(old_days, start):
    turn(start(2, 1))
    app = start(2)

    bring(app, make.PHONE)

    assert people(app) == {make.PHONE: 1, make.EMAIL: 1}
    with app.app_context():
        texts = [CLOSED, DISOWNED, make.PHONE]
        assert reassigned_addresses.find_known_changes(db.session, vault(), texts).keys() == {CLOSED, DISOWNED}
        db.session.rollback()


def test_after_turning_a_mailbox_is_found_by_the_new_key_alone(old_days, start):
    tagged, plain = addresses.parse(make.EMAIL.replace("@", "+izin@")), addresses.parse(make.EMAIL)
    with old_days.app_context():
        recipients.gather(db.session, vault(), make.brand().provider_id, [tagged], clock.now())
        db.session.commit()
    turn(start(2, 1))

    with start(2).app_context():
        assert len(address_holders.find_mailbox_holders(db.session, vault(), plain)) == 2
        db.session.rollback()


@pytest.mark.parametrize("spelled", ["burak@example.com", "BURAK@example.com"])
def test_after_turning_people_sign_in_as_before(old_days, start, spelled):
    turn(start(2, 1))

    with start(2).app_context():
        assert accounts.check_password(db.session, vault(), spelled, make.AYSES_PASSWORD).name == "Burak"
        db.session.rollback()


def test_turning_again_changes_nothing(old_days, start):
    app = start(2, 1)
    turn(app)

    assert set(turn(app).values()) == {0}


def test_a_shell_does_not_turn_to_the_older_key(old_days, start):
    told = start(1, 2).test_cli_runner().invoke(args=["vault", "rotate"])

    assert told.exit_code == 1 and 'put the\nnewer one first ("2:…,1:…")' in told.stderr


def test_a_shell_turns_the_keys_and_tells_how_much_it_did(old_days, start):
    told = start(2, 1).test_cli_runner().invoke(args=["vault", "rotate"])

    assert told.exit_code == 0
    assert "recipient.address: 2\n" in told.output and "user_account.email: 2\n" in told.output
    assert len(told.output.splitlines()) == len(SEALED)


@pytest.mark.parametrize(
    "damaged",
    [b"", *(pytest.param(each, marks=pytest.mark.alike) for each in (b"1", slice(-1), slice(1, None)))],
    ids=["gone", "a byte", "short", "shifted"],
)
def test_what_cannot_be_opened_is_named_and_holds_up_no_other(old_days, start, damaged):
    app = start(2, 1)
    fatma = make.Rows(app)(Recipient)[0]
    put(app, fatma, fatma.address[damaged] if isinstance(damaged, slice) else damaged)

    told = app.test_cli_runner().invoke(args=["vault", "rotate"])

    assert told.exit_code == 1
    assert f"recipient.address: the row with id {fatma.id} cannot be opened\n" in told.stderr
    assert "VAULT_KEYS" in told.stderr and "Traceback" not in told.output
    assert "recipient.address: 1\n" in told.stdout
    assert len(told.stdout.splitlines()) == len(SEALED)


def test_what_could_not_be_opened_is_turned_once_it_is_mended(old_days, start):
    before, app = opened(old_days), start(2, 1)
    fatma = make.Rows(app)(Recipient)[0]
    put(app, fatma, fatma.address[:-1])
    turn(app)
    put(app, fatma, fatma.address)

    changed = turn(app)

    assert (changed.pop("recipient.address"), set(changed.values())) == (1, {0})
    assert opened(start(2)) == before


def put(app, recipient: Recipient, address: bytes) -> None:
    with app.app_context():
        db.session.execute(update(Recipient).where(Recipient.id == recipient.id).values(address=address))
        db.session.commit()


class PowerCut(Exception):
    """What stops a turning in the middle."""


@contextmanager
def cut_off_at_the_second_piece(app):
    """The power is gone when a second piece of recipients is to be written."""
    pieces = count()

    def cut(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE recipient ") and next(pieces):
            raise PowerCut

    with app.app_context():
        writer = db.engine
    event.listen(writer, "before_cursor_execute", cut)
    with pytest.raises(PowerCut):
        yield
    event.remove(writer, "before_cursor_execute", cut)


def test_turning_that_stopped_in_the_middle_goes_on_where_it_was(start):
    many = CHUNK + 50
    bring(start(1), "\n".join(f"0532 100 {number:04}" for number in range(many)))
    app = start(2, 1)

    with cut_off_at_the_second_piece(app):
        turn(app)
    halfway, rest = people(app), turn(app)

    assert set(halfway.values()) == {1} and len(halfway) == many
    assert rest["recipient.address"] == 50
    assert people(start(2)) == halfway


def test_an_old_and_a_new_process_side_by_side_make_nobody_twice(old_days, start):
    old, new = old_days, start(2, 1)

    for first, second, number in ((old, new, "05321000001"), (new, old, "05321000002")):
        bring(first, number)
        bring(second, number)

    assert set(people(new).values()) == {1} and len(people(new)) == 4


def test_what_the_old_process_still_makes_while_keys_turn_is_turned_the_next_time(old_days, start):
    new = start(2, 1)
    turn(new)
    bring(old_days, "05321000001")

    changed = turn(new)

    assert changed["recipient.address"] == 1
    assert is_found(start(2), "0532 100 00 01")


def test_keys_turn_a_second_time_too(old_days, start):
    before = opened(old_days)
    turn(start(2, 1))
    turn(start(3, 2))
    app = start(3)

    bring(app, make.PHONE)

    assert opened(app)["recipient.address"] == before["recipient.address"]
    assert people(app) == {make.PHONE: 1, make.EMAIL: 1}
