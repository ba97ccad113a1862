"""What a replaced database has that the restored one lacks: told, and brought in.

Mail goes the way of all mail, as it came then; users and their addresses come first, since mail to a BCC address that
is not known is refused. What people did since (cases, contacts, links) is not brought in.
"""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock, files
from casefleet_cli.core.rules.routing import NEVER_LOGGED
from casefleet_cli.custody import copies
from casefleet_cli.errors import NoInputError, UsageError
from casefleet_cli.intake.budget import budget_of
from casefleet_cli.intake.receiving import receive
from casefleet_cli.intake.recording import DUPLICATE
from casefleet_cli.intake.workers import Worker
from casefleet_cli.store import activities, database, deliveries, originals, predecessors, settings, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.store.predecessors import Account, Arrived

_GRACE = timedelta(days=14)
_DOORS = ("pipe", "lmtp")
"""The sources of mail of strangers; a person vouched for all other mail."""


class OtherDatabaseError(UsageError):
    """A database that cannot have mail for this one."""


class Missing(NamedTuple):
    """What another database has and this one lacks."""

    emails: int
    deliveries: int
    since: str
    """When the first of them came, a UTC stamp; "" where there are none."""
    by_user: tuple[tuple[str, int], ...]
    """How many deliveries for whom, the most first."""
    addresses: tuple[str, ...]
    """The names of users with BCC addresses that are not known here."""


class Recovered(NamedTuple):
    """What was brought in."""

    outcomes: Counter[str]
    users: tuple[str, ...]
    """What was added of users, in words."""
    stays: tuple[str, ...]
    """What could not be brought in, and why."""

    @property
    def known(self) -> int:
        """How many deliveries were of mail that was logged already."""
        return self.outcomes[DUPLICATE]

    @property
    def logged(self) -> int:
        """How many deliveries were logged now."""
        return self.outcomes.total() - self.known


def missing(connection: sqlite3.Connection, other: Path) -> Missing:
    """What another database, of this schema or an earlier one, has and this one lacks; changes nothing.

    Raises what database.open_reader raises, sqlite3.Error where it is damaged, and OtherDatabaseError.
    """
    with contextlib.closing(_opened(connection, other)) as there:
        return _missing(connection, there)


def recover(connection: sqlite3.Connection, other: Path, *, acting: int | None = None) -> Recovered:
    """Bring in the users, the addresses and the mail that another database has and this one lacks.

    Each mail is a transaction: run again after a kill, it goes on. Errors as `missing`.
    """
    with _present(connection, other) as there:
        accounts = predecessors.accounts(there)
        with database.transaction(connection):
            told, stays = _bring_users(connection, accounts, acting)
        outcomes, stayed = _bring_mail(connection, there, _owners(connection, accounts), other.name)
    done = Recovered(outcomes, tuple(told), (*stays, *stayed))
    if done.logged:
        with database.transaction(connection):
            activities.add(connection, "recovered", user_id=acting, detail=f"{done.logged} deliveries of {other.name}")
    return done


def _opened(connection: sqlite3.Connection, other: Path) -> sqlite3.Connection:
    if not other.is_file():
        raise NoInputError(f"There is no file {other}.")
    if other.samefile(database.file_of(connection)):
        raise OtherDatabaseError(f"{other} is this database itself; name the one that it replaced.")
    there = database.open_reader(str(other), migrating=True)
    domain, ours = settings.logging_domain(there), settings.logging_domain(connection)
    if domain != ours:
        there.close()
        raise OtherDatabaseError(f"{other} is the database of {domain}, not of {ours}.")
    return there


@contextlib.contextmanager
def _present(connection: sqlite3.Connection, other: Path) -> Iterator[sqlite3.Connection]:
    """Another database in the schema of this release: itself, or a migrated copy that is gone afterwards."""
    with contextlib.closing(_opened(connection, other)) as there:
        if database.is_present(there):
            yield there
            return
    with files.scratch(other) as draft:
        copies.read_migrated(other, draft)
        with contextlib.closing(database.open_reader(str(draft), called=str(other))) as there:
            yield there


def _owners(connection: sqlite3.Connection, accounts: list[Account]) -> dict[int, int]:
    """The users here by their numbers there: those with a BCC address in common, which nobody ever shares."""
    now = clock.stamp()
    owners: dict[int, int] = {}
    for account in accounts:
        for kept in account.bcc:
            if (owner := users.by_bcc_address(connection, kept.address, now)) is not None:
                owners[account.user_id] = owner.user_id
    return owners


