"""What mail brought, as files of their own: whole or not at all, for their owner alone, and never over another file."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from casefleet_cli import files
from casefleet_cli.core.filenames import numbered
from casefleet_cli.errors import CannotCreateError

if TYPE_CHECKING:
    from pathlib import Path


class Folder:
    """A folder that files are saved in; it is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Counter[str] = Counter()
        """How many of each name there are, as far as we know."""

    def save(self, name: str, content: bytes) -> Path:
        """Save a file (mode 0600), under the next name where this one is taken: "report (2).pdf"; which one that is.

        Raises TryAgainError on a full disk, CannotCreateError for all else that the system refuses.
        """
        self._make()
        while True:
            self._last[name] += 1
            path = self._path / numbered(name, self._last[name])
            if os.path.lexists(path):
                continue
            try:
                with files.new_file(path) as draft:
                    draft.write_bytes(content)
            except files.ThereAlreadyError:
                continue
            return path

    def _make(self) -> None:
        try:
            self._path.mkdir(mode=0o700)
        except FileExistsError:
            if not self._path.is_dir():
                raise CannotCreateError(f"{self._path} is no folder; name another with --to.") from None
        except OSError as error:
            raise CannotCreateError(f"{self._path} cannot be created: {error.strerror}.") from None
