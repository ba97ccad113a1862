"""The base of every error that a person or a mail system is told about.

Whose fault decides: the sender's fault is data (a defect), never an exception; the user's or the machine's is a
subclass of CasefleetError, raised in the room that noticed it and translated at the door (lda or cli) only.
"""


class CasefleetError(Exception):
    """One sentence for a person: what, which, what to do next; with the exit code of sysexits.h that fits."""

    exit_code = 70


class UsageError(CasefleetError):
    """A reference that is unknown or ambiguous, or options that do not go together."""

    exit_code = 2


class NoInputError(CasefleetError):
    """A file that is not there (EX_NOINPUT)."""

    exit_code = 66


class UnreadableError(CasefleetError):
    """Input that is there and cannot be understood (EX_DATAERR)."""

    exit_code = 65


class CannotCreateError(CasefleetError):
    """An output that cannot be made (EX_CANTCREAT)."""

    exit_code = 73


class TryAgainError(CasefleetError):
    """Busy, locked or full: the same thing may work later (EX_TEMPFAIL)."""

    exit_code = 75


class ConfigError(CasefleetError):
    """An installation that is not right: the admin has to act (EX_CONFIG)."""

    exit_code = 78