def _missing(connection: sqlite3.Connection, there: sqlite3.Connection) -> Missing:
    accounts = predecessors.accounts(there)
    owners = _owners(connection, accounts)
    names = {account.user_id: account.name for account in accounts}
    emails: set[int] = set()
    by_user: Counter[str] = Counter()
    since = ""
    for one in predecessors.arrived(there):
        if _is_known(connection, one, owners):
            continue
        emails.add(one.email_id)
        by_user[names[one.user_id]] += 1
        since = min(since or one.received_at, one.received_at)
    unknown = [
        account.name
        for account in accounts
        if any(not users.has_bcc_address(connection, kept.address) for kept in account.bcc)
    ]
    return Missing(len(emails), by_user.total(), since, tuple(by_user.most_common()), tuple(unknown))


def _is_known(connection: sqlite3.Connection, one: Arrived, owners: dict[int, int]) -> bool:
    owner = owners.get(one.user_id)
    return owner is not None and deliveries.seen(connection, one.sha256, owner, one.source) is not None


def _bring_users(
    connection: sqlite3.Connection, accounts: list[Account], acting: int | None
) -> tuple[list[str], list[str]]:
    """Add the users and addresses that are not here; what was added, and what could not be."""
    told: list[str] = []
    stays: list[str] = []
    owners = _owners(connection, accounts)
    for account in accounts:
        added: list[str] = []
        user_id = owners.get(account.user_id, 0)
        if not user_id:
            user_id = users.add(connection, account.name, account.role)
            users.set_disabled(connection, user_id, account.disabled_at)
            added.append("the user")
        elif account.disabled_at and not users.one(connection, user_id)["disabled"]:
            told.append(f"{account.name}: was disabled there; casefleet user disable {user_id} does it here")
        for address in account.senders:
            owner = users.by_sender_address(connection, address)
            if owner is None:
                users.add_sender_address(connection, user_id, address)
                added.append(address)
            elif owner != user_id:
                stays.append(f"{account.name}: {address} is an address of user {owner} now.")
        fresh = [kept for kept in account.bcc if not users.has_bcc_address(connection, kept.address)]
        _bring_bcc_addresses(connection, user_id, account)
        added += [f"{len(fresh)} BCC address{'' if len(fresh) == 1 else 'es'}"] if fresh else []
        if added:
            words = ", ".join(added)
            told.append(f"{account.name}: {words}")
            activities.add(connection, "recovered", user_id=acting, about_user_id=user_id, detail=words)
    return told, stays


def _bring_bcc_addresses(connection: sqlite3.Connection, user_id: int, account: Account) -> None:
    """Take over every BCC address with its end; where the user had another one since, the current one is in grace."""
    current = users.bcc_address(connection, user_id)
    is_rotated_here = bool(current) and current not in {kept.address for kept in account.bcc}
    for kept in account.bcc:
        if is_rotated_here and kept.retired_at is None:
            now = clock.now()
            ends = kept._replace(retired_at=clock.stamp(now), expires_at=clock.stamp(now + _GRACE))
            if not users.has_bcc_address(connection, kept.address):
                users.take_over_bcc_address(connection, user_id, *ends)
        else:
            users.take_over_bcc_address(connection, user_id, *kept)


def _bring_mail(
    connection: sqlite3.Connection, there: sqlite3.Connection, owners: dict[int, int], name: str
) -> tuple[Counter[str], list[str]]:
    outcomes: Counter[str] = Counter()
    stays: list[str] = []
    worker = Worker(settings.logging_domain(connection), users.bcc_addresses(connection), budget_of(connection))
    try:
        for one in predecessors.arrived(there):
            if _is_known(connection, one, owners):
                continue
            if one.user_id not in owners:
                stays.append(f"e-mail {one.email_id} of {name}: its user has no BCC address there.")
                continue
            raw_message_id, arrival, address = predecessors.arrival(there, one.delivery_id)
            raw = _whole(there, raw_message_id, one.sha256)
            if raw is None:
                stays.append(f"e-mail {one.email_id} of {name}: its bytes are not those that came (SHA-256).")
                continue
            bcc = users.by_bcc_address(connection, address, clock.stamp()) if address else None
            here = arrival._replace(
                user_id=owners[one.user_id],
                bcc_address_id=bcc and bcc.bcc_address_id,
                origin=arrival.origin or name,
            )
            receipt = receive(
                connection,
                raw,
                here,
                vouched=one.source not in _DOORS,
                understand=lambda message, _: worker.understand(message.raw),
            )
            if receipt.outcome == NEVER_LOGGED:
                stays.append(f"e-mail {one.email_id} of {name}: it went only to people on the never-log list.")
            else:
                outcomes[receipt.outcome] += 1
    finally:
        worker.end()
    return outcomes, stays


def _whole(there: sqlite3.Connection, raw_message_id: int, sha256: str) -> bytes | None:
    try:
        raw = originals.of(there, raw_message_id)
    except (ValueError, zlib.error):
        return None
    return raw if hashlib.sha256(raw).hexdigest() == sha256 else None
