"""The forms of consent points."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from portal.domain import consent_points
from portal.web.dashboard.campaigns.forms import ConsentTextForm
from portal.web.shared.validators import READABLE

DEFAULT_BUDGET = 200  # Codes a day.
SLUG = Regexp(
    r"[a-z0-9]+(-[a-z0-9]+)*$", message=_l("Adreste yalnız küçük İngilizce harf, rakam ve aralarında tire olabilir.")
)


class BudgetForm(FlaskForm):
    daily_budget = IntegerField(
        _l("Bir günde en çok kaç SMS kodu gönderilsin?"),
        default=DEFAULT_BUDGET,
        validators=[
            InputRequired(_l("Bir günde en çok kaç kod gönderileceğini yazın.")),
            NumberRange(1, consent_points.MOST_CODES, _l("1 ile 5.000 arasında bir sayı yazın.")),
        ],
    )


class PointForm(BudgetForm, ConsentTextForm):
    name = StringField(_l("Noktanın adı"), validators=[InputRequired(_l("Bir ad yazın.")), Length(max=120), READABLE])
    slug = StringField(_l("Sayfanın adresi"), validators=[InputRequired(_l("Bir adres yazın.")), Length(3, 60), SLUG])
