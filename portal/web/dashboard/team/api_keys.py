"""Keys of the provider's programs: made and shown once, replaced, and revoked."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import ApiKey
from portal.domain.identity import api_calls, api_keys
from portal.domain.identity.permissions import Permission, Scope
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.credentials import find_makers
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm, CheckboxList
from portal.web.shared.own_rows import current_provider, own_brands, own_row_or_404
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.validators import READABLE

SCOPE_LABELS: dict[Scope, str] = {
    Scope.BRANDS: _l("Markaları, yetkileri ve sayıları görür"),
    Scope.READ: _l("Bir adresin iznini ve geçmişini sorar"),
    Scope.CHECK: _l("Gönderimden önce adres listesi sorar"),
    Scope.REFUSE: _l("Ret bildirir"),
    Scope.GRANT: _l("Onay da bildirir"),
    Scope.EVENTS: _l("Bütün izinleri ve değişiklikleri izler"),
    Scope.SENDS: _l("Başka sistemle gönderilen iletileri bildirir"),
    Scope.CAMPAIGNS_READ: _l("Kampanyaları ve sonuçlarını görür"),
    Scope.CAMPAIGNS_WRITE: _l("Kampanya taslağı açar, kişi ekler"),
    Scope.CAMPAIGNS_LAUNCH: _l("Kampanya başlatır, bağlantılarını alır"),
    Scope.LINKS: _l("Tek kişiye bağlantı ve ret bağlantısı alır"),
    Scope.IMPORTS: _l("İzin dosyası aktarır (onaylar için onay yetkisi de gerekir)"),
    Scope.IMPORTS_REFUSE: _l("Dosyadaki retleri aktarır, sonuçlarını görmez"),
    Scope.EXPORTS: _l("Kayıtları dosya olarak indirir"),
    Scope.RETAILERS_READ: _l("İYS'deki bayileri görür"),
    Scope.RETAILERS_WRITE: _l("İYS'de bayi ekler ve siler, izinlere erişimlerini değiştirir"),
    Scope.WEBHOOKS: _l("Tek markanın webhook adreslerini ekler, değiştirir ve siler"),
}
LIFETIMES = {"90": _l("90 gün"), "365": _l("Bir yıl"), "": _l("Süresiz")}
OVERLAPS = {"0": _l("Hemen"), "1": _l("Bir gün sonra"), "7": _l("Yedi gün sonra")}
NO_SCOPE = _l("En az birini seçin.")
GRANT_ALONE = _l("Onay bildiren bir anahtar ret de bildirmelidir. “Ret bildirir” kutusunu da işaretleyin.")
TOO_MANY = _l("En fazla 50 geçerli anahtarınız olabilir. Önce birini iptal edin.")


def _choices(labels: Mapping[Any, str]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in labels.items()]


class KeyForm(BaseForm):
    name = StringField(
        _l("Anahtarın adı"), validators=[InputRequired(_l("Anahtara bir ad verin.")), Length(max=60), READABLE]
    )
    scopes = CheckboxList(_l("Neler yapabilir?"), validators=[InputRequired(NO_SCOPE)])
    brands = CheckboxList(_l("Hangi markalar?"))
    lifetime = RadioField(_l("Ne kadar geçerli olsun?"), choices=_choices(LIFETIMES), default="365")


class RotationForm(BaseForm):
    overlap = RadioField(_l("Eski anahtar ne zaman kapansın?"), choices=_choices(OVERLAPS), default="1")


@blueprint.get("/keys")
@needs(Permission.KEYS)
def list_api_keys() -> str:
    return _render_keys(_key_form(formdata=None))


@blueprint.post("/keys")
@needs(Permission.KEYS, fresh=True)
def make_api_key() -> ResponseReturnValue:
    """Make a key and show it, only in this response."""
    form = _key_form()
    if not form.validate_on_submit():
        return _render_keys(form), 422
    at, days, scopes = clock.now(), int(form.lifetime.data or 0), {Scope(each) for each in form.scopes.data or ()}
    try:
        made, text = api_keys.create(
            db.session, current_provider(), name=form.name.data.strip(), scopes=scopes,
            brand_ids=[int(each) for each in form.brands.data or ()] or None, user_id=current_user.id, at=at,
            expires_at=at + timedelta(days=days) if days else None,
        )  # fmt: skip
    except api_keys.GrantWithoutRefuse:
        form.scopes.errors = [GRANT_ALONE]
        return _render_keys(form), 422
    except api_keys.TooManyKeys:
        db.session.rollback()
        form.name.errors = [TOO_MANY]
        return _render_keys(form), 422
    record_audit("api_key.made", "api_key", made.id, **_facts(made))
    db.session.commit()
    return _render_made(made, text)


@blueprint.get("/keys/calls")
@needs(Permission.KEYS)
def list_api_calls() -> str:
    """What programs sent with test keys, and what was answered: for whoever writes them."""
    session, provider_id = read_session(), current_user.provider_id
    hints = {each.id: f"{each.name} …{each.hint}" for each in api_keys.list_keys(session, provider_id)}
    calls = api_calls.list_calls(session, vault(), provider_id)
    return render_template("dashboard/team/api_calls.html", calls=calls, hints=hints, indented=_indented)


@blueprint.get("/keys/<id:key_id>")
@needs(Permission.KEYS)
def show_api_key(key_id: int) -> str:
    return _render_key(_open_key_or_404(key_id), RotationForm(formdata=None))


@blueprint.post("/keys/<id:key_id>/replace")
@needs(Permission.KEYS, fresh=True)
def replace_api_key(key_id: int) -> ResponseReturnValue:
    """Make a key with the same rights, and end the old one after an overlap."""
    old, form = _open_key_or_404(key_id), RotationForm()
    if not form.validate_on_submit():
        return _render_key(old, form), 422
    overlap = timedelta(days=int(form.overlap.data))
    try:
        made, text = api_keys.rotate(
            db.session, current_provider(), old, overlap, user_id=current_user.id, at=clock.now()
        )  # fmt: skip
    except api_keys.KeyChanged:
        return rollback_and_redirect(url_for(".list_api_keys"), _("Bu arada durumu değişmiş; bir şey yapılmadı."))
    except api_keys.TooManyKeys:
        db.session.rollback()
        form.overlap.errors = [TOO_MANY]
        return _render_key(_open_key_or_404(key_id), form), 422
    record_audit("api_key.replaced", "api_key", made.id, former=str(old.id), **_facts(made))
    db.session.commit()
    return _render_made(made, text, old)


@blueprint.post("/keys/<id:key_id>/revoke")
@needs(Permission.KEYS, fresh=True)
def revoke_api_key(key_id: int) -> ResponseReturnValue:
    key = own_row_or_404(db.session, ApiKey, key_id)
    if api_keys.revoke(db.session, key.id, clock.now()):
        record_audit("api_key.revoked", "api_key", key.id, name=key.name)
    return commit_and_redirect(url_for(".list_api_keys"), _("Anahtar iptal edildi; artık hiçbir iş yapamaz."))


def _indented(text: str) -> str:
    """JSON as people read it; other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _scope_texts() -> dict[Scope, str]:
    """Labels with the names that the API's documentation has."""
    return {scope: f"{label} ({scope})" for scope, label in SCOPE_LABELS.items()}


