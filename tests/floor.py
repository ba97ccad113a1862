"""The floor that `casefleet deliver` is measured against: the standard library, the same rows, the same durability.

Usage: floor.py DATABASE USER_ID RECIPIENT < message
"""

import hashlib
import json
import os
import sqlite3
import sys
import time
from email import policy
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

path, user_id, recipient = sys.argv[1], int(sys.argv[2]), sys.argv[3]
raw = sys.stdin.buffer.read()
message = BytesParser(policy=policy.compat32).parsebytes(raw)
now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
people = {field: getaddresses(message.get_all(field, [])) for field in ("from", "to", "cc")}
texts, attachments = [], []
for part in message.walk():
    if part.is_multipart():
        continue
    content = part.get_payload(decode=True)
    if part.get_content_type() == "text/plain" and not part.get_filename():
        texts.append(content.decode(part.get_content_charset() or "utf-8", "replace"))
    else:
        attachments.append((part.get_filename(), part.get_content_type(), len(content)))
sent = time.strftime("%Y-%m-%dT%H:%M:%SZ", parsedate_to_datetime(message["date"]).utctimetuple())
digest = hashlib.sha256(raw).hexdigest()
db = sqlite3.connect(path, isolation_level=None, timeout=30)
db.execute("PRAGMA synchronous = FULL")
db.execute("PRAGMA foreign_keys = 1")
db.execute("BEGIN IMMEDIATE")
(bcc,) = db.execute("SELECT id FROM bcc_addresses WHERE address = ?", (recipient,)).fetchone()
db.execute("SELECT 1 FROM raw_messages WHERE sha256 = ?", (digest,)).fetchone()
db.execute("SELECT 1 FROM emails WHERE fingerprint = ?", (digest,)).fetchone()
raw_id = db.execute(
    "INSERT INTO raw_messages (sha256, size, content) VALUES (?, ?, ?)", (digest, len(raw), raw)
).lastrowid
email_id = db.execute(
    "INSERT INTO emails (fingerprint, raw_message_id, standing, msgid, subject, from_name, from_address, sent_at,"
    " logged_at, text, people, filenames, size) VALUES (?, ?, 'linked', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    (digest, raw_id, message["message-id"], message["subject"], *people["from"][0], sent, now, "\n".join(texts),
     str(people), "\n".join(name or "" for name, _, _ in attachments), len(raw)),
).lastrowid  # fmt: skip
for kind in ("to", "cc"):
    for name, address in people[kind]:
        db.execute(
            "INSERT INTO email_recipients (email_id, kind, name, address) VALUES (?, ?, ?, ?)",
            (email_id, kind, name, address),
        )
for number, (name, content_type, size) in enumerate(attachments):
    db.execute(
        "INSERT INTO attachments (email_id, part, filename, content_type, size) VALUES (?, ?, ?, ?, ?)",
        (email_id, str(number), name, content_type, size),
    )
delivery_id = db.execute(
    "INSERT INTO deliveries (email_id, user_id, source, raw_message_id, bcc_address_id, standing, received_at)"
    " VALUES (?, ?, 'pipe', ?, ?, 'routed', ?)",
    (email_id, user_id, raw_id, bcc, now),
).lastrowid
places = db.execute(
    "SELECT DISTINCT k.id, c.contact_id FROM contact_addresses AS a JOIN case_contacts AS c USING (contact_id)"
    " JOIN cases AS k ON k.id = c.case_id WHERE a.address = ? AND k.status = 'open'",
    (people["to"][0][1].lower(),),
).fetchall()
decision_id = db.execute(
    "INSERT INTO decisions (delivery_id, email_id, outcome, verdicts, decided_at) VALUES (?, ?, 'filed', ?, ?)",
    (delivery_id, email_id, json.dumps(places), now),
).lastrowid
for case_id, contact_id in places:
    db.execute("INSERT INTO email_contacts VALUES (?, ?, 'rule')", (email_id, contact_id))
    db.execute("INSERT INTO email_cases VALUES (?, ?, 'rule', ?, NULL, ?)", (email_id, case_id, decision_id, now))
    db.execute(
        "INSERT INTO activities (at, verb, case_id, email_id, about_user_id) VALUES (?, 'filed', ?, ?, ?)",
        (now, case_id, email_id, user_id),
    )
db.execute("COMMIT")
os._exit(0)
