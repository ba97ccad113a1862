"""Call every public function of the core for so many seconds: `python -m tests.fuzz [SECONDS [NAME]]`.

`NAME`: only the functions whose name begins so. Exit code 1 when something was found.
"""

from __future__ import annotations

import faulthandler
import sys
import time
from collections import Counter

from tests.fuzz import oracles
from tests.fuzz.running import ORACLES, Finding, ask_oracles, fuzz
from tests.fuzz.targets import all_targets

_EACH, _MAILS = 40, 200
_STUCK_SECONDS = 120


def main() -> int:
    """Print what was found as it is found, and how many calls it took."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    targets = [target for target in all_targets() if target.name.startswith(sys.argv[2] if len(sys.argv) > 2 else "")]
    until = time.monotonic() + seconds
    calls: Counter[str] = Counter()
    found: dict[str, Finding] = {}
    rounds = 0
    while targets and (time.monotonic() < until or not rounds):
        rounds += 1
        for target in targets:
            if target.name in found or (time.monotonic() > until and calls[target.name]):
                continue
            faulthandler.dump_traceback_later(_STUCK_SECONDS, exit=True)
            finding = fuzz(target, calls, most=_EACH, start=None)
            faulthandler.cancel_dump_traceback_later()
            if finding is not None:
                found[target.name] = finding
                print(finding, flush=True)
        finding = None if ORACLES in found else ask_oracles(calls, most=_MAILS, start=None)
        if finding is not None:
            found[ORACLES] = finding
            print(finding, flush=True)
    mails = calls.pop(ORACLES, 0)
    print(f"{sum(calls.values())} calls of {len(calls)} functions in {rounds} rounds,")
    print(f"{mails} mails shown to {len(oracles.ORACLES)} other parsers: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
