"""Parts that hold mail in another form: bytes in, a MIME entity out that the parser reads like any other.

One format a module: `cms` (S/MIME), `tnef` (winmail.dat), `msg` (Outlook's .msg), `calendar` (words of an invitation).
`mapi` has the properties that TNEF and .msg share, `rtf` their compressed bodies, `letter` makes the entity. Nothing
here is imported before such a part is met.
"""
