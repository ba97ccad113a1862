"""Break the code on purpose, one small change at a time, and see whether a test notices: `python -m tests.mutants [ROOM]`.

mutmut makes the mutants in `mutants/`; a run that was stopped goes on, and what survived is tried again when a test has changed
(`make clean` first: all is). What mutmut cannot see, it is told here: the conditions in SQL say who sees what, and letters of SQL mean the same in either case. A mutant
that nothing can tell from the code is named in `mutants.toml` with the reason. Exit code 1 when others survived.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from difflib import ndiff
from pathlib import Path
from typing import NamedTuple

import libcst as cst
from mutmut import __main__ as mutmut
from mutmut.mutation import mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import read_functions_from_index
from mutmut.runners.harness import PytestRunner
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key
from mutmut.workers.isolation import ForkRunner

ROOT = Path(__file__).parents[1]
WORK = ROOT / "mutants"
EQUIVALENT = Path(__file__).with_suffix(".toml")
ROOMS = ("core/rules", "access", "store/sight", "store/references", "desk", "intake")
"""Each, or a module in it, is tried by itself where a run names it; `only_mutate` in pyproject.toml says the same in paths."""
COLUMNS = ("killed", "survived", "equivalent", "timeout", "no tests", "other")
_PROCESSES, _FIRST = 2, 20
_ENTERED = WORK / "mutmut-stats.json"
"""Which test enters which function; found by running all of them, which shows that they pass."""
_TESTS, _PASSED = WORK / "tests.sha256", WORK / "passed.sha256"
"""Of which tests the books are, and of which program they were seen to pass last."""
_SET_ASIDE, _NOT_TRIED, _SURVIVED = 34, None, 0
"""Exit codes in mutmut's books: a mutant of another room during this run, one that is to be tried, one that lived."""

_SQL = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|JOIN|EXISTS|AND|OR|ORDER BY|IS NULL|IS NOT NULL)\b|:\w+\b| <> "
)
_SWAPS = (
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"\bNOT EXISTS\b", "EXISTS"),
    (r"(?<!NOT )\bEXISTS\b", "NOT EXISTS"),
    (r"\bNOT IN\b", "IN"),
    (r"(?<!NOT )\bIN\b", "NOT IN"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"<>", "="),
    (r"(?<= )=(?= )", "<>"),
    (r" ORDER BY [^)]*", ""),
    (r"\bDISTINCT ", ""),
)


