"""The line that the system log gets for a delivery."""

from __future__ import annotations

_QUEUE_ID_LENGTH = 40


def log_line(queue_id: str | None, outcome: str, email_id: int | None, seconds: float) -> str:
    """What an admin may read of one delivery: no subject, no address, no secret; "-" for what is not known."""
    queue = "".join(letter for letter in queue_id or "-" if letter.isalnum() or letter in "-_")[:_QUEUE_ID_LENGTH]
    email = "-" if email_id is None else email_id
    return f"{queue}: outcome={outcome} email={email} ms={round(seconds * 1000)}"
