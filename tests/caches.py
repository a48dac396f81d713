"""Parts that all apps of a test process share, since making them anew takes longer than most tests."""

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask
from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Map, Rule
from werkzeug.routing.matcher import StateMachineMatcher


class SharedMatcherMap(Map):
    """A URL map that builds its matcher at its first use, and shares it with each map of the very same rules."""

    _matchers: ClassVar[dict[tuple[int, ...], StateMachineMatcher]] = {}  # By the ids of rules, which stay alive.

    def add(self, rulefactory):
        for rule in rulefactory.get_rules(self):
            rule.bind(self)
            self._rules_by_endpoint.setdefault(rule.endpoint, []).append(rule)
        self._remap = True

    def update(self):
        if not self._remap:
            return
        with self._remap_lock:
            rules = list(self._rules)
            like = tuple(map(id, rules))
            if like not in self._matchers:
                matcher = StateMachineMatcher(self.merge_slashes)
                for rule in rules:
                    matcher.add(rule)
                matcher.update()
                self._matchers[like] = matcher
            self._matcher = self._matchers[like]
            for same_endpoint in self._rules_by_endpoint.values():
                same_endpoint.sort(key=lambda rule: rule.build_compare_key())
            self._remap = False


@contextlib.contextmanager
def shared_routes() -> Iterator[None]:
    """Reuse equal rules and their matcher between apps: Werkzeug generates and compiles code for each rule."""
    made, bind = {}, Rule.bind

    def made_once(rule, *, endpoint, methods, **options):
        like = (rule, endpoint, frozenset(methods), str(sorted(options.items())))
        if like not in made:
            made[like] = Rule(rule, endpoint=endpoint, methods=methods, **options)
        return made[like]

    def bound_once(rule, *arguments, **options):
        if rule.map is None:
            bind(rule, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "url_rule_class", staticmethod(made_once))
        patch.setattr(Flask, "url_map_class", SharedMatcherMap)
        patch.setattr(Rule, "bind", bound_once)
        yield


@contextlib.contextmanager
def compiled_templates(folder: Path) -> Iterator[None]:
    """Compile each template once for all apps of all processes of this run."""
    make = Flask.create_jinja_environment

    def with_cache(app: Flask) -> Environment:
        environment = make(app)
        environment.bytecode_cache = FileSystemBytecodeCache(str(folder))
        return environment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "create_jinja_environment", with_cache)
        yield


@contextlib.contextmanager
def rare_garbage_collections() -> Iterator[None]:
    """Look for garbage more rarely than an app has it for its short requests; it would set its own frequency."""
    gc.set_threshold(100_000, 20, 50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "set_threshold", lambda *_: None)
        yield
