"""The pages of people: an invitation goes out, a role counts on the next request, and the page tells nothing it need
not."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Mail, MailKind, Membership, OneTimeLink, Provider, Role, SignIn, User
from portal.domain.identity import accounts
from portal.domain.notifications import mails
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

BURAK = "burak@example.com"


@pytest.fixture
def burak(app, ayse):
    """Burak, a colleague; his membership's id."""
    return joins(app, BURAK, Role.AGENT)


def joins(app, email: str, role: Role) -> int:
    with app.app_context():
        user = make.person(db.session.scalar(select(Provider)), email, role, name="Burak")
        return db.session.scalar(select(Membership.id).where(Membership.user_id == user.id))


def mailed(app, rows, kind: MailKind) -> list[tuple[str, dict]]:
    """(address, facts) of each mail of a kind."""
    with app.app_context():
        return [
            (mails.read_address(vault(), mail), mails.read_facts(vault(), mail))
            for mail in rows(Mail, Mail.kind == kind)
        ]


def acts(rows) -> list[str]:
    return [entry.act for entry in rows(AuditEntry) if entry.act.startswith(("person.", "invitation."))]


def invites(ayse, email=BURAK, role=Role.MANAGER):
    return ayse.posts("/dashboard/people/invite", {"email": email, "role": role.value})


def test_an_invitation_goes_out_by_mail(app, ayse, rows):
    answer = invites(ayse)

    ((to, said),) = mailed(app, rows, MailKind.INVITATION)
    assert answer.status_code == 303
    assert to == BURAK
    assert said["link"].startswith("http://localhost:8000/invitation/")
    assert acts(rows) == ["person.invited"]


@pytest.mark.parametrize("is_admitted", [True, False])
def test_an_invitation_holds_no_words_of_who_sends_it(app, ayse, rows, is_admitted):
    """Addresses hold sentences, too; before admission the firm's title may be anybody's."""
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=clock.now() if is_admitted else None))
        db.session.execute(update(User).values(name="0850 111 22 33 arayın"))
        db.session.commit()

    invites(ayse)

    ((_, said),) = mailed(app, rows, MailKind.INVITATION)
    page = app.test_client().get(urlsplit(said["link"]).path).text
    assert said["address"] == "a•••@e•••.com" and "a•••@e•••.com" in page
    assert make.AYSE not in page and BURAK not in page and "b•••@e•••.com" in page
    assert "0850 111 22 33" not in page and ("Örnek Mağazacılık" in page) == is_admitted


def test_the_list_shows_people_masked_and_invitations_by_the_address_that_was_typed(ayse, burak):
    invites(ayse, "cem@example.com")

    page = ayse.opens("/dashboard/people").text
    assert "b•••@e•••.com" in page and "<strong>cem@example.com</strong>" in page
    assert BURAK not in page


def test_inviting_somebody_known_looks_like_inviting_a_stranger(app, ayse, burak):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")

    told = set()
    for email in (BURAK, "cem@example.com", "nobody@example.com"):
        answer = invites(ayse, email)
        told.add((answer.status_code, answer.location, ayse.opens("/dashboard/people").text.count("Davet gönderildi")))

    assert told == {(303, "/dashboard/people", 1)}


@pytest.mark.parametrize(
    "data", [{"email": "", "role": "agent"}, {"email": "x", "role": "agent"}, {"email": BURAK, "role": "admin"},
             {"email": BURAK}]
)  # fmt: skip
def test_a_wrong_invitation_comes_back_with_its_words(ayse, rows, data):
    answer = ayse.posts("/dashboard/people/invite", data)

    assert answer.status_code == 422
    assert not data["email"] or f'value="{data["email"]}"' in answer.text
    assert rows.count(OneTimeLink) == 0


def test_no_request_chooses_the_provider_or_who_invites(app, ayse, rows):
    with app.app_context():
        other = make.provider(700002, 700002, "cem@example.com").id
    ayse.posts(
        "/dashboard/people/invite",
        {"email": BURAK, "role": "agent", "invites_to": other, "operator_role": "admin", "made_by": 1},
    )

    invitation = rows.one(OneTimeLink)
    assert (invitation.invites_to != other, invitation.operator_role) == (True, None)


def test_resending_closes_the_former_link(app, ayse, rows):
    invites(ayse)
    former = rows.one(OneTimeLink)
    ayse.posts(f"/dashboard/people/invitations/{former.id}/resend")

    (old, new) = rows(OneTimeLink)
    assert (old.revoked_at is None, new.revoked_at, new.role) == (False, None, Role.MANAGER)
    assert [to for to, _ in mailed(app, rows, MailKind.INVITATION)] == [BURAK, BURAK]


def test_a_revoked_invitation_leaves_the_list(ayse, rows):
    invites(ayse)
    ayse.posts(f"/dashboard/people/invitations/{rows.one(OneTimeLink).id}/revoke")

    assert "Bekleyen davetler" not in ayse.opens("/dashboard/people").text
    assert acts(rows) == ["person.invited", "invitation.revoked"]


def test_a_role_counts_on_the_next_request_of_an_open_session(app, ayse, burak):
    colleague = signed_in(app, BURAK)
    assert colleague.opens("/dashboard/people").status_code == 403

    ayse.posts(f"/dashboard/people/{burak}/role", {"role": "owner"})
    assert colleague.opens("/dashboard/people").status_code == 200

    ayse.posts(f"/dashboard/people/{burak}/role", {"role": "auditor"})
    assert colleague.opens("/dashboard/people").status_code == 403