def _facts(key: ApiKey) -> dict[str, Any]:
    return {"name": key.name, "scopes": key.scopes, "brands": len(key.brand_ids or ())}


def _key_form(**options: Any) -> KeyForm:
    form = KeyForm(**options)
    form.scopes.choices = _choices(_scope_texts())
    form.brands.choices = [SelectChoice(str(each.id), each.name) for each in own_brands() if each.closed_at is None]
    return form


def _open_key_or_404(key_id: int) -> ApiKey:
    key = own_row_or_404(db.session, ApiKey, key_id)
    return key if api_keys.is_usable(key, current_provider(), clock.now()) else abort(404)


def _render_keys(form: KeyForm) -> str:
    keys, provider, at = (
        api_keys.list_keys(read_session(), current_user.provider_id),
        current_user.provider,
        clock.now(),
    )
    return render_template(
        "dashboard/team/api_keys.html",
        form=form,
        keys=[each for each in keys if api_keys.is_usable(each, provider, at)],
        ended=[each for each in keys if not api_keys.is_usable(each, provider, at)],
        makers=find_makers(keys),
        is_test=provider.in_sandbox_mode,
    )


def _render_key(key: ApiKey, form: RotationForm) -> str:
    names = {each.id: each.name for each in own_brands()}
    return render_template(
        "dashboard/team/api_key.html",
        key=key,
        form=form,
        scopes=[text for scope, text in _scope_texts().items() if scope in key.scopes],
        brands=[names[each] for each in key.brand_ids or () if each in names],
    )


def _render_made(key: ApiKey, text: str, old: ApiKey | None = None) -> str:
    return render_template("dashboard/team/api_key_made.html", key=key, text=text, old=old)
