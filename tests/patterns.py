"""Every regular expression of the program, and texts that nearly match it: what a hostile sender would write."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any, NamedTuple

ROOMS = ("casefleet_cli.core", "casefleet_cli.sources", "casefleet_cli.web.frame")
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
_ANCHORED = ("match", "fullmatch")
_METHODS = (*_ANCHORED, "search", "finditer", "findall", "sub", "subn", "split")
_LONG = 16
"""A repetition that can go on for longer is worth a try."""
_BREAKERS = ("", "\x01", "\n")
_AT_ONCE = 0.02
"""Seconds that measure nothing."""
_MOST = 400
"""Recipes of one pattern."""


class Use(NamedTuple):
    """A regular expression and how it is asked."""

    where: str
    pattern: re.Pattern[Any]
    method: str

    def seconds(self, text: str) -> float:
        """How much processor time it takes over a text."""
        subject = text.encode("latin-1", "ignore") if isinstance(self.pattern.pattern, bytes) else text
        started = time.process_time()
        if self.method in _ANCHORED:
            getattr(self.pattern, self.method)(subject)
        elif self.method == "search":
            self.pattern.search(subject)
        else:
            for _ in self.pattern.finditer(subject):
                pass
        return time.process_time() - started


def modules(rooms: tuple[str, ...] = ROOMS) -> Iterator[ModuleType]:
    """Every module of these rooms."""
    for room in rooms:
        module = importlib.import_module(room)
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{room}."):
            yield importlib.import_module(found.name)


def uses(module: ModuleType) -> Iterator[Use | str]:
    """The regular expressions of a module; a text where one is made of what only a running function knows."""
    if module.__file__ is None:
        return
    with Path(module.__file__).open(encoding="utf-8") as file:
        written = file.read()
    if not re.search(r"^\s*import re$", written, re.MULTILINE):
        return
    tree = ast.parse(written)
    short = module.__name__.removeprefix("casefleet_cli.")
    names = {name: value for name, value in vars(module).items() if isinstance(value, re.Pattern)}
    asked: set[tuple[str, str]] = set()
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            asked.add((node.value.id, node.attr))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and _is_re(node.value, "compile"):
            inside.add(id(node.value))
            yield from _made(module, short, node.value, node.attr)
    for name, pattern in names.items():
        methods = {method for other, method in asked if other == name and method in _METHODS} or {"finditer"}
        for method in methods:
            yield Use(f"{short}.{name}", pattern, method)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in names:
                inside.update(id(call) for call in ast.walk(node.value))
            elif isinstance(node.value, ast.Call) and _is_re(node.value, "compile"):  # made when first needed
                inside.add(id(node.value))
                for method in _METHODS:
                    if f"{name}.{method}(" in written:
                        yield from _made(module, short, node.value, method)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in inside and _is_re(node, "compile", *_METHODS):
            method = ast.unparse(node.func).rpartition(".")[2]
            yield from _made(module, short, node, "finditer" if method == "compile" else method)


def _is_re(node: ast.Call, *names: str) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in names
    )


def _made(module: ModuleType, short: str, call: ast.Call, method: str) -> Iterator[Use | str]:
    """The pattern that a call of the re module makes; of a loop's variable, every pattern in the module's tuples."""
    written = ast.unparse(call.args[0])
    names = dict(vars(module))
    try:
        text = eval(written, names)
        given = [word.value for word in call.keywords if word.arg == "flags"]
        if _is_re(call, "compile"):
            given += call.args[1:2]
        flags = eval(ast.unparse(given[0]), names) if given else 0
        yield Use(f"{short}: {written}", re.compile(text, flags), method)
    except NameError:
        listed = [text for value in names.values() if isinstance(value, tuple) for text in value if _is_pattern(text)]
        if not isinstance(call.args[0], ast.Name) or not listed:
            yield f"{short}: {written}"
        for text in listed if isinstance(call.args[0], ast.Name) else ():
            yield Use(f"{short}: {text}", re.compile(text), method)


def _is_pattern(value: object) -> bool:
    return isinstance(value, str) and ("\\d" in value or "\\s" in value)


class Recipe(NamedTuple):
    """How to write a text that a pattern nearly matches."""

    form: str
    """"once": one long run; "again": a short run again and again; "begin": many beginnings, then one long run."""
    before: str
    pump: str
    """What is repeated."""
    breaker: str
    """What ends it, and breaks the match."""

    def text(self, length: int) -> str:
        """The text, of about that length."""
        if self.form == "once":
            return self.before + self.pump * (length // len(self.pump)) + self.breaker
        unit = self.before + self.pump * 3
        if self.form == "again":
            return unit * (length // len(unit))
        return unit * (length // 2 // len(unit)) + self.pump * (length // 2 // len(self.pump)) + self.breaker


def recipes(pattern: re.Pattern[Any]) -> list[Recipe]:
    """Recipes for each repetition of a pattern; of very many an even selection."""
    written = pattern.pattern
    if isinstance(written, bytes):
        tree = _parser.parse(written.decode("latin-1"), pattern.flags)
    else:
        tree = _parser.parse(written, pattern.flags)
    alphabet = sorted(_letters(tree) | {" ", "a", "\n"})
    found: dict[Recipe, None] = {}
    for before, item in _repetitions(tree, ""):
        matcher = _is_item(item)
        pumps = [letter for letter in alphabet if matcher(letter)] if matcher else []
        pumps += [_example(item, pick) for pick in range(4)]
        pumps += [one + other for one in pumps[:4] for other in pumps[:4] if one != other]
        for pump in filter(None, pumps):
            found.update(dict.fromkeys(Recipe("once", before, pump, breaker) for breaker in _BREAKERS))
            found[Recipe("again", before, pump, "")] = None
            found[Recipe("begin", before, pump, "\x01")] = None
    every = list(found)
    return every[:: max(1, -(-len(every) // _MOST))]


def _repetitions(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """What can be repeated for long, each with an example of what stands before it."""
    for operation, argument in tree:
        if operation in _REPEATS:
            _, most, item = argument
            if most > _LONG:
                yield before, item
            yield from _repetitions(item, before)
        elif operation is c.SUBPATTERN:
            yield from _repetitions(argument[3], before)
        elif operation is c.BRANCH:
            for branch in argument[1]:
                yield from _repetitions(branch, before)
        elif operation in (c.ASSERT, c.ASSERT_NOT):
            yield from _repetitions(argument[1], before)
        elif operation is getattr(c, "ATOMIC_GROUP", None):
            yield from _repetitions(argument, before)
        before += _example([(operation, argument)], 0)


def _example(tree: Any, pick: int) -> str:
    """A text that a part of a pattern matches, more or less; `pick` chooses among several."""
    out = ""
    for operation, argument in tree:
        if operation is c.LITERAL:
            out += chr(argument)
        elif operation is c.NOT_LITERAL:
            out += "b" if argument == ord("a") else "a"
        elif operation is c.ANY:
            out += "a "[pick % 2]
        elif operation is c.IN:
            matcher = _is_item([(operation, argument)])
            fit = [
                letter
                for letter in sorted(_letters([(operation, argument)]) | set('a 0\t-@."'))
                if matcher and matcher(letter)
            ]
            out += fit[pick % len(fit)] if fit else ""
        elif operation in _REPEATS:
            fewest, _, item = argument
            out += "".join(_example(item, pick + index) for index in range(max(fewest, pick % 2)))
        elif operation is c.SUBPATTERN:
            out += _example(argument[3], pick)
        elif operation is c.BRANCH:
            out += _example(argument[1][pick % len(argument[1])], pick)
        elif operation is getattr(c, "ATOMIC_GROUP", None):
            out += _example(argument, pick)
    return out


def _letters(tree: Any) -> set[str]:
    """Letters that stand in a pattern, and one for each class."""
    found: set[str] = set()
    for operation, argument in tree:
        if operation in (c.LITERAL, c.NOT_LITERAL):
            found.add(chr(argument))
        elif operation is c.RANGE:
            found.add(chr(argument[0]))
        elif operation is c.CATEGORY:
            found.update("a0 \t_")
        elif operation is c.IN:
            found |= _letters(argument)
        elif operation in _REPEATS:
            found |= _letters(argument[2])
        elif operation is c.SUBPATTERN:
            found |= _letters(argument[3])
        elif operation is c.BRANCH:
            for branch in argument[1]:
                found |= _letters(branch)
        elif operation in (c.ASSERT, c.ASSERT_NOT):
            found |= _letters(argument[1])
    return found


def _is_item(item: Any) -> Any:
    """A predicate of letters where a repeated item is a single letter; None where it is more."""
    if len(item) != 1 or item[0][0] not in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
        return None
    operation, argument = item[0]
    if operation is c.ANY:
        return lambda letter: letter != "\n"
    if operation is c.LITERAL:
        return lambda letter: letter == chr(argument)
    if operation is c.NOT_LITERAL:
        return lambda letter: letter != chr(argument)
    return lambda letter: _is_in(argument, letter)


def _is_in(members: Any, letter: str) -> bool:
    is_negated = members[0][0] is c.NEGATE
    categories = {
        c.CATEGORY_DIGIT: str.isdigit,
        c.CATEGORY_SPACE: str.isspace,
        c.CATEGORY_WORD: lambda each: each.isalnum() or each == "_",
    }
    opposites = {
        c.CATEGORY_NOT_DIGIT: c.CATEGORY_DIGIT,
        c.CATEGORY_NOT_SPACE: c.CATEGORY_SPACE,
        c.CATEGORY_NOT_WORD: c.CATEGORY_WORD,
    }
    hit = False
    for operation, argument in members:
        if operation is c.LITERAL:
            hit = hit or chr(argument) == letter
        elif operation is c.RANGE:
            hit = hit or argument[0] <= ord(letter) <= argument[1]
        elif operation is c.CATEGORY:
            hit = hit or (
                not categories[opposites[argument]](letter) if argument in opposites else categories[argument](letter)
            )
    return hit != is_negated
