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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no unix user behind."""
    if hasattr(session.config, "workerinput"):
        return  # the last one out is the process that started the workers
    if os.geteuid() == 0 and subprocess.run(["id", USER], capture_output=True).returncode == 0:
        subprocess.run(["userdel", USER], check=True, capture_output=True)
