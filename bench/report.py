"""The table that bench prints, and that README.md keeps."""

import os
import platform
from pathlib import Path
from statistics import median

from bench.rounds import Effort, Result

HEAD = ("measured", "database", "unit", "yardstick", "product", "ratio (least–most)", "goal", "")


def table(results: list[Result]) -> str:
    """A Markdown table, a line for each result."""
    lines = [HEAD, ("---",) * len(HEAD), *map(_line, results)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine(effort: Effort) -> str:
    """Where and how hard it was measured."""
    host = f"{os.cpu_count()} × {_processor()}, {platform.system()} {platform.release()}"
    size = f"{effort.rounds} rounds of {effort.seconds} s, {effort.links:,} links or {effort.submissions:,} submissions"
    return f"{host}, Python {platform.python_version()}; {size}"


def _line(result: Result) -> tuple[str, ...]:
    ratio = f"{_short(result.ratio)} ({_short(min(result.ratios))}–{_short(max(result.ratios))})"
    goal, verdict = "–", ""
    if result.goal:
        goal, verdict = str(result.goal), "met" if result.goal.is_met(result.ratio) else "**not met**"
    bare, ours = _figure(median(result.yardstick)), _figure(median(result.product))
    return result.case, result.database, result.unit, bare, ours, ratio, goal, verdict


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2f}"


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 1 else f"{ratio:.3f}"


def _processor() -> str:
    with Path("/proc/cpuinfo").open() as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()
