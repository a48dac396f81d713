"""Where a test message may go: to addresses of the team's own."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.core import addresses
from portal.core.addresses import AddressKind
from portal.core.extensions import read_session, vault
from portal.core.models import User
from portal.domain.identity import accounts
from portal.services.messaging import trial_addresses
from portal.web.shared.forms import BaseForm
from portal.web.shared.validators import READABLE

MINE = "mine"  # The address that the person signs in with.


class GatewayTestForm(BaseForm):
    address: Any
    own: dict[str, str] | None = None  # By choice; None where the operator's people type an address.

    def destination(self) -> str:
        return addresses.parse(self.address.data).text if self.own is None else self.own[self.address.data]

    def validate_address(self, field: Any) -> None:
        if self.own is not None:
            return
        try:
            is_mobile = addresses.parse(field.data).takes_messages
        except addresses.BadAddress as bad:
            field.errors = [f"{_(bad.problem.sentence)} {_(bad.problem.cure)}"]
            is_mobile = True
        if not is_mobile:
            field.errors = [_("Bu adrese ileti gitmez.")]


def build_test_form(kind: AddressKind | None, provider_id: int | None) -> GatewayTestForm:
    """Choose among one's own mailbox and what the team has proved (`kind` None: of both); the operator's people type a
    phone number."""
    own = None if provider_id is None and kind == AddressKind.PHONE else _own_addresses(kind, provider_id)
    if own is None:
        validators = [InputRequired(_("Bir numara yazın.")), Length(max=40), READABLE]
        field: Any = StringField(_l("Telefon"), validators=validators)
    else:
        choices = [SelectChoice(name, addresses.mask(text)) for name, text in own.items()]
        field = SelectField(_l("Adres"), choices=choices)
    form: GatewayTestForm = type("TestForm", (GatewayTestForm,), {"address": field})()
    form.own = own
    return form


def _own_addresses(kind: AddressKind | None, provider_id: int | None) -> dict[str, str]:
    found: dict[str, str] = {}
    if kind != AddressKind.PHONE:
        person = read_session().get_one(User, current_user.id)
        found[MINE] = accounts.email_of(vault(), person)
    proved = trial_addresses.find_usable(read_session(), vault(), provider_id) if provider_id else {}
    for proof, address in proved.items():
        if kind in (None, address.kind):
            found[str(proof.id)] = address.text
    return found
