"""Forms of webhook endpoints."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateTimeLocalField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core import clock
from portal.core.extensions import vault
from portal.core.models import (
    HEARTBEAT,
    TEST,
    EventType,
    WebhookAlgorithm,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
from portal.domain.consents.current_states import OF_DECISIONS
from portal.domain.webhooks import endpoints
from portal.domain.webhooks.endpoints import BadUrl, Choices
from portal.services.webhooks.maintenance import LOG_KEPT
from portal.web.shared.forms import BaseForm, CheckboxList
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_brands
from portal.web.shared.validators import READABLE, stop_if_wrong

ALGORITHMS = {
    WebhookAlgorithm.HMAC: _l("Ortak parola (HMAC-SHA256): her dilde kolayca doğrulanır"),
    WebhookAlgorithm.ED25519: _l("Açık anahtar (Ed25519): imzalayan özel anahtar bizde kalır"),
}
OVERLAPS = {"0": _l("Hemen"), "1": _l("Bir gün sonra"), "7": _l("Yedi gün sonra")}


def type_label(type_: str) -> str:
    """The words for a message's type."""
    own = {TEST: _("Deneme isteği"), HEARTBEAT: _("Günlük özet")}
    return own.get(type_) or label(EventType(type_))


def _choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in labels.items()]


class EndpointForm(BaseForm):
    """What an endpoint's owner chooses; a new one's algorithm, too."""

    url = StringField(
        _l("Adres (URL)"), validators=[InputRequired(_l("Adresi yazın.")), Length(max=endpoints.LONGEST_URL), READABLE]
    )
    types = CheckboxList(
        _l("Hangi olaylar?"),
        default=[each.value for each in OF_DECISIONS],
        validators=[InputRequired(_l("En az birini seçin."))],
    )
    brands = CheckboxList(_l("Hangi markalar?"))
    shows_addresses = BooleanField(_l("Telefon ve e-posta adreslerini açık gönder"))
    algorithm = RadioField(_l("İmza"), choices=_choices(ALGORITHMS), default=WebhookAlgorithm.HMAC.value)

    def __init__(self, its_brands: Collection[int] = (), **options: Any):
        """`its_brands`: those that an endpoint has, which may be closed by now; without any it would get all."""
        super().__init__(**options)
        self.types.choices = [SelectChoice(each.value, label(each)) for each in EventType]
        closed = _("Kapalı")
        self.brands.choices = [
            SelectChoice(str(each.id), f"{each.name} ({closed})" if each.closed_at else each.name)
            for each in own_brands()
            if each.closed_at is None or each.id in its_brands
        ]

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Self:
        """Filled with what is stored."""
        its_brands = endpoint.brand_ids or ()
        form = cls(
            its_brands, formdata=None, url=endpoints.show_url(vault(), endpoint), types=endpoint.types,
            shows_addresses=endpoint.shows_addresses, brands=[str(each) for each in its_brands],
        )  # fmt: skip
        del form.algorithm
        return form

    def validate_url(self, field: StringField) -> None:
        stop_if_wrong(field)
        try:
            endpoints.check_url(
                field.data.strip(), shows_addresses=bool(self.shows_addresses.data),
                in_development=current_app.config["DEVELOPMENT"],
            )  # fmt: skip
        except BadUrl as bad:
            raise ValidationError(f"{_(bad.problem.sentence)} {_(bad.problem.cure)}") from None

    def chosen(self) -> Choices:
        return Choices(
            self.url.data.strip(), [EventType(each) for each in self.types.data],
            [int(each) for each in self.brands.data or ()] or None, bool(self.shows_addresses.data),
        )  # fmt: skip


class SecretForm(BaseForm):
    overlap = RadioField(_l("Eskisi ne zaman kapansın?"), choices=_choices(OVERLAPS), default="1")


class ReplayForm(BaseForm):
    since = DateTimeLocalField(_l("Ne zamandan beri?"), validators=[InputRequired(_l("Bir zaman seçin."))])

    def validate_since(self, field: DateTimeLocalField) -> None:
        stop_if_wrong(field)
        if not timedelta() <= clock.now() - self.moment <= LOG_KEPT:
            raise ValidationError(_("Son 30 gün içinden geçmiş bir zaman seçin."))

    @property
    def moment(self) -> datetime:
        chosen: datetime = self.since.data
        return chosen.replace(tzinfo=clock.ISTANBUL)


class LogFilter(BaseForm):
    """Submitted by GET, so without a CSRF token. Unknown values filter nothing."""

    class Meta:
        csrf = False

    state = SelectField(_l("Durum"))
    type = SelectField(_l("Olay"))

    def __init__(self) -> None:
        super().__init__(request.args)
        everything = [("", _l("Hepsi"))]
        types = [*(each.value for each in EventType), TEST, HEARTBEAT]
        self.state.choices = everything + [(each.value, label(each)) for each in WebhookState]
        self.type.choices = everything + [(each, type_label(each)) for each in types]

    def conditions(self) -> list[Any]:
        columns = {"state": WebhookDelivery.state, "type": WebhookDelivery.type}
        return [columns[name] == value for name, value in self.chosen().items()]

    def chosen(self) -> dict[str, str]:
        """The choices, for the query string of the next page."""
        return {each.name: each.data for each in self if each.data and each.data in dict(each.choices)}