class Mutant(NamedTuple):
    """One change of a function, and what became of it."""

    name: str
    path: Path
    status: str

    @property
    def room(self) -> str:
        """The room that it stands in."""
        return next(room for room in ROOMS if is_of(self.path, room))

    @property
    def place(self) -> str:
        """The function that it is a mutant of: access.py:of_user."""
        return f"{self.path.relative_to('casefleet_cli')}:{orig_function_and_class_names_from_key(self.name)[0]}"

    def change(self) -> tuple[str, str]:
        """The lines of the function that the mutant changes, and what it makes of them."""
        both = read_functions_from_index(self.name, self.path)
        if both is None:
            return "", ""
        before, after = (cst.Module([one]).code.splitlines() for one in both)
        lines = list(ndiff(before, after))
        gone, come = (" ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
        return gone, come


def is_of(path: Path, room: str) -> bool:
    """Whether a module of the program stands in a room, or is it."""
    inside = path.relative_to("casefleet_cli").with_suffix("").as_posix()
    return inside == room or inside.startswith(room + "/")


def swapped(text: str) -> Iterator[str]:
    """A text of SQL with one condition of it turned round."""
    for pattern, other in _SWAPS:
        for found in re.finditer(pattern, text):
            yield text[: found.start()] + other + text[found.end() :]


def _of_text(node: cst.FormattedStringText) -> Iterable[cst.CSTNode]:
    if _SQL.search(node.value):
        yield from (node.with_changes(value=text) for text in swapped(node.value))


def _of_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    if isinstance(node, cst.SimpleString) and _SQL.search(node.value):
        return (node.with_changes(value=text) for text in swapped(node.value))
    return _usual(node)


_usual = mutators.operator_string


def mutants() -> list[Mutant]:
    """All that there are, by path."""
    found = []
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        found += [Mutant(name, path, status_by_exit_code[code]) for name, code in data.exit_code_by_key.items()]
    return sorted(found, key=lambda one: str(one.path))


def _make() -> None:
    """Write the mutants of all rooms, as the first step of a run does; forget what survived other tests."""
    mutators.mutation_operators[:] = [
        (node, _of_string if how is _usual else how) for node, how in mutators.mutation_operators
    ] + [(cst.FormattedStringText, _of_text)]
    WORK.mkdir(exist_ok=True)
    shutil.rmtree(WORK / "tests", ignore_errors=True)
    mutmut.copy_src_dir()
    mutmut.create_mutants(_PROCESSES)
    if _is_noted("tests", _TESTS):
        return
    _ENTERED.unlink(missing_ok=True)
    for path in walk_mutatable_files():
        _enter(path, {code: _NOT_TRIED for code in status_by_exit_code if status_by_exit_code[code] != "killed"})
    _note("tests", _TESTS)


def _digest(name: str) -> str:
    others = (path for path in sorted(Path(name).rglob("*.py")) if path.name != Path(__file__).name)
    return hashlib.sha256(b"".join(path.read_bytes() for path in others)).hexdigest()


def _is_noted(name: str, at: Path) -> bool:
    """Whether the Python files of a folder are those that were noted."""
    return at.exists() and at.read_text() == _digest(name)


def _note(name: str, at: Path) -> None:
    at.write_text(_digest(name))


def _enter(path: Path, other: Mapping[int | None, int | None]) -> None:
    """Write other exit codes into mutmut's books."""
    data = SourceFileMutationData(path=path)
    data.load()
    data.exit_code_by_key = {name: other.get(code, code) for name, code in data.exit_code_by_key.items()}
    data.save()


def _explained() -> dict[tuple[str, str, str], str]:
    """The mutants that mean the same as the code: where, what it is and becomes, and why."""
    return {
        (one["in"], one["is"], one["becomes"]): one["why"]
        for one in tomllib.loads(EQUIVALENT.read_text())["equivalent"]
    }


def _equivalent(reasons: Container[tuple[str, str, str]], places: Container[str]) -> Iterator[Mutant]:
    """Those that nobody needs to try."""
    for mutant in mutants():
        if mutant.place in places and (mutant.place, *mutant.change()) in reasons:
            yield mutant


def _run_quickest_first(runner: PytestRunner, *, mutant_name: str | None, tests: Iterable[str]) -> int:
    """Run tests, a few by themselves first: to find hundreds in all files takes longer than most mutants live."""
    wanted = list(tests)
    found = _run_tests(runner, mutant_name=mutant_name, tests=wanted[:_FIRST])
    if found or not wanted[_FIRST:]:
        return found
    return _run_tests(runner, mutant_name=mutant_name, tests=wanted[_FIRST:])


def _name_what_is_tried(name: str | None) -> None:
    """As mutmut does; a program that a test starts cannot count what it enters, and is not asked to."""
    _name(name)
    if name == "stats":
        del os.environ["MUTANT_UNDER_TEST"]


_run_tests, _name = PytestRunner.run_tests, mutmut.set_mutant_under_test


def _try(room: str) -> None:
    mutmut.set_mutant_under_test = _name_what_is_tried
    PytestRunner.run_tests = _run_quickest_first  # type: ignore[method-assign]
    others = [path for path in walk_mutatable_files() if room and not is_of(path, room)]
    for path in walk_mutatable_files():
        _enter(path, {_NOT_TRIED: _SET_ASIDE} if path in others else {_SET_ASIDE: _NOT_TRIED})
    reasons = _explained()
    for mutant in _equivalent(reasons, {place for place, _, _ in reasons}):
        data = SourceFileMutationData(path=mutant.path)
        data.load()
        data.exit_code_by_key[mutant.name] = _SURVIVED
        data.save()
    del sys.modules["tests"]  # ours; the copy in `mutants/` is to be found
    if not _ENTERED.exists() or _is_noted("casefleet_cli", _PASSED):
        ForkRunner.run_clean_tests = lambda runner, tests: 0  # type: ignore[method-assign]
    try:
        mutmut._run((), _PROCESSES)
        _note("casefleet_cli", _PASSED)
    finally:
        for path in others:
            _enter(path, {_SET_ASIDE: _NOT_TRIED})


def _table(counts: dict[str, Counter[str]]) -> Iterator[str]:
    yield f"{'room':<18}" + "".join(f"{column:>12}" for column in COLUMNS)
    for room, count in counts.items():
        yield f"{room:<18}" + "".join(f"{count[column]:>12}" for column in COLUMNS)


def _report(room: str) -> int:
    """Print what survived and the table; the number of survivors that nobody explained."""
    reasons = _explained()
    counts: dict[str, Counter[str]] = {}
    for mutant in mutants():
        if room and not is_of(mutant.path, room):
            continue
        status = mutant.status if mutant.status in COLUMNS else "other"
        if status != "killed":
            gone, come = mutant.change()
            status = "equivalent" if reasons.pop((mutant.place, gone, come), "") else status
            if status != "equivalent":
                print(f"{status}: {mutant.name}\n  in {mutant.place}\n  - {gone}\n  + {come}")
        counts.setdefault(mutant.room, Counter())[status] += 1
    for place, gone, come in reasons:
        if not room or is_of(Path("casefleet_cli", place.partition(":")[0]), room):
            print(f"explained, yet there is no such survivor: {place}\n  - {gone}\n  + {come}")
    print(*_table(counts), sep="\n")
    return sum(count[column] for count in counts.values() for column in ("survived", "no tests", "other"))


def main() -> int:
    """Try the mutants of a room, or of all."""
    room = sys.argv[1].removeprefix("casefleet_cli/").removesuffix(".py").strip("/") if len(sys.argv) > 1 else ""
    os.chdir(ROOT)
    if room and not any(is_of(path, room) for path in walk_mutatable_files()):
        print(f"There is no room {room!r}; ROOM may be one of: {', '.join(ROOMS)}; or a module: desk/links")
        return 2
    _make()
    _try(room)
    return 1 if _report(room) else 0


if __name__ == "__main__":
    sys.exit(main())
