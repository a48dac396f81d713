"""The forms of a campaign's sending: its time, its budget, its note and tags, and the provider's rules."""

from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateTimeLocalField, DecimalField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from portal.core import clock
from portal.core.models import Campaign, Provider
from portal.web.shared.forms import BaseForm
from portal.web.shared.validators import READABLE, stop_if_wrong

MOST_PARTS, MOST_LIRA, HIGHEST_PRICE = 100_000_000, 20_000_000, 100
LONGEST_TAG, MOST_TAGS = 30, 6
HOUR = NumberRange(0, 24, _l("0 ile 24 arasında bir saat yazın."))


class PlanForm(BaseForm):
    """Turkish time, as in every form."""

    launch_at = DateTimeLocalField(
        _l("Başlatma zamanı"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(_l("Gün ve saat yazın."))]
    )

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        planned = clock.istanbul(campaign.launch_at).replace(tzinfo=None) if campaign.launch_at else None
        return cls(launch_at=planned)


class PriceField(DecimalField):
    """Lira, with a comma or a point."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([text.replace(",", ".", 1) for text in valuelist[:1]])


class CampaignBudgetForm(BaseForm):
    """Caps of a campaign's SMS. The price of a part stays once it was launched: what was sent was counted by it."""

    most_parts = IntegerField(
        _l("En çok SMS (parça)"),
        validators=[Optional(), NumberRange(1, MOST_PARTS, _l("1 ile 100.000.000 arasında bir sayı yazın."))],
    )
    most_lira = IntegerField(
        _l("En çok tutar (lira)"),
        validators=[Optional(), NumberRange(1, MOST_LIRA, _l("1 ile 20.000.000 arasında bir tutar yazın."))],
    )
    part_price = PriceField(
        _l("Bir SMS parçasının fiyatı (lira)"),
        places=4,
        validators=[Optional(), NumberRange(0.0001, HIGHEST_PRICE, _l("0,0001 ile 100 arasında bir fiyat yazın."))],
    )
    fixed_price: int | None = None

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        form = cls(
            most_parts=campaign.most_parts,
            most_lira=None if campaign.most_cost is None else campaign.most_cost // 100,
            part_price=None if campaign.part_price is None else campaign.part_price / 10_000,
        )
        if campaign.launched_at and campaign.part_price:
            del form.part_price
            form.fixed_price = campaign.part_price
        return form

    def validate_most_lira(self, field: Any) -> None:
        stop_if_wrong(field)
        if field.data and not (self.fixed_price or self.part_price.data):
            raise ValidationError(_("Tutar sınırı için bir SMS parçasının fiyatını yazın."))

    def caps(self) -> dict[str, int | None]:
        """As the domain takes them: parts, kuruş, and hundredths of a kuruş."""
        price = self.fixed_price
        if price is None and self.part_price.data is not None:
            price = round(self.part_price.data * 10_000)
        lira = self.most_lira.data
        return {"most_parts": self.most_parts.data, "most_cost": lira and lira * 100, "part_price": price}


class DetailsForm(BaseForm):
    """What colleagues write about a campaign; recipients never see it."""

    tags = StringField(_l("Etiketler"), validators=[Length(max=200), READABLE])
    note = TextAreaField(_l("Not"), validators=[Length(max=1000), READABLE])

    def validate_tags(self, field: Any) -> None:
        stop_if_wrong(field)
        if len(self.clean_tags()) > MOST_TAGS or any(len(each) > LONGEST_TAG for each in self.clean_tags()):
            raise ValidationError(_("En çok 6 etiket yazın; her biri en çok 30 harf."))

    def clean_tags(self) -> list[str]:
        """In their order, each once."""
        words = (" ".join(each.split()) for each in (self.tags.data or "").split(","))
        return list(dict.fromkeys(each for each in words if each))


class RulesForm(BaseForm):
    """Of all campaigns of a provider."""

    sends_from = IntegerField(_l("Saat kaçtan sonra"), validators=[InputRequired(_l("Bir saat yazın.")), HOUR])
    sends_until = IntegerField(_l("Saat kaça kadar"), validators=[InputRequired(_l("Bir saat yazın.")), HOUR])
    needs_two_people = BooleanField(_l("Kampanyayı hazırlayan başlatamasın, başka biri başlatsın"))

    @classmethod
    def of(cls, provider: Provider) -> Self:
        return cls(obj=provider)

    def validate_sends_until(self, field: Any) -> None:
        stop_if_wrong(field)
        if self.sends_from.data is not None and field.data is not None and field.data <= self.sends_from.data:
            raise ValidationError(_("Bitiş saati başlangıçtan sonra olmalı."))
