"""256 Turkish nouns that everybody knows, spelled in plain ASCII and hard to take for one another."""

WORDS = tuple(
    """
    ahtapot anahtar araba armut arpa aslan avize ayna ayran baca badem bahar baklava balina balon bardak bavul berber
    beyaz bezelye biber bilmece bilye bisiklet bordo boya buket bulgur bulut cadde ceket cetvel ceviz ceylan cezve dalga
    defne defter demir deniz dere destan dolap dolma domates domino dondurma duvar eflatun ekmek eldiven elma erik
    fabrika fasulye fener feribot fidan fincan futbol gemi geyik gezegen gitar granit hamsi harita havlu havuz helva
    heykel hikaye horoz hurma incir inek iplik istasyon kabak kadife kahve kakao kalem kamp kamyon kanarya kandil
    kanguru kaplan karamel karanfil karides karpuz kartal kase kavun kedi kekik kelebek keman kemer kervan kestane keten
    kilim kiraz kirpi kitap klarnet koala konak koro kravat kule kumru kunduz kurabiye kutu lacivert lale lamba levrek
    leylek limon limonata lodos lokum makarna makas manav manolya marangoz maraton marul masa maske mavi maydanoz mehtap
    mektup meltem mendil mercan mercimek merdiven mermer meteor metro meydan midye mimar mimoza minder mozaik muhallebi
    nane nehir nergis nohut nota okul omlet opera orman palamut palmiye palto pamuk pancar panda papatya park pasta
    patates pazar pembe penguen perde peynir pide piknik pilav pilot piyano poyraz pusula radyo resim ressam roket roman
    saat sabun safir sahil sandal sandalye saray sardunya sarma sepet seramik servi silgi simit sincap sinema sokak
    sonbahar susam tablo takvim tambur tatil tavla tavuk teleferik teleskop tencere tenis tepe teras terlik termos terzi
    tilki tiyatro tohum toprak torba tost tramvay tren trompet turkuaz turuncu ufuk vadi vagon vanilya vapur vazo
    voleybol yakut yaprak yasemin yelek yelken yorgan yulaf yumurta yunus zambak zarf zebra zeytin
    """.split()
)
