"""The delivery door that stays open: an LMTP server (RFC 2033) doing the work of `deliver` without a start a mail.

Every recipient gets its own answer after the final dot: 250 once the mail is committed and on the disk, 550 5.1.1 for
an unknown BCC address (already at RCPT), 4xx for everything that may pass: nothing else ever bounces a mail.
"""
