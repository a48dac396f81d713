"""Audit entries as people read them, in a list or a file, and the form that filters them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from portal.core import models
from portal.core.addresses import HIDDEN, redact_addresses
from portal.core.ids import LARGEST_ID
from portal.core.iys_protocol import Channel
from portal.core.vault import CannotOpen, Vault
from portal.domain.audit.queries import ActorKind, EntryFilter
from portal.services.exports import ExportKind
from portal.services.imports.audience_filter import FilterKind
from portal.services.imports.unread import MarkKind
from portal.web.shared import user_agents
from portal.web.shared.audit_labels import ACT_LABELS, FACT_LABELS, SUBJECT_LABELS, audit_label
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import LABELS_BY_TYPE

# Facts whose values are enum members, by the possible enums.
FACT_ENUMS = {
    "by": (models.SignInMethod, models.ReceivedVia),
    "channel": (Channel,),
    "channels": (Channel,),
    "closing": (models.Closing,),
    "filter": (FilterKind,),
    "unread": (MarkKind,),
    "finding": (models.Finding,),
    "former": (models.Role, models.OperatorRole),
    "kind": (
        models.OrderKind,
        models.CampaignKind,
        models.CredentialKind,
        models.PaperKind,
        ExportKind,
        models.ComplaintKind,
    ),
    "legal_form": (models.LegalForm,),
    "outcome": (models.Outcome,),
    "role": (models.Role, models.OperatorRole),
    "settlement": (models.Settlement,),
}
EMPTY_VALUES: tuple[Any, ...] = (None, "", [])
NO_PROVIDER = 0  # A session's address is encrypted for no provider.
HARMLESS_TEXT = re.compile(
    r"\d{4}-\d\d-\d\d(T\S*)?|[0-9a-f]{32,}|(?=\S*[.:])[0-9a-f.:]+/\d{1,3}"
)  # Day, digest, network.
FIRST_DAY, LAST_DAY = date(2015, 1, 1), date(2100, 1, 1)  # The earliest consents are of 2015.
ACTOR_LABELS = {
    ActorKind.RECIPIENTS: _l("Alıcılar"),
    ActorKind.SYSTEM: _l("İzinlink, kendiliğinden"),
    ActorKind.OPERATOR: _l("İş ortağı"),
}


def check_day(_form: BaseForm, field: DateField) -> None:
    if field.data is not None and not FIRST_DAY <= field.data <= LAST_DAY:
        raise ValidationError(gettext("Tarihi gün, ay ve yılıyla yazın."))


class AuditFilter(BaseForm):
    """Submitted by GET, so without a CSRF token."""

    class Meta:
        csrf = False

    who = SelectField(_l("Kim"), validate_choice=False)
    act = SelectField(_l("Ne yaptı"), validate_choice=False)
    since = DateField(_l("İlk gün"), validators=[Optional(), check_day])
    until = DateField(_l("Son gün"), validators=[Optional(), check_day])
    subject = SelectField(_l("Neyle ilgili"), validate_choice=False)
    subject_id = StringField(
        _l("Numarası"), validators=[Optional(), Length(max=19), Regexp(r"[0-9]+$", message=_l("Yalnız rakam yazın."))]
    )

    def __init__(self, people: list[models.User]):
        super().__init__(request.args)
        self.who.choices = [("", _l("Hepsi")), *((str(each.id), each.name) for each in people), *ACTOR_LABELS.items()]
        self.act.choices, self.subject.choices = _sorted_choices(ACT_LABELS), _sorted_choices(SUBJECT_LABELS)

    def wanted(self, provider_id: int | None) -> EntryFilter:
        """The filter of the choices; unknown values and invalid days filter nothing."""
        self.validate()
        fields = (self.who, self.act, self.subject)
        chosen = {each.name: each.data for each in fields if each.data and each.data in dict(each.choices)}
        who, number = chosen.get("who"), None if self.subject_id.errors else self.subject_id.data
        return EntryFilter(
            provider_id,
            who=None if who is None else ActorKind(who) if who in set(ActorKind) else int(who),
            act=chosen.get("act"),
            since=None if self.since.errors else self.since.data,
            until=None if self.until.errors else self.until.data,
            subject=chosen.get("subject"),
            subject_id=min(int(number), LARGEST_ID) if number else None,  # No row has this id.
        )

    def url_parameters(self) -> dict[str, str]:
        """The choices, for the query string of the next page."""
        return {field.name: field.raw_data[0] for field in self if field.raw_data and field.raw_data[0]}


def _sorted_choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    named = [(name, gettext(text)) for name, text in labels.items()]
    return [("", gettext("Hepsi")), *sorted(named, key=lambda pair: pair[1])]


@dataclass(frozen=True)
class EntryView:
    at: datetime
    who: str
    act: str
    subject: str
    subject_id: int
    facts: str
    device: str  # Browser and masked network, where a known person acted.
    subject_value: str = ""  # As the filter takes it.


def entry_views(vault: Vault, rows: Iterable[Row], people: set[int] | None = None) -> Iterator[EntryView]:
    """Entries for reading. The device is shown only of `people` (None: anybody)."""
    for entry, sign_in, user in rows:
        is_known = people is None or (user is not None and user.id in people)
        yield EntryView(
            at=entry.at,
            who=_actor_name(entry, user, is_known),
            act=audit_label(ACT_LABELS, entry.act),
            subject=audit_label(SUBJECT_LABELS, entry.subject),
            subject_id=entry.subject_id,
            facts=_facts_text(entry.facts),
            device=_device_and_network(vault, sign_in) if sign_in is not None and is_known else "",
            subject_value=entry.subject,
        )


def _actor_name(entry: models.AuditEntry, user: models.User | None, is_known: bool) -> str:
    if entry.actor == models.Actor.RECIPIENT:
        return gettext("Alıcı")
    if entry.actor == models.Actor.SYSTEM:
        return "İzinlink"
    name = user.name if user else HIDDEN
    return name if is_known else gettext("%(name)s (iş ortağı)", name=name)


def _facts_text(facts: dict[str, Any]) -> str:
    filled = ((name, value) for name, value in facts.items() if value not in EMPTY_VALUES)
    return ", ".join(f"{audit_label(FACT_LABELS, name)}: {_value_text(name, value)}" for name, value in filled)


def _value_text(name: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_value_text(name, each) for each in value)
    for enum in FACT_ENUMS.get(name, ()):
        if (enum, value) in LABELS_BY_TYPE:
            return gettext(LABELS_BY_TYPE[enum, value])
    if isinstance(value, bool):
        return gettext("evet") if value else gettext("hayır")
    return str(value) if not isinstance(value, str) or HARMLESS_TEXT.fullmatch(value) else redact_addresses(value)


def _device_and_network(vault: Vault, sign_in: models.SignIn) -> str:
    try:
        address = vault.read(sign_in.address, models.SignIn.PLACE, NO_PROVIDER, sign_in.id)
    except CannotOpen:
        address = ""
    return f"{user_agents.device_name(sign_in.agent)}, {user_agents.masked_network(address)}"
