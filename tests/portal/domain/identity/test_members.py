"""Who may change whom: one owner stays, nobody changes themselves, and a role counts as long as it is held."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind, Membership, OneTimeLink, OperatorRole, Role, User
from portal.domain.identity import accounts, members, one_time_links
from portal.domain.notifications import mails
from tests import make

pytestmark = pytest.mark.alike

BURAK, CEM = "burak@example.com", "cem@example.com"


@pytest.fixture(autouse=True)
def context(app):
    with app.app_context():
        yield
        db.session.rollback()


@pytest.fixture
def firm():
    return make.provider()


def of(firm, email=make.AYSE) -> Membership:
    user = accounts.find_user(db.session, vault(), email)
    return db.session.scalar(select(Membership).where(Membership.user_id == user.id, Membership.provider_id == firm.id))


def joins(firm, email=BURAK, role=Role.AGENT) -> Membership:
    make.person(firm, email, role)
    return of(firm, email)


def invited(firm, email=BURAK, role=Role.AGENT, by=None, at=None) -> OneTimeLink:
    return members.invite(
        db.session, vault(), firm, by or of(firm), email=email, role=role, language="tr", link="https://x/{}".format,
        at=at or clock.now(),
    )  # fmt: skip


def newcomer(email=BURAK) -> User:
    return accounts.create_user(
        db.session, vault(), email=email, name="Burak", password=make.AYSES_PASSWORD, at=clock.now()
    )


def test_an_invitation_is_a_ticket_and_a_mail(firm):
    ticket = invited(firm)

    mail = db.session.scalar(select(Mail))
    said = mails.read_facts(vault(), mail)
    assert mails.read_address(vault(), mail) == one_time_links.email_of(vault(), ticket) == BURAK
    assert (said["place"], said["role"], said["address"]) == (firm.title, "agent", "a•••@e•••.com")
    assert ticket.expires_at - ticket.created_at == timedelta(days=7)


def test_who_accepts_belongs_with_the_role(firm):
    ticket = invited(firm, role=Role.MANAGER)

    assert members.accept_invitation(db.session, ticket, newcomer(), clock.now())
    assert (of(firm, BURAK).role, of(firm, BURAK).is_open) == (Role.MANAGER, True)


def test_an_invitation_is_accepted_once(firm):
    ticket = invited(firm)
    members.accept_invitation(db.session, ticket, newcomer(), clock.now())

    with pytest.raises(members.InvitationExpired):
        members.accept_invitation(db.session, ticket, newcomer(CEM), clock.now())


def test_an_invitation_changes_nothing_for_who_belongs_already(firm):
    joins(firm, role=Role.OWNER)
    ticket = invited(firm, role=Role.AGENT)

    assert not members.accept_invitation(
        db.session, ticket, accounts.find_user(db.session, vault(), BURAK), clock.now()
    )
    assert of(firm, BURAK).role == Role.OWNER


def test_an_older_invitation_undoes_no_suspension(firm):
    burak, at = joins(firm), clock.now()
    ticket = invited(firm, role=Role.OWNER, at=at)
    members.suspend(db.session, burak, of(firm), at + timedelta(seconds=1))

    members.accept_invitation(db.session, ticket, db.session.get(User, burak.user_id), at + timedelta(minutes=1))

    assert not of(firm, BURAK).is_open


def test_a_removal_revokes_the_invitations_of_who_is_removed(firm):
    burak, at = joins(firm), clock.now()
    other = make.provider(700002, 700002, "derya@example.com")
    theirs = [invited(firm, email, Role.OWNER, at=at) for email in (BURAK, " Burak@Example.com")]
    others = [invited(firm, CEM), invited(other, by=of(other, "derya@example.com"))]
    damaged = invited(firm)
    damaged.email = b"damaged"
    members.remove(db.session, vault(), burak, of(firm), at + timedelta(seconds=1))

    with pytest.raises(members.InvitationExpired):
        members.accept_invitation(db.session, theirs[0], db.session.get(User, burak.user_id), at + timedelta(minutes=1))
    assert not of(firm, BURAK).is_open
    db.session.expire_all()
    assert all(each.revoked_at for each in theirs) and not any(each.revoked_at for each in (*others, damaged))


def test_who_was_removed_comes_back_by_a_newer_invitation(firm):
    burak, at = joins(firm, role=Role.OWNER), clock.now()
    members.remove(db.session, vault(), burak, of(firm), at)
    ticket = invited(firm, role=Role.AUDITOR, at=at + timedelta(days=1))

    assert members.accept_invitation(db.session, ticket, db.session.get(User, burak.user_id), at + timedelta(days=2))
    assert (of(firm, BURAK).role, of(firm, BURAK).is_open) == (Role.AUDITOR, True)


@pytest.mark.parametrize("loss", ["suspended", "lowered", "removed"])
def test_an_invitation_holds_as_long_as_who_sent_it_may_send_one(firm, loss):
    burak = joins(firm, role=Role.OWNER)
    ticket = invited(firm, CEM, by=burak)
    assert members.is_invitation_valid(db.session, ticket)

    if loss == "lowered":
        members.change_role(db.session, burak, Role.MANAGER, of(firm))
    elif loss == "suspended":
        members.suspend(db.session, burak, of(firm), clock.now())
    else:
        members.remove(db.session, vault(), burak, of(firm), clock.now())

    assert not members.is_invitation_valid(db.session, ticket)
    with pytest.raises(members.InvitationExpired):
        members.accept_invitation(db.session, ticket, newcomer(CEM), clock.now())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_only_owners_invite(firm, role):
    burak = joins(firm, role=role)

    with pytest.raises(members.RoleTooHigh):
        invited(firm, CEM, Role.AGENT, by=burak)


@pytest.mark.slow
def test_a_provider_has_so_many_invitations_out(firm):
    for number in range(members.MOST_INVITATIONS):
        invited(firm, f"somebody{number}@example.com")

    with pytest.raises(members.TooManyInvitations):
        invited(firm)
    assert invited(firm, at=clock.now() + members.LIFETIME)  # By then they have all run out.


def test_a_revoked_invitation_is_listed_no_more_and_opens_nothing(firm):
    ticket = invited(firm)

    assert members.revoke_invitation(db.session, firm.id, ticket.id, clock.now()).id == ticket.id
    assert members.list_invitations(db.session, firm.id, clock.now()) == []
    assert members.revoke_invitation(db.session, firm.id, ticket.id, clock.now()) is None


def test_another_providers_invitation_is_not_revoked(firm):
    other = make.provider(700002, 700002, CEM)
    ticket = invited(firm)

    assert members.revoke_invitation(db.session, other.id, ticket.id, clock.now()) is None
    assert members.revoke_invitation(db.session, None, ticket.id, clock.now()) is None


CHANGES = {
    "change_role": lambda whom, by: members.change_role(db.session, whom, Role.AGENT, by),
    "suspend": lambda whom, by: members.suspend(db.session, whom, by, clock.now()),
    "remove": lambda whom, by: members.remove(db.session, vault(), whom, by, clock.now()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_themselves(firm, change):
    joins(firm, role=Role.OWNER)

    with pytest.raises(members.OwnMembership):
        CHANGES[change](of(firm), of(firm))


@pytest.mark.parametrize("change", CHANGES)
def test_one_owner_who_can_come_in_always_stays(firm, change):
    """Burak is an owner, too, when he asks; but Ayşe took that from him while he asked."""
    burak = joins(firm, role=Role.OWNER)
    db.session.expunge(burak)
    members.suspend(db.session, of(firm, BURAK), of(firm), clock.now())

    with pytest.raises(members.LastOwner):
        CHANGES[change](of(firm), burak)


@pytest.mark.parametrize("change", CHANGES)
def test_an_owner_takes_another_owners_place(firm, change):
    burak = joins(firm, role=Role.OWNER)
    CHANGES[change](of(firm), burak)

    assert of(firm).role != Role.OWNER or not of(firm).is_open


def test_a_closed_account_is_no_owner_who_can_come_in(firm):
    burak = joins(firm, role=Role.OWNER)
    db.session.get_one(User, of(firm).user_id).closed_at = clock.now()
    db.session.flush()
    third = joins(firm, CEM, Role.OWNER)
    members.remove(db.session, vault(), burak, third, clock.now())

    with pytest.raises(members.LastOwner):
        members.remove(db.session, vault(), third, of(firm), clock.now())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_who_is_no_owner_changes_nobody(firm, role):
    burak, cem = joins(firm, role=role), joins(firm, CEM)

    for change in CHANGES.values():
        with pytest.raises(members.RoleTooHigh):
            change(cem, burak)


def test_suspending_and_resuming_twice_changes_nothing_more(firm):
    burak, at = joins(firm), clock.now()

    assert members.suspend(db.session, burak, of(firm), at)
    assert not members.suspend(db.session, burak, of(firm), at + timedelta(days=1))
    assert burak.suspended_at == at
    assert members.resume(db.session, burak, of(firm))
    assert not members.resume(db.session, burak, of(firm))


def test_the_list_knows_colleagues_and_nobody_else(firm):
    joins(firm)
    make.provider(700002, 700002, CEM)
    gone = joins(firm, "derya@example.com")
    members.remove(db.session, vault(), gone, of(firm), clock.now())

    listed = members.list_members(db.session, firm.id)
    assert {accounts.email_of(vault(), each.User) for each in listed} == {make.AYSE, BURAK}
    assert members.find_member(db.session, firm.id, gone.id) is None


def test_all_owners_hear_of_another(firm):
    burak = joins(firm, role=Role.OWNER)
    joins(firm, CEM, Role.MANAGER)
    members.mail_new_owner(
        db.session, vault(), firm, db.session.get(User, burak.user_id), "Ayşe", link="x", at=clock.now()
    )

    told = db.session.scalars(select(Mail).where(Mail.kind == MailKind.NEW_OWNER))
    assert {mails.read_address(vault(), mail) for mail in told} == {make.AYSE, BURAK}


def staff_invited(role=OperatorRole.SUPPORT, by=OperatorRole.ADMIN):
    derya = make.staff("derya@example.com", by)
    options = {"email": BURAK, "role": role, "language": "tr", "link": "https://x/{}".format, "at": clock.now()}
    return derya, members.invite_staff(db.session, vault(), derya, **options)


def test_the_operators_people_are_invited_by_an_admin():
    _, ticket = staff_invited()
    burak = newcomer()

    assert members.accept_invitation(db.session, ticket, burak, clock.now())
    assert burak.operator_role == OperatorRole.SUPPORT
    assert members.list_invitations(db.session, None, clock.now()) == []


def test_support_invites_nobody():
    with pytest.raises(members.RoleTooHigh):
        staff_invited(by=OperatorRole.SUPPORT)


def test_an_admins_invitation_ends_with_the_admin():
    derya, ticket = staff_invited()
    derya.closed_at = clock.now()
    db.session.flush()

    assert not members.is_invitation_valid(db.session, ticket)
