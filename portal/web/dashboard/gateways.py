"""The provider's accounts at vendors of messages, and which of them a brand sends through."""

from collections.abc import Collection
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import Regexp

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand, BrandGateway, MessageGateway
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import gateways as rule
from portal.domain.notifications.reply_numbers import takes_replies
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_account_page import AccountStatus, own_accounts
from portal.web.shared.gateway_pages import add_views
from portal.web.shared.own_rows import own_brands, own_row_or_404
from portal.web.shared.redirects import commit_and_redirect

IDS = r"[0-9 ]{0,20000}\Z"


class BrandGatewaysForm(BaseForm):
    """Of one brand: for each kind of address the first gateway and the one that stands in."""

    phone_1 = SelectField(_l("SMS"))
    phone_2 = SelectField(_l("SMS, yedek"))
    email_1 = SelectField(_l("E-posta"))
    email_2 = SelectField(_l("E-posta, yedek"))
    unused = BooleanField(
        _l("Bu markanın iletileri, burada seçilenlerden başka hiçbir hesapla gönderilmedi (kendi programlarınızla da)")
    )
    # The accounts that were the brand's on the page, and of them those that it had chosen.
    had = HiddenField(validators=[Regexp(IDS)])
    chose = HiddenField(validators=[Regexp(IDS)])

    def __init__(self, accounts: list[AccountStatus], **options: Any):
        super().__init__(**options)
        for kind in AddressKind:
            of_kind = [each for each in accounts if each.row.carries == kind]
            own = [(str(each.row.id), f"{each.title}, {each.row.header}") for each in of_kind]
            for place, usual in ((1, _("Firmanın ilk çalışan hesabı")), (2, _("Yok"))):
                if own:
                    self[f"{kind}_{place}"].choices = [("", usual), *own]
                else:
                    del self[f"{kind}_{place}"]
        if len(accounts) == len({each.row.carries for each in accounts}):  # No choice leaves one.
            del self.unused, self.had, self.chose

    def chosen(self, kind: AddressKind) -> list[int]:
        """The first one, and the other if there are two. One that only stands in is the first."""
        names = dict.fromkeys(self[f"{kind}_{place}"].data for place in (1, 2) if f"{kind}_{place}" in self)
        return [int(name) for name in names if name]

    def vouched(self, before: Collection[int]) -> list[int]:
        """The accounts that the page showed as the brand's, that this choice leaves, and by which somebody says
        that nothing of it ever left: not one that was chosen (`before`) since the page was shown."""
        if "unused" not in self or not self.unused.data:
            return []
        since = {str(each) for each in before} - {*(self.chose.data or "").split()}
        had = {*(self.had.data or "").split()} - since
        chosen = [(self[f"{kind}_1"], ids) for kind in AddressKind if (ids := self.chosen(kind))]
        offered = [(int(name), ids) for field, ids in chosen for name, _title in field.choices if name in had]
        return [each for each, ids in offered if each not in ids]


@blueprint.get("/gateways", endpoint="gateways")
@needs(Permission.LOOK)
def list_gateways() -> str:
    accounts = own_accounts()
    brands = [brand for brand in own_brands() if brand.closed_at is None]
    forms = [(brand, _form_of(brand, accounts)) for brand in brands] if accounts else []
    return render_template("dashboard/gateways.html", accounts=accounts, forms=forms, kinds=list(AddressKind))


@blueprint.post("/gateways/brands/<id:brand_id>")
@needs(Permission.BRANDS)
def set_brand_gateways(brand_id: int) -> ResponseReturnValue:
    brand = own_row_or_404(db.session, Brand, brand_id)
    form = BrandGatewaysForm(own_accounts(), prefix=_prefix(brand))
    message = _("Seçtiğiniz hesap artık yok. Yeniden seçin.")
    if form.validate_on_submit():
        unused = form.vouched(rule.lock_choice(db.session, brand.id))
        for kind in AddressKind:
            rule.set_for_brand(db.session, brand.id, kind, form.chosen(kind), at=clock.now(), unused=unused)
        record_audit("brand.gateways_set", "brand", brand.id, unused=unused)
        message = _elsewhere(brand) or _("Kaydedildi.")
    return commit_and_redirect(url_for(".gateways"), message)


add_views(blueprint, looks=Permission.LOOK, settles=Permission.LAUNCH)


def _elsewhere(brand: Brand) -> str:
    """Where no account that the brand sends through brings replies to its number: what that means."""
    accounts = [each.id for each in rule.serving(db.session, brand, AddressKind.PHONE)]
    number, own = brand.reply_number, MessageGateway.id.in_(accounts)
    if not number or not accounts or takes_replies(db.session, vault(), brand.provider_id, number, clock.now(), own):
        return ""
    return _(
        "Kaydedildi. Ama seçtiğiniz hesaplar son 90 günde %(number)s numarasına yazılmış bir SMS getirmedi: numarayı "
        "taşıyan hesabın sözleşmesi bitecekse markanın sayfasında numarayı değiştirin ya da silin.",
        number=number,
    )


def _form_of(brand: Brand, accounts: list[AccountStatus]) -> BrandGatewaysForm:
    rows = read_session().query(BrandGateway).filter_by(brand_id=brand.id).all()
    chosen = {f"{row.carries}_{row.place}": str(row.gateway_id) for row in rows}
    shared = [str(each.row.id) for each in accounts if f"{each.row.carries}_1" not in chosen]
    data = chosen | {"had": " ".join([*chosen.values(), *shared]), "chose": " ".join(chosen.values())}
    return BrandGatewaysForm(accounts, formdata=None, data=data, prefix=_prefix(brand))


def _prefix(brand: Brand) -> str:
    """Of the names of a brand's fields: each brand has a form on the same page."""
    return f"brand-{brand.id}"
