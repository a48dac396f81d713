"""Draws a table as bench/growth.py prints it, milliseconds by size: `python -m bench.plots TITLE < table > file.svg`.

The slowest lines at the largest size are drawn, on two logarithmic axes, with the goal as a dashed line.
"""

import math
import sys
from html import escape

DRAWN, GOAL = 7, 500
LEFT, TOP, WIDTH, HEIGHT, LABELS = 60, 34, 330, 230, 370  # Of the plot; labels stand right of it.
COLOURS = ("#0b7285", "#d9480f", "#5f3dc4", "#2b8a3e", "#c2255c", "#1971c2", "#8d6e00")
LEAST = 1.0  # Milliseconds: what takes less is drawn there.
STYLE = """svg { background: #fff; color: #24313a; font: 12px system-ui, sans-serif }
text { fill: currentColor } .title { font-weight: 700 } .line { fill: none; stroke-width: 2 }
.axis { stroke: currentColor; fill: none; opacity: .5 } .grid { stroke: currentColor; opacity: .15 }
.goal { stroke: currentColor; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
  svg { background: #14191d; color: #dfe7ec } .line, circle, .key { filter: brightness(1.5) }
}"""

Lines = dict[str, list[float]]


def read_table(text: str) -> tuple[list[float], Lines]:
    """The sizes of the heading, and the numbers of each line."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    heading, _dashes, *found = rows
    lines = {row[0]: list(map(_number, row[1 : len(heading)])) for row in found}
    return list(map(_number, heading[1:])), lines


def draw(title: str, sizes: list[float], lines: Lines) -> str:
    slowest = dict(sorted(lines.items(), key=lambda each: -each[1][-1])[:DRAWN])
    most = 10 ** math.ceil(math.log10(max(GOAL, *(max(each) for each in slowest.values()))))
    plot = _Plot(min(sizes), max(sizes), most)
    parts = [f'<text class="title" x="{LEFT}" y="18">{escape(title)}</text>', *plot.axes(sizes)]
    parts.append(plot.goal())
    for place, (name, times) in enumerate(slowest.items()):
        parts += plot.line(place, name, sizes, times)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + LABELS} {TOP + HEIGHT + 46}"'
    head += f' role="img" aria-label="{escape(title, quote=True)}">'
    return "\n".join([head, f"<style>\n{STYLE}\n</style>", *parts, "</svg>\n"])


class _Plot:
    def __init__(self, least_size: float, most_size: float, most: float):
        self._size = math.log10(least_size), math.log10(most_size)
        self._time = math.log10(LEAST), math.log10(most)

    def x(self, size: float) -> float:
        return round(LEFT + WIDTH * _share(math.log10(size), *self._size), 1)

    def y(self, time: float) -> float:
        return round(TOP + HEIGHT * (1 - _share(math.log10(max(LEAST, time)), *self._time)), 1)

    def axes(self, sizes: list[float]) -> list[str]:
        right, bottom = LEFT + WIDTH, TOP + HEIGHT
        parts = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>']
        for size in sizes:
            x = self.x(size)
            parts.append(f'<path class="grid" d="M{x} {TOP}V{bottom}"/>')
            parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{size:,.0f}</text>')
        for power in range(int(self._time[1]) + 1):
            y = self.y(10**power)
            parts.append(f'<path class="grid" d="M{LEFT} {y}H{right}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{10**power:,}</text>')
        parts.append(f'<text x="{right}" y="{bottom + 38}" text-anchor="end">how many (logarithmic)</text>')
        parts.append(f'<text transform="translate(14 {bottom}) rotate(-90)">milliseconds (logarithmic)</text>')
        return parts

    def goal(self) -> str:
        y = self.y(GOAL)
        text = f'<text x="{LEFT + 6}" y="{y - 5}">goal: {GOAL}</text>'
        return f'<path class="goal" d="M{LEFT} {y}H{LEFT + WIDTH}"/>{text}'

    def line(self, place: int, name: str, sizes: list[float], times: list[float]) -> list[str]:
        points = [(self.x(size), self.y(time)) for size, time in zip(sizes, times, strict=True)]
        colour, x, y = COLOURS[place % len(COLOURS)], LEFT + WIDTH + 16, TOP + 14 + 24 * place
        path = "L".join(f"{left} {top}" for left, top in points)
        return [
            f'<path class="line" stroke="{colour}" d="M{path}"/>',
            *(f'<circle fill="{colour}" cx="{left}" cy="{top}" r="3"/>' for left, top in points),
            f'<rect class="key" fill="{colour}" x="{x}" y="{y - 9}" width="14" height="10"/>',
            f'<text x="{x + 20}" y="{y}">{escape(name)}: {times[-1]:,.0f} ms</text>',
        ]


def _share(value: float, least: float, most: float) -> float:
    return (value - least) / (most - least)


def _number(cell: str) -> float:
    return float(cell.replace(",", "").replace("*", ""))


if __name__ == "__main__":
    print(draw(sys.argv[1], *read_table(sys.stdin.read())), end="")
