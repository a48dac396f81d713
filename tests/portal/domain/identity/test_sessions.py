"""Sessions as rows: what opens them, what ends them, and what one may do in them."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import OperatorRole, Role, SessionEnd, SignIn, SignInMethod
from portal.domain.identity import accounts, sessions
from portal.domain.identity.permissions import Permission
from portal.domain.identity.sessions import IDLE, LIFETIME, STEP_UP
from tests import make

AT = clock.now()
AGENT = "a browser"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield
        db.session.rollback()


@pytest.fixture
def provider():
    return make.provider(email="burak@example.com")


@pytest.fixture
def ayse(provider):
    return make.person(provider, make.AYSE)


def begin(user, at=AT, device: bytes | None = None, address: str = "203.0.113.7"):
    facts = {"by": SignInMethod.TOTP, "address": address, "agent": AGENT, "device_digest": device, "at": at}
    return sessions.begin_session(db.session, vault(), user, **facts)


def of(text: str, at=AT, agent: str = AGENT):
    return sessions.find_session(db.session, text, agent, at)


def test_a_cookie_leads_to_its_person(ayse, provider):
    began = begin(ayse)

    found = of(began.get_id())

    assert (found.id, found.name, found.provider_id) == (ayse.id, "Ayşe", provider.id)
    assert found.get_id() == began.get_id()


@pytest.mark.parametrize("text", ["", ".", "1", "x.y", "-1.x", "9" * 40 + ".x", "٣.x", f"{2**63}.x", "1.\0"])
def test_nonsense_leads_to_nobody(ayse, text):
    assert of(text) is None
    assert sessions.find_ending(db.session, text, AT) is None


def test_another_token_leads_to_nobody(ayse):
    first, second = begin(ayse), begin(ayse)

    assert of(f"{first.sign_in.id}.{second.token}") is None
    assert of(f"{first.sign_in.id}.") is None


def test_a_cookie_in_another_browser_leads_to_nobody(ayse):
    assert of(begin(ayse).get_id(), agent="another browser") is None


def test_only_digest_and_sealed_address_are_kept(ayse):
    began = begin(ayse)

    row = db.session.get(SignIn, began.sign_in.id)
    assert began.token.encode() not in row.token_digest
    assert b"203.0.113.7" not in row.address
    assert vault().read(row.address, SignIn.PLACE, 0, row.id) == "203.0.113.7"


@pytest.mark.parametrize(
    ("later", "ending"), [(IDLE, None), (IDLE + SECOND, SessionEnd.IDLE), (LIFETIME + SECOND, SessionEnd.TOO_OLD)]
)
def test_time_ends_a_session(ayse, later, ending):
    text = begin(ayse).get_id()

    assert (of(text, AT + later) is None) == (ending is not None)
    assert sessions.find_ending(db.session, text, AT + later) == ending


def test_who_is_seen_stays_but_not_beyond_the_lifetime(ayse):
    began, at = begin(ayse), AT
    while at < AT + LIFETIME:
        assert of(began.get_id(), at)
        sessions.record_activity(db.session, began.sign_in, at)
        at += IDLE

    assert of(began.get_id(), AT + LIFETIME + SECOND) is None


def test_seeing_somebody_twice_within_a_minute_writes_once(ayse):
    began = begin(ayse)

    assert not sessions.record_activity(db.session, began.sign_in, AT + timedelta(seconds=59))
    assert sessions.record_activity(db.session, began.sign_in, AT + timedelta(seconds=60))


def test_beginning_anew_writes_down_what_time_ended(ayse):
    idle, old, open_one = begin(ayse), begin(ayse, AT - LIFETIME), begin(ayse, AT + IDLE)
    db.session.get(SignIn, old.sign_in.id).seen_at = AT

    begin(ayse, AT + IDLE + SECOND)

    endings = [db.session.get(SignIn, each.sign_in.id).ending for each in (idle, old, open_one)]
    assert endings == [SessionEnd.IDLE, SessionEnd.TOO_OLD, None]
    assert db.session.get(SignIn, old.sign_in.id).ended_at == AT


def test_sessions_end_all_one_or_all_but_one(ayse):
    one, two, three = (begin(ayse) for _ in range(3))

    assert sessions.end_sessions(db.session, ayse.id, SessionEnd.REVOKED, AT, only=one.sign_in.id) == 1
    assert [bool(of(each.get_id())) for each in (one, two, three)] == [False, True, True]
    assert sessions.end_sessions(db.session, ayse.id, SessionEnd.CHANGED, AT, but=three.sign_in.id) == 1
    assert [bool(of(each.get_id())) for each in (one, two, three)] == [False, False, True]
    assert sessions.end_sessions(db.session, ayse.id, SessionEnd.REVOKED, AT) == 1
    assert of(three.get_id()) is None
    assert sessions.find_ending(db.session, two.get_id(), AT) == SessionEnd.CHANGED


def test_nobody_ends_the_sessions_of_somebody_else(ayse, provider):
    burak = make.person(provider, "burak2@example.com")
    mine = begin(ayse)

    assert sessions.end_sessions(db.session, burak.id, SessionEnd.REVOKED, AT, only=mine.sign_in.id) == 0
    assert of(mine.get_id())


def test_closing_a_person_ends_their_session(ayse):
    text = begin(ayse).get_id()
    ayse.closed_at = AT

    assert of(text) is None


@pytest.mark.parametrize("ends", ["suspended_at", "ended_at"])
def test_a_membership_that_ends_takes_its_powers_on_the_next_request(ayse, provider, ends):
    text = begin(ayse).get_id()
    membership = accounts.add_membership(db.session, ayse, provider.id, Role.OWNER, AT)
    assert of(text).may_at_provider(Permission.LOOK)

    setattr(membership, ends, AT)
    db.session.flush()

    assert of(text).provider is None
    assert not of(text).may_at_provider(Permission.LOOK)


def test_another_role_counts_on_the_next_request(ayse, provider):
    text = begin(ayse).get_id()
    assert of(text).may_at_provider(Permission.PEOPLE)

    accounts.add_membership(db.session, ayse, provider.id, Role.AUDITOR, AT)

    assert not of(text).may_at_provider(Permission.PEOPLE)
    assert of(text).may_at_provider(Permission.AUDIT)


def test_a_suspended_provider_leaves_reading_and_refusing(ayse, provider):
    text = begin(ayse).get_id()
    provider.suspended_at = AT
    db.session.flush()

    assert of(text).may_at_provider(Permission.REFUSE) and not of(text).may_at_provider(Permission.LAUNCH)


def test_the_operators_powers_are_no_providers(ayse):
    derya = make.staff("derya@example.com", OperatorRole.ADMIN)
    found = of(begin(derya).get_id())

    assert found.may_at_operator(Permission.REVIEW)
    assert not found.may_at_provider(Permission.AUDIT)


def test_who_belongs_to_several_providers_chooses_first(ayse, provider):
    other = make.provider(700002, 700002, "cem@example.com")
    accounts.add_membership(db.session, ayse, other.id, Role.AGENT, AT)
    text = begin(ayse).get_id()
    assert of(text).provider is None

    assert sessions.switch_provider(db.session, of(text), other.id)

    assert of(text).provider_id == other.id
    assert of(text).may_at_provider(Permission.REFUSE) and not of(text).may_at_provider(Permission.LAUNCH)


def test_nobody_works_for_a_provider_they_do_not_belong_to(ayse):
    other = make.provider(700002, 700002, "cem@example.com")
    text = begin(ayse).get_id()

    assert not sessions.switch_provider(db.session, of(text), other.id)
    assert of(text).provider_id != other.id


def test_a_proof_counts_for_ten_minutes(ayse):
    text = begin(ayse).get_id()
    assert of(text).is_stepped_up(AT + STEP_UP - SECOND)
    assert not of(text).is_stepped_up(AT + STEP_UP)
    assert not of(text).is_stepped_up(AT - SECOND)

    renewed = sessions.step_up(db.session, of(text), AT + STEP_UP)

    assert of(renewed.get_id()).is_stepped_up(AT + STEP_UP + SECOND)


def test_a_proof_gives_the_session_another_token_and_the_old_one_opens_nothing(ayse):
    text = begin(ayse).get_id()

    renewed = sessions.step_up(db.session, of(text), AT)

    assert renewed.get_id() != text and renewed.sign_in.id == of(renewed.get_id()).sign_in.id
    assert of(text) is None


def test_who_steps_up_by_a_token_that_was_replaced_meanwhile_gets_none(ayse):
    text = begin(ayse).get_id()
    first, second = of(text), of(text)

    renewed, late = sessions.step_up(db.session, first, AT), sessions.step_up(db.session, second, AT)

    assert of(renewed.get_id()) and of(late.get_id()) is None


def test_a_providers_sessions_are_those_not_spent_on_others(ayse, provider):
    here, elsewhere, nowhere = (begin(ayse) for _ in range(3))
    elsewhere.sign_in.current_provider_id, nowhere.sign_in.current_provider_id = provider.id + 1, None
    db.session.flush()

    assert sessions.end_sessions(db.session, ayse.id, SessionEnd.REVOKED, AT, at_provider=provider.id) == 2
    assert of(elsewhere.get_id()) and not of(here.get_id()) and not of(nowhere.get_id())


def test_a_browser_is_known_to_who_came_in_by_it(ayse, provider):
    burak = make.person(provider, "burak2@example.com")
    assert not sessions.has_signed_in(db.session, ayse.id)

    begin(ayse, device=b"d" * 32)

    assert sessions.has_signed_in(db.session, ayse.id) and not sessions.has_signed_in(db.session, burak.id)
    assert sessions.has_used_device(db.session, ayse.id, b"d" * 32)
    assert not sessions.has_used_device(db.session, ayse.id, b"e" * 32)
    assert not sessions.has_used_device(db.session, burak.id, b"d" * 32)
