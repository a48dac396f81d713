"""bin/bench: measure the cases one after the other, each in a process of its own, and print their ratios."""

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

from bench import (
    api,
    brands,
    decisions,
    exports,
    forwarding,
    hostile,
    imports,
    kutt,
    lanes,
    links,
    load,
    messages,
    pages,
    report,
    rush,
    scale,
    web_processes,
    webhooks,
)
from bench.chaos import __main__ as chaos
from bench.environments import POSTGRESQL, SQLITE
from bench.rounds import Effort, Result

CASES = {
    "get": pages.measure,
    "post": decisions.measure,
    "rush": rush.measure,
    "links": links.measure,
    "forward": forwarding.measure,
    "lanes": lanes.measure,
    "brands": brands.measure,
    "scale": scale.measure,
    "messages": messages.measure,
    "imports": imports.measure,
    "exports": exports.measure,
    "hostile": hostile.measure,
    "api": api.measure,
    "webhooks": webhooks.measure,
}
ONLY_IF_NAMED = {"kutt": kutt.measure, "web-processes": web_processes.measure}
DATABASES = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
FULL = Effort(rounds=5, seconds=5, links=100_000, submissions=1000, lines=250_000)
QUICK = Effort(rounds=1, seconds=1, links=2000, submissions=100, lines=5000)


def main() -> None:
    """Exit with 1 where a goal was not met (never after --quick, whose figures mean nothing)."""
    if sys.argv[1:2] == ["chaos"]:  # It measures nothing: see bench/chaos/.
        chaos.main(sys.argv[2:])
    chosen = _parse_arguments()
    load.require_wrk()
    effort = QUICK if chosen.quick else FULL
    results = []
    for result in _results(chosen.cases or list(CASES), chosen.database or list(DATABASES), effort):
        print(f"{result.case} on {result.database}: {result.ratio:.3f}", file=sys.stderr, flush=True)
        results.append(result)
    print(f"{report.machine(effort)}\n\n{report.table(results)}")
    missed = [result for result in results if result.goal and not result.goal.is_met(result.ratio)]
    sys.exit(bool(missed) and not chosen.quick)


def _results(cases: list[str], databases: list[str], effort: Effort) -> Iterator[Result]:
    for database in databases:
        for case in cases:
            yield from _measure_in_new_process((CASES | ONLY_IF_NAMED)[case], DATABASES[database], effort)


def _measure_in_new_process(
    measure: Callable[[str, Effort], list[Result]], database: str, effort: Effort
) -> list[Result]:
    """In a new process, so that no case inherits another's memory, connections or node of ids."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as process:
        return process.submit(measure, database, effort).result()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__.partition(": ")[2])
    named = f"{', '.join(CASES)}; all of these when none is named; or {', '.join(ONLY_IF_NAMED)}"
    parser.add_argument("cases", nargs="*", metavar="CASE", help=named)
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="one short round of each, to see that it still runs")
    chosen = parser.parse_args()
    if unknown := set(chosen.cases) - set(CASES) - set(ONLY_IF_NAMED):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    main()
