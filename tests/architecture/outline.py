"""What a page says of itself: its title, headings, labels, forms and ids, as a browser would read them."""

from html.parser import HTMLParser

CONTROLS = ("input", "select", "textarea", "progress", "meter")
NEEDS_NO_LABEL = ("hidden", "submit", "button")


class Outline(HTMLParser):
    """One page, read once."""

    def __init__(self, page: str):
        super().__init__()
        self.language = None
        self.texts: dict[str, list[str]] = {"title": [], "h1": []}
        self.levels: list[int] = []  # Of headings, in order.
        self.ids: list[str] = []
        self.referred: list[str] = []  # Ids that labels and descriptions speak of.
        self.labelled: set[str] = set()  # Ids that a label is for.
        self.controls: list[tuple[dict, bool]] = []  # Attributes, and whether a label stands around it.
        self.forms: list[tuple[dict, list[str]]] = []  # Attributes, and the names of hidden fields.
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = dict(attrs)
        self._open.append(tag)
        if tag == "html":
            self.language = attributes.get("lang")
        if tag in self.texts:
            self.texts[tag].append("")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.referred += (attributes.get(name) or "").split()
        if tag == "label" and "for" in attributes:
            self.labelled.add(attributes["for"])
        if tag == "form":
            self.forms.append((attributes, []))
        if tag in CONTROLS:
            self._note_control(attributes)

    def _note_control(self, attributes: dict) -> None:
        if attributes.get("type") == "hidden" and self.forms:
            self.forms[-1][1].append(attributes.get("name"))
        if attributes.get("type") not in NEEDS_NO_LABEL:
            self.controls.append((attributes, "label" in self._open))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag, texts in self.texts.items():
            if tag in self._open:
                texts[-1] += data

    def unlabelled(self) -> list[dict]:
        """Controls that nobody could name."""
        return [
            attributes
            for attributes, wrapped in self.controls
            if not (
                wrapped
                or attributes.get("id") in self.labelled
                or attributes.get("aria-label")
                or attributes.get("aria-labelledby")
            )
        ]
