"""What all tests share."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import settings

from tests.e2e.installed import USER

for _name in ("SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND"):
    os.environ.pop(_name, None)  # `sudo make test` is no colleague at work

# How long an example takes says something about the machine, not about the code.
settings.register_profile("casefleet", deadline=None)
settings.load_profile("casefleet")


LONGEST = (
    "test_a_year_by_the_readme", "test_500_histories", "test_every_example_prints_what_the_readme_says",
    "test_killed_at_any_moment", "tests/e2e/", "test_a_bug_is_found",
)  # fmt: skip
"""Parts of their names, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: whoever starts it last, all the others wait for."""

    def place(item: pytest.Item) -> int:
        return next((at for at, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=place)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no unix user behind."""
    if hasattr(session.config, "workerinput"):
        return  # the last one out is the process that started the workers
    if os.geteuid() == 0 and subprocess.run(["id", USER], capture_output=True).returncode == 0:
        subprocess.run(["userdel", USER], check=True, capture_output=True)
