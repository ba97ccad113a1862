"""Moments: every reader of dates, the one table of zones, and the one answer to which number is the month.

`field` reads the dates of header fields, `written` those that mail programs print above forwarded mail, `typed` what
people type; `zones` and `order` are what they share. `days` says what a day is for a firm. The present moment and the
firm's time zone come in as arguments.
"""
