"""Labels of the provider's roles and their permissions; messages where a change of people is refused."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from portal.core.extensions import db
from portal.core.models import Role
from portal.domain.identity import members, permissions
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint

PERMISSION_LABELS: dict[Permission, str] = {
    Permission.LOOK: _l("Kampanyaları, iletimi ve sayıları görür"),
    Permission.SEARCH: _l("Alıcı arar; adresler maskelidir"),
    Permission.UNMASK: _l("Gerekçe yazarak bir adresi açık görür"),
    Permission.REFUSE: _l("Arayan kişi adına ret kaydeder"),
    Permission.COMPLAINTS: _l("Başvuruları yanıtlar ve sonuçlandırır"),
    Permission.PREPARE: _l("Kampanya ve alıcı listesi hazırlar"),
    Permission.LAUNCH: _l("Kampanya başlatır"),
    Permission.EXPORT: _l("Dosya indirir"),
    Permission.IMPORT: _l("Onay ve ret dosyalarını aktarır, geri alır"),
    Permission.SETTLE: _l("İYS ile farkları ve bekleyen kayıtları çözer"),
    Permission.BRANDS: _l("Markaları düzenler"),
    Permission.CONNECT: _l("İYS hesabını ve anlık bildirimi bağlar"),
    Permission.ONBOARD: _l("Firma bilgilerini, belgeleri ve paketi yürütür"),
    Permission.PEOPLE: _l("Kişileri, rolleri ve ağları belirler"),
    Permission.AUDIT: _l("Denetim kayıtlarını görür"),
}
ROLE_SUMMARIES: dict[Role, str] = {
    Role.OWNER: _l("Her şeyi yapabilir; kişileri ve rolleri belirler."),
    Role.MANAGER: _l("Günlük işin tamamını yürütür; kişilere ve İYS hesabına dokunmaz."),
    Role.AGENT: _l("Kişileri yanıtlar: başvurulara bakar, alıcı arar, ret kaydeder."),
    Role.DEVELOPER: _l("Bağlantıyı kurar ve izler; alıcıları görmez."),
    Role.AUDITOR: _l("Yalnızca bakar: kayıtları ve denetim izini inceler."),
}
ERROR_MESSAGES: dict[type, str] = {
    members.RoleTooHigh: _l("Bu rol sizin yapamadığınız işleri de yapar; onu siz veremez, değiştiremezsiniz."),
    members.OwnMembership: _l("Kendi rolünüzü ve durumunuzu değiştiremezsiniz. Bunu başka bir sahip yapabilir."),
    members.LastOwner: _l("Firmanın giriş yapabilen son sahibi bu kişi. Önce bir başkasını sahip yapın."),
    members.TooManyInvitations: _l(
        "Kabul edilmeyi bekleyen çok fazla davetiniz var. Birkaçını geri alıp yeniden deneyin."
    ),
}


def role_descriptions() -> list[tuple[Role, str, list[str]]]:
    """Each role with its summary and the labels of its permissions."""
    return [
        (
            role,
            ROLE_SUMMARIES[role],
            [words for power, words in PERMISSION_LABELS.items() if power in permissions.provider_permissions(role)],
        )
        for role in Role
    ]


@blueprint.errorhandler(members.ChangeNotAllowed)
def show_error(refusal: members.ChangeNotAllowed) -> ResponseReturnValue:
    """Show the list again with the reason; nothing was changed."""
    db.session.rollback()
    flash(ERROR_MESSAGES[type(refusal)])
    return redirect(url_for("dashboard.list_people"), 303)
