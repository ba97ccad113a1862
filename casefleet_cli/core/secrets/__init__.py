"""One room for secrets: what a BCC address looks like in every spelling, and how it is masked.

`Mask` is for what is derived from mail, at every delivery: it looks closer only where something may be named.
`spelling.Secrets` looks closely at any text and any octets; `copies.redact` takes the secrets out of a whole message
as it came. The last two are imported where they are needed, so that a delivery does not pay for them.
"""

from __future__ import annotations

from casefleet_cli.core.secrets.mask import Mask, rewritten

__all__ = ["Mask", "rewritten"]