@pytest.mark.parametrize(("act", "told"), [("suspend", "erişiminizi askıya aldı"), ("remove", "hiçbir firmaya üye")])
def test_who_is_suspended_or_removed_is_out_on_the_next_request_and_told_so(app, ayse, burak, act, told):
    colleague = signed_in(app, BURAK)
    assert colleague.opens("/dashboard/").status_code == 200

    assert ayse.posts(f"/dashboard/people/{burak}/{act}").status_code == 303
    assert colleague.opens("/dashboard/").location == "/account/providers"
    assert told in colleague.opens("/account/providers").text


def test_who_is_resumed_comes_in_again(app, ayse, burak):
    colleague = signed_in(app, BURAK)
    for act in ("suspend", "resume"):
        ayse.posts(f"/dashboard/people/{burak}/{act}")

    assert colleague.opens("/dashboard/").status_code == 200


def test_an_owner_ends_a_colleagues_sessions_here_and_not_those_at_other_providers(app, ayse, burak, rows):
    here, elsewhere = signed_in(app, BURAK), signed_in(app, BURAK)
    of_burak = rows.one(Membership, Membership.id == burak).user_id
    with app.app_context():
        newest = db.session.scalar(select(func.max(SignIn.id)).where(SignIn.user_id == of_burak))
        db.session.execute(update(SignIn).where(SignIn.id == newest).values(current_provider_id=1))
        db.session.commit()

    assert ayse.posts(f"/dashboard/people/{burak}/sessions/end").status_code == 303

    assert here.opens("/account/").status_code == 302
    assert elsewhere.opens("/account/").status_code == 200
    assert ayse.opens("/dashboard/").status_code == 200
    entry = rows.one(AuditEntry, AuditEntry.act == "sessions.ended")
    assert (entry.subject, entry.subject_id, entry.facts) == ("membership", burak, {"count": 1})


def test_all_owners_hear_of_a_new_owner(app, ayse, burak, rows):
    ayse.posts(f"/dashboard/people/{burak}/role", {"role": "owner"})

    told = mailed(app, rows, MailKind.NEW_OWNER)
    assert {to for to, _ in told} == {make.AYSE, BURAK}
    assert {(said["owner"], said["by"]) for _, said in told} == {("Burak", "Ayşe")}


def test_the_only_owner_cannot_change_herself(app, ayse, rows):
    mine = rows.one(Membership).id
    for act, data in (("role", {"role": "agent"}), ("suspend", {}), ("remove", {})):
        answer = ayse.posts(f"/dashboard/people/{mine}/{act}", data)
        assert answer.status_code == 303
        assert "Kendi rolünüzü ve durumunuzu değiştiremezsiniz" in ayse.opens("/dashboard/people").text

    assert rows.one(Membership).is_open and rows.one(Membership).role == Role.OWNER
    assert acts(rows) == []


@pytest.mark.parametrize("path", ["/dashboard/people/invite", "/dashboard/people/{burak}"])
def test_changing_people_asks_for_a_factor_shown_lately(app, ayse, burak, path):
    path = path.format(burak=burak)
    with app.app_context():
        db.session.execute(update(SignIn).values(stepped_up_at=clock.now() - timedelta(minutes=11)))
        db.session.commit()

    assert ayse.opens("/dashboard/people").status_code == 200
    assert ayse.opens(path).location.startswith("/step-up")
    assert ayse.posts(path).status_code in (307, 405)


def test_an_invitation_that_ran_out_may_be_sent_again(ayse, rows):
    invites(ayse)
    with time_machine.travel(clock.now() + timedelta(days=8)):
        later = signed_in(ayse.browser.application)
        assert "Süresi doldu" in later.opens("/dashboard/people").text
        later.posts(f"/dashboard/people/invitations/{rows.one(OneTimeLink).id}/resend")

    assert len(rows(OneTimeLink)) == 2


def test_each_role_is_explained_by_what_it_may_do(ayse):
    page = ayse.opens("/dashboard/people/invite").text

    assert page.count("Kişileri, rolleri ve ağları belirler") == 1
    assert page.count("Alıcı arar; adresler maskelidir") == 4


def test_every_permission_at_a_provider_has_a_label():
    from portal.domain.identity.members import ChangeNotAllowed
    from portal.domain.identity.permissions import ROLE_PERMISSIONS
    from portal.web.dashboard.team.members import ERROR_MESSAGES, PERMISSION_LABELS

    assert set(PERMISSION_LABELS) == frozenset.union(*ROLE_PERMISSIONS.values())
    assert set(ERROR_MESSAGES) == set(ChangeNotAllowed.__subclasses__())


def test_no_address_stands_in_the_audit(app, ayse, burak, rows):
    invites(ayse)
    ayse.posts(f"/dashboard/people/{burak}/role", {"role": "manager"})

    assert not [entry for entry in rows(AuditEntry) if "@" in str(entry.facts)]


def test_a_colleague_of_two_providers_is_suspended_at_one(app, ayse, burak):
    with app.app_context():
        other = make.provider(700002, 700002, "cem@example.com")
        user = accounts.find_user(db.session, vault(), BURAK)
        accounts.add_membership(db.session, user, other.id, Role.MANAGER, clock.now())
        other_id = other.id
        db.session.commit()
    colleague = signed_in(app, BURAK)
    ayse.posts(f"/dashboard/people/{burak}/suspend")

    page = colleague.opens("/account/providers").text
    assert str(other_id) in page
