"""Names of time zones as mail writes them."""

from __future__ import annotations

OFFSETS = {
    "UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MET": 60, "MEZ": 60,
    "CEST": 120, "MEST": 120, "MESZ": 120, "SEČ": 60, "SELČ": 120, "EET": 120, "EEST": 180, "OEZ": 120, "OESZ": 180,
    "MSK": 180, "MSD": 240, "МСК": 180, "TRT": 180, "IST": 330, "SGT": 480, "HKT": 480, "JST": 540, "KST": 540,
    "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540,
    "AKDT": -480, "HST": -600, "AST": -240, "ADT": -180, "NST": -210, "NDT": -150, "BRT": -180, "ART": -180,
    "WIB": 420, "PHT": 480, "SAST": 120, "EAT": 180, "WAT": 60, "HNE": -300, "HAE": -240,
}  # fmt: skip
"""Minutes east of UTC. RFC 5322 section 4.3 gives the North American ones; where two countries share a name, it is the
one that mail mostly means."""
