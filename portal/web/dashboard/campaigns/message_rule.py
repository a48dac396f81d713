"""Is a message commercial, exempt or to a merchant? The rule and its article, before anything is written."""

from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice
from wtforms.validators import AnyOf, InputRequired

from portal.core.lazy_text import N_
from portal.domain.campaigns.message_rules import MessageRule, Reader, Subject, find_rule
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.forms import BaseForm

YES, NO = SelectChoice("yes", _l("Evet")), SelectChoice("no", _l("Hayır"))
SUBJECTS = [
    SelectChoice(Subject.ORDER.value, _l("Alışveriş: teslimat, ödeme, borç, iade, garanti ya da bakım")),
    SelectChoice(Subject.MEMBERSHIP.value, _l("Süren abonelik, üyelik ya da ortaklık")),
    SelectChoice(Subject.DUTY.value, _l("Yasanın bildirmenizi zorunlu tuttuğu bir şey")),
    SelectChoice(Subject.OTHER.value, _l("Başka bir şey: haber, davet, kutlama, anket …")),
]
READERS = [
    SelectChoice(Reader.PERSON.value, _l("Tüketici; ya da bir işletmenin çalışanı ya da ortağı, kendi adresinden")),
    SelectChoice(Reader.MERCHANT.value, _l("Tacir ya da esnaf, işletmenin adresinden")),
]
# Of each rule: its name, what it asks, and where it stands.
ANSWERS = {
    MessageRule.EXEMPT: (
        N_("İstisna: onay gerekmez, tanıtım yazılamaz"),
        N_(
            "Bu iletiyi onay almadan gönderebilirsiniz; izin sormanız gerekmez. Tek bir tanıtım cümlesi, indirim ya da "
            "öneri eklerseniz ileti ticari olur ve onay ister."
        ),
        N_("Ticari İletişim ve Ticari Elektronik İletiler Hakkında Yönetmelik, madde 6"),
    ),
    MessageRule.CONSENT: (
        N_("Ticari ileti: önceden onay gerekir"),
        N_(
            "Kişi bu kanal için onay vermiş ve onayı İYS'ye kaydedilmiş olmalı. Onayı ilk kez reklam göndererek "
            "isteyemezsiniz: yalnız sizinle teması kendisi başlatmış kişiye, tanıtım yazmadan, bir kez sorulur."
        ),
        N_("6563 sayılı Kanun madde 6; Yönetmelik madde 5 ve 7"),
    ),
    MessageRule.MERCHANT: (
        N_("Tacir ya da esnafa ticari ileti: önceden onay gerekmez"),
        N_(
            "Adresi İYS'ye tacir olarak ekleyin ve göndermeden önce ret olup olmadığına bakın. Her iletide ret imkânı "
            "bulunur. Çalışanın ya da ortağın kendi adresi işletmenin adresi sayılmaz."
        ),
        N_("6563 sayılı Kanun madde 6/2; Yönetmelik madde 6/3 ve 6/6"),
    ),
    MessageRule.REFUSED: (
        N_("Reddetmiş: gönderilemez"),
        N_(
            "Reddettiği kanaldan ticari ileti gönderemez, izin de soramazsınız; tacir ve esnaf için de böyledir. "
            "Yeniden ileti alması, kendiliğinden vereceği onaya bağlıdır."
        ),
        N_("6563 sayılı Kanun madde 6/2 ve 8; Yönetmelik madde 6/3 ve 9"),
    ),
}


def _question(label: Any, choices: list[SelectChoice]) -> RadioField:
    needed = [InputRequired(_l("Birini seçin.")), AnyOf([each.value for each in choices])]
    return RadioField(label, choices=choices, validate_choice=False, validators=needed)


class MessageRuleForm(BaseForm):
    """Its questions stand in the page's address, so that the answer can be passed on."""

    promotes = _question(_l("İleti bir ürünü, hizmeti ya da firmanızı tanıtıyor, öneriyor ya da övüyor mu?"), [YES, NO])
    subject = _question(_l("Ne hakkında?"), SUBJECTS)
    reader = _question(_l("Kime?"), READERS)
    refused = _question(_l("Bu kanaldan iletilerinizi reddetti mi?"), [NO, YES])

    class Meta(BaseForm.Meta):
        csrf = False

    def rule(self) -> MessageRule:
        return find_rule(
            promotes=self.promotes.data == "yes", subject=Subject(self.subject.data), reader=Reader(self.reader.data),
            has_refused=self.refused.data == "yes",
        )  # fmt: skip


@blueprint.get("/campaigns/rule")
@needs(Permission.LOOK)
def message_rule() -> str:
    form = MessageRuleForm(request.args)
    was_asked = any(field.name in request.args for field in form)
    answer = ANSWERS[form.rule()] if was_asked and form.validate() else None
    return render_template("dashboard/campaigns/message_rule.html", form=form, answer=answer)
