"""The pages of people, invitations and networks, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.models import OperatorRole, Role
from portal.web.dashboard.team.invitations import InvitationForm
from portal.web.dashboard.team.members import RoleForm
from portal.web.dashboard.team.networks import NetworkForm
from portal.web.dashboard.team.roles import explained
from portal.web.signin.invitation import NewcomerForm

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)


def _member(number: int, role: Role, suspended_at=None, seen_at=AT):
    membership = Thing(id=number, role=role, suspended_at=suspended_at, created_at=AT)
    return Thing(membership=membership, user=Thing(id=number, name=f"Kişi {number}"), seen_at=seen_at), "a•••@e•••.com"


def _people(**other) -> dict:
    members = [_member(1, Role.OWNER), _member(2, Role.AGENT, suspended_at=AT), _member(3, Role.AUDITOR, seen_at=None)]
    invited = Thing(id=1, role=Role.MANAGER, expires_at=AT)
    return {
        "members": members, "me": 1, "roles": explained(),
        "invitations": [(invited, "b•••@e•••.com", True), (Thing(**vars(invited) | {"id": 2}), "c•••@e•••.com", False)],
    } | other  # fmt: skip


def _person(suspended_at=None, is_me=False) -> dict:
    return {
        "membership": _member(2, Role.AGENT, suspended_at)[0].membership, "name": "Burak", "address": "b•••@e•••.com",
        "form": RoleForm(giver=Role.OWNER), "roles": explained(), "is_me": is_me,
    }  # fmt: skip


def _wrong(form):
    form.validate()
    return form


def _invitation(**other) -> dict:
    return {
        "form": NewcomerForm(), "place": "Örnek Mağazacılık A.Ş.", "role": Role.MANAGER, "by": "Ayşe", "until": AT,
        "email": "burak@example.com", "signed_in": None, "is_me": False, "has_account": False,
    } | other  # fmt: skip


OF_PEOPLE = {
    ("dashboard/team/members.html", ""): _people,
    ("dashboard/team/members.html", "at first"): lambda: _people(invitations=[]),
    ("dashboard/team/member.html", ""): _person,
    ("dashboard/team/member.html", "suspended"): lambda: _person(suspended_at=AT),
    ("dashboard/team/member.html", "oneself"): lambda: _person(is_me=True),
    ("dashboard/team/invitation.html", ""): lambda: {
        "form": InvitationForm(formdata=None, giver=Role.OWNER), "roles": explained()
    },
    ("dashboard/team/invitation.html", "wrong"): lambda: {
        "form": _wrong(InvitationForm(formdata=None, giver=Role.OWNER)), "roles": explained()
    },
    ("dashboard/team/networks.html", ""): lambda: {
        "form": NetworkForm(), "address": "203.0.113.7",
        "networks": [Thing(id=1, cidr="203.0.113.0/24", note="Merkez", created_at=AT)],
    },
    ("dashboard/team/networks.html", "wrong"): lambda: {
        "form": _wrong(NetworkForm()), "address": "2001:db8::1", "networks": []
    },
    ("signin/invitation.html", "newcomer"): _invitation,
    ("signin/invitation.html", "wrong"): lambda: _invitation(form=_wrong(NewcomerForm())),
    ("signin/invitation.html", "has an account"): lambda: _invitation(has_account=True),
    ("signin/invitation.html", "mine"): lambda: _invitation(signed_in="Burak", is_me=True, has_account=True),
    ("signin/invitation.html", "somebody else's"): lambda: _invitation(signed_in="Cem", place=None,
                                                                      role=OperatorRole.SUPPORT),
    ("signin/invitation_over.html", ""): dict,
}  # fmt: skip
