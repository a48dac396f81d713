"""Draws docs/architecture.svg from the folders: each layer a band, each package a box. Run it after adding a package.

Usage: .venv/bin/python bin/architecture_picture.py
"""

from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "architecture.svg"
WIDTH, MARGIN, BOX_HEIGHT, GAP = 960, 16, 30, 8
LETTER = 7.1  # Width of a character at 12 px.
# (title, what it is, folder, names left out)
LAYERS: tuple[tuple[str, str, str | None, set[str]], ...] = (
    (
        "portal/web, portal/api, portal/cli, portal/jobs",
        "ways in: one blueprint per audience, the API, commands, background jobs",
        "portal/web",
        {"shared"},
    ),
    ("portal/web/shared", "what blueprints share", None, set()),
    ("portal/services", "work over time or with the outside world; commits", "portal/services", set()),
    ("portal/domain", "rules; no request, no commit", "portal/domain", set()),
    ("portal/core", "models, İYS's protocol, addresses, encryption, time, database", "portal/core", set()),
)
BESIDE = (
    ("shortlinks/", "codes, links, visits: knows nothing of the portal"),
    ("iys_sandbox/", "an İYS in a box: an application of its own"),
)


def packages(folder: str, left_out: set[str]) -> list[str]:
    """Names of the packages and modules directly in a folder."""
    found = {path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return sorted(name for name in found - left_out if not name.startswith("__"))


def draw() -> str:
    """The whole picture as SVG."""
    parts, y = [], MARGIN
    for title, about, folder, left_out in LAYERS:
        boxes = packages(folder, left_out) if folder else []
        boxes += ["api", "cli", "jobs"] if left_out else []
        inner, height = band(boxes, y + 34)
        height = height + 42 if boxes else 34
        parts.append(f'<rect class="band" x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{height}" rx="6"/>')
        parts.append(f'<text class="title" x="{MARGIN + 12}" y="{y + 22}">{escape(title)}</text>')
        offset = MARGIN + 26 + len(title) * 8.4
        parts.append(f'<text class="about" x="{offset:.0f}" y="{y + 22}">{escape(about)}</text>')
        parts += inner
        y += height + 22
        if title != LAYERS[-1][0]:
            parts.append(f'<path class="arrow" d="M{WIDTH / 2:.0f} {y - 20} v14 m-5 -6 l5 6 l5 -6"/>')
    for number, (title, about) in enumerate(BESIDE):
        x, width = MARGIN + number * (WIDTH / 2 - 8), WIDTH / 2 - 24
        parts.append(f'<rect class="beside" x="{x:.0f}" y="{y}" width="{width:.0f}" height="54" rx="6"/>')
        parts.append(f'<text class="title" x="{x + 12:.0f}" y="{y + 22}">{escape(title)}</text>')
        parts.append(f'<text class="about" x="{x + 12:.0f}" y="{y + 42}">{escape(about)}</text>')
    return HEAD.format(width=WIDTH, height=y + 70) + "\n".join(parts) + "\n</svg>\n"


def band(names: list[str], top: int) -> tuple[list[str], int]:
    """Boxes in rows, and how high they are together."""
    parts, x, y = [], MARGIN + 12, top
    for name in names:
        width = round(len(name) * LETTER + 20)
        if x + width > WIDTH - MARGIN - 12:
            x, y = MARGIN + 12, y + BOX_HEIGHT + GAP
        parts.append(f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{BOX_HEIGHT}" rx="4"/>')
        parts.append(f'<text class="name" x="{x + width / 2:.1f}" y="{y + 20}">{escape(name)}</text>')
        x += width + GAP
    return parts, y + BOX_HEIGHT - top


HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
  aria-label="The layers of İzinlink and their packages: each imports only from the layers below it">
<style>
svg {{ background: #fff; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px }}
.band {{ fill: #f3f6f8; stroke: #c9d3da }} .beside {{ fill: #fff8ec; stroke: #e2c58f }}
.box {{ fill: #fff; stroke: #0b5e6b }} .name {{ fill: #12333a; text-anchor: middle }}
.title {{ font-weight: 700; font-size: 14px; fill: #0b5e6b }} .about {{ fill: #56656d }}
.arrow {{ fill: none; stroke: #7c8b93; stroke-width: 1.5 }}
</style>
"""

if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
