"""The mail for us that waits in Postfix's queue, and what Postfix says of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from casefleet_cli import clock
from casefleet_cli.install.finding import FAILURE, OK, WARNING, Finding

if TYPE_CHECKING:
    from casefleet_cli.install.postconf import Postconf

_ON_HOLD = "put on hold"
_MOST_LETTERS = 300


def finding(postfix: Postconf, domain: str) -> Finding:
    """Whether mail for a logging domain was deferred or put on hold, how much, since when and why."""
    listed = postfix.queue()
    if listed is None:
        return Finding("queue", WARNING, "Whether mail waits in Postfix's queue could not be asked.",
                       "Run casefleet doctor as root.")  # fmt: skip
    reasons: Counter[str] = Counter()
    since = float("inf")
    for line in listed.lines:
        mail = _read(line)
        found = [reason for address, reason in mail[1] if address.lower().endswith(f"@{domain}")]
        if found:
            reasons[found[0]] += 1
            since = min(since, mail[0])
    if not reasons:
        return Finding("queue", OK, f"No mail for {domain} waits in Postfix's queue.")
    count = reasons.total()
    ((reason, _),) = reasons.most_common(1)
    hours = (clock.now() - datetime.fromtimestamp(since, UTC)).total_seconds() / 3600
    age = f"{hours:.0f} h" if hours >= 1 else f"{max(hours * 60, 0):.0f} min"
    sentence = (
        f"{count} mail{' waits' if count == 1 else 's wait'} in Postfix's queue, for {age}; Postfix says:"
        f" {_masked(reason, domain)}"
    )
    if listed.is_down:
        return Finding("queue", FAILURE, f"{sentence}; and it is not running.", "postfix start")
    if reason == _ON_HOLD:
        return Finding("queue", FAILURE, sentence, "See who held it, then: postsuper -r ALL hold")
    return Finding("queue", FAILURE, sentence, "See to that first, then: postqueue -f")


def _read(line: str) -> tuple[float, list[tuple[str, str]]]:
    """When a mail came, and its recipients that wait, each with the reason (postqueue(1), JSON OUTPUT FORMAT)."""
    try:
        mail = json.loads(line)
        held = mail["queue_name"] == "hold"
        waits = [(str(one["address"]), _ON_HOLD if held else str(one["delay_reason"]))
                 for one in mail["recipients"] if held or one.get("delay_reason")]  # fmt: skip
        return float(mail["arrival_time"]), waits
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0.0, []


def _masked(reason: str, domain: str) -> str:
    """What Postfix says, without the BCC addresses in it."""
    masked = re.sub(rf"[^\s<>\"(),:;@]+@{re.escape(domain)}", f"***@{domain}", reason[:_MOST_LETTERS], flags=re.I)
    return masked.rstrip(".")
