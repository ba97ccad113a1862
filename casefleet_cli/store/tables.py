"""The tables as the first migration makes them; never edited after release, only followed by further migrations."""

from __future__ import annotations

_MOMENT = "CHECK ({0} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z')"


def _at(column: str, *, null: bool = False) -> str:
    """A UTC text time column with the check of its form."""
    return f"{column} TEXT {'' if null else 'NOT NULL '}{_MOMENT.format(column)}"


PEOPLE = (
    """CREATE TABLE settings (
    -- one fact about this installation, such as the logging domain
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE users (
    -- a member of the firm
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    role TEXT NOT NULL DEFAULT 'standard' CHECK (role IN ('admin', 'standard', 'limited', 'guest')),
    {_at("created_at")},
    {_at("disabled_at", null=True)}
) STRICT""",
    """CREATE TABLE sender_addresses (
    -- an address a user sends mail from, in normal form
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    address TEXT NOT NULL UNIQUE CHECK (address <> '')
) STRICT""",
    "CREATE INDEX sender_addresses_user ON sender_addresses(user_id)",
    f"""CREATE TABLE bcc_addresses (
    -- a secret logging address of a user, current while retired_at is null; good until expires_at
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    address TEXT NOT NULL UNIQUE CHECK (address <> ''),
    {_at("created_at")},
    {_at("retired_at", null=True)},
    {_at("expires_at", null=True)}
) STRICT""",
    "CREATE UNIQUE INDEX bcc_addresses_current ON bcc_addresses(user_id) WHERE retired_at IS NULL",
    f"""CREATE TABLE contacts (
    -- a person or an organisation outside the firm
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'organisation')),
    note TEXT NOT NULL DEFAULT '',
    {_at("created_at")},
    merged_into_id INTEGER REFERENCES contacts(id) ON DELETE RESTRICT
) STRICT""",
    "CREATE INDEX contacts_name ON contacts(name COLLATE NOCASE)",
    """CREATE TABLE contact_addresses (
    -- an address that a contact holds, in normal form; several contacts may hold the same one
    id INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,
    address TEXT NOT NULL CHECK (address <> ''),
    UNIQUE (address, contact_id)
) STRICT""",
    "CREATE INDEX contact_addresses_contact ON contact_addresses(contact_id)",
    f"""CREATE TABLE cases (
    -- a matter the firm works on
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE CHECK (number <> ''),
    title TEXT NOT NULL CHECK (title <> ''),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    {_at("opened_at")},
    {_at("closed_at", null=True)}
) STRICT""",
    """CREATE TABLE case_contacts (
    -- a contact assigned to a case, with the role it has there
    case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE RESTRICT,
    contact_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE RESTRICT,
    role TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (contact_id, case_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_contacts_case ON case_contacts(case_id)",
    """CREATE TABLE case_users (
    -- a user assigned to a case
    case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE RESTRICT,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    PRIMARY KEY (user_id, case_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_users_case ON case_users(case_id)",
    f"""CREATE TABLE leads (
    -- a potential case; case_id names the case it was converted into
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'converted', 'lost')),
    stage TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '',
    {_at("opened_at")},
    {_at("ended_at", null=True)},
    case_id INTEGER REFERENCES cases(id) ON DELETE RESTRICT,
    CHECK ((status = 'converted') = (case_id IS NOT NULL))
) STRICT""",
    "CREATE INDEX leads_case ON leads(case_id) WHERE case_id IS NOT NULL",
    """CREATE TABLE lead_contacts (
    -- a contact of a lead
    lead_id INTEGER NOT NULL REFERENCES leads(id) ON DELETE RESTRICT,
    contact_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE RESTRICT,
    PRIMARY KEY (contact_id, lead_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX lead_contacts_lead ON lead_contacts(lead_id)",
)

MAIL = (
    """CREATE TABLE raw_messages (
    -- the exact bytes of a message as they came, with the SHA-256 in hex and the size of those bytes;
    -- the content is those bytes where packing is '', else packed
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    size INTEGER NOT NULL,
    content BLOB NOT NULL,
    packing TEXT NOT NULL DEFAULT '' CHECK (packing IN ('', 'zlib', 'base64'))
) STRICT""",
    f"""CREATE TABLE emails (
    -- a logged message; all but the numbers and times is derived from its raw message
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE CHECK (length(fingerprint) = 64),
    raw_message_id INTEGER NOT NULL REFERENCES raw_messages(id) ON DELETE RESTRICT,
    standing TEXT NOT NULL CHECK (standing IN ('linked', 'unassigned', 'held', 'rejected')),
    msgid TEXT,
    subject TEXT,
    from_name TEXT NOT NULL DEFAULT '',
    from_address TEXT NOT NULL DEFAULT '',
    {_at("sent_at", null=True)},
    {_at("logged_at")},
    text TEXT NOT NULL DEFAULT '',
    people TEXT NOT NULL DEFAULT '',
    filenames TEXT NOT NULL DEFAULT '',
    has_html INTEGER NOT NULL DEFAULT 0 CHECK (has_html IN (0, 1)),
    forwards TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(forwards)),
    defects TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(defects)),
    size INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX emails_msgid ON emails(msgid) WHERE msgid IS NOT NULL",
    "CREATE INDEX emails_raw ON emails(raw_message_id)",
    "CREATE INDEX emails_sent ON emails(coalesce(sent_at, logged_at), id)",
    "CREATE INDEX emails_forwarded ON emails(id) WHERE forwards <> '[]'",
    "CREATE INDEX emails_waiting ON emails(standing, id) WHERE standing <> 'linked'",
    """CREATE TABLE email_recipients (
    -- an address in To, Cc or Bcc of an email; BCC addresses of users appear masked
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('to', 'cc', 'bcc')),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    UNIQUE (email_id, kind, address, name)
) STRICT""",
    """CREATE TABLE email_references (
    -- a Message-ID that an email names in References or In-Reply-To, oldest first
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    msgid TEXT NOT NULL,
    PRIMARY KEY (email_id, position)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX email_references_msgid ON email_references(msgid)",
    """CREATE TABLE attachments (
    -- a part of an email that is not its text; part numbers it as IMAP does
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    filename TEXT,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    content_id TEXT,
    is_inline INTEGER NOT NULL DEFAULT 0 CHECK (is_inline IN (0, 1)),
    UNIQUE (email_id, part)
) STRICT""",
    f"""CREATE TABLE imports (
    -- one import, continued by the same command until it has ended; user_id: whose mail it was said to be
    id INTEGER PRIMARY KEY,
    {_at("started_at")},
    {_at("ended_at", null=True)},
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    paths TEXT NOT NULL CHECK (json_valid(paths)),
    options TEXT NOT NULL DEFAULT '{{}}' CHECK (json_valid(options)),
    counts TEXT NOT NULL DEFAULT '{{}}' CHECK (json_valid(counts))
) STRICT""",
    """CREATE TABLE import_sources (
    -- how far an import has read a file of many messages: what begins up to position is logged, or skipped and listed
    import_id INTEGER NOT NULL REFERENCES imports(id) ON DELETE RESTRICT,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    position INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    is_done INTEGER NOT NULL DEFAULT 0 CHECK (is_done IN (0, 1)),
    PRIMARY KEY (path, import_id)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE import_skips (
    -- something that an import found and did not log; path names the file of many messages that it is in, else ''
    import_id INTEGER NOT NULL REFERENCES imports(id) ON DELETE RESTRICT,
    origin TEXT NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    path TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (import_id, origin, position)
) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE deliveries (
    -- one arrival of an email for one user
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    source TEXT NOT NULL CHECK (source IN ('pipe', 'lmtp', 'eml', 'maildir', 'mbox')),
    raw_message_id INTEGER NOT NULL REFERENCES raw_messages(id) ON DELETE RESTRICT,
    bcc_address_id INTEGER REFERENCES bcc_addresses(id) ON DELETE RESTRICT,
    import_id INTEGER REFERENCES imports(id) ON DELETE RESTRICT,
    envelope_sender TEXT,
    queue_id TEXT,
    origin TEXT,
    labels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels)),
    standing TEXT NOT NULL CHECK (standing IN ('routed', 'held', 'released', 'rejected')),
    {_at("received_at")},
    UNIQUE (raw_message_id, user_id, source)
) STRICT""",
    "CREATE INDEX deliveries_email ON deliveries(email_id, user_id)",
    "CREATE INDEX deliveries_user ON deliveries(user_id, email_id)",
    f"""CREATE TABLE decisions (
    -- what routing decided for one delivery, whole: every recipient asked and its answer, as JSON;
    -- as_of: the moment whose open cases and leads counted, null for those open at decided_at
    id INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL REFERENCES deliveries(id) ON DELETE RESTRICT,
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    outcome TEXT NOT NULL CHECK (outcome IN ('filed', 'unassigned', 'held')),
    reason TEXT,
    verdicts TEXT NOT NULL CHECK (json_valid(verdicts)),
    {_at("decided_at")},
    {_at("as_of", null=True)}
) STRICT""",
    "CREATE INDEX decisions_email ON decisions(email_id)",
    "CREATE INDEX decisions_delivery ON decisions(delivery_id)",
    """CREATE TABLE email_contacts (
    -- a contact linked to an email, by a rule or by a person
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    contact_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE RESTRICT,
    linked_by TEXT NOT NULL CHECK (linked_by IN ('rule', 'person')),
    PRIMARY KEY (email_id, contact_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX email_contacts_contact ON email_contacts(contact_id, email_id)",
    f"""CREATE TABLE email_cases (
    -- an email filed to a case: by a rule (decision_id) or by a person (user_id, null when no user was named)
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE RESTRICT,
    linked_by TEXT NOT NULL CHECK (linked_by IN ('rule', 'person')),
    decision_id INTEGER REFERENCES decisions(id) ON DELETE RESTRICT,
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    {_at("linked_at")},
    PRIMARY KEY (email_id, case_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX email_cases_case ON email_cases(case_id, email_id)",
    f"""CREATE TABLE email_leads (
    -- an email filed to a lead: by a rule (decision_id) or by a person (user_id, null when no user was named)
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    lead_id INTEGER NOT NULL REFERENCES leads(id) ON DELETE RESTRICT,
    linked_by TEXT NOT NULL CHECK (linked_by IN ('rule', 'person')),
    decision_id INTEGER REFERENCES decisions(id) ON DELETE RESTRICT,
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    {_at("linked_at")},
    PRIMARY KEY (email_id, lead_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX email_leads_lead ON email_leads(lead_id, email_id)",
)

JOURNAL = (
    f"""CREATE TABLE activities (
    -- one thing that happened, never changed: the journal, and with a case or lead the feed of that case or lead;
    -- hash: SHA-256 in hex over the hash of the activity before and all columns of this one
    id INTEGER PRIMARY KEY,
    {_at("at")},
    verb TEXT NOT NULL CHECK (verb <> ''),
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    case_id INTEGER REFERENCES cases(id) ON DELETE RESTRICT,
    lead_id INTEGER REFERENCES leads(id) ON DELETE RESTRICT,
    contact_id INTEGER REFERENCES contacts(id) ON DELETE RESTRICT,
    email_id INTEGER REFERENCES emails(id) ON DELETE RESTRICT,
    about_user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    detail TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL DEFAULT ''
) STRICT""",
    "CREATE INDEX activities_case ON activities(case_id, id) WHERE case_id IS NOT NULL",
    "CREATE INDEX activities_lead ON activities(lead_id, id) WHERE lead_id IS NOT NULL",
    "CREATE INDEX activities_contact ON activities(contact_id, id) WHERE contact_id IS NOT NULL",
    "CREATE INDEX activities_email ON activities(email_id, id) WHERE email_id IS NOT NULL",
    f"""CREATE TABLE batches (
    -- several emails linked at once by a person, so that they can be taken back at once
    id INTEGER PRIMARY KEY,
    {_at("at")},
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    {_at("undone_at", null=True)}
) STRICT""",
    """CREATE TABLE batch_activities (
    -- a link that a batch made, as the activity that tells of it
    batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE RESTRICT,
    activity_id INTEGER NOT NULL REFERENCES activities(id) ON DELETE RESTRICT,
    PRIMARY KEY (batch_id, activity_id)
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER activities_no_update BEFORE UPDATE ON activities
    BEGIN SELECT RAISE(ABORT, 'activities are append-only'); END""",
    """CREATE TRIGGER activities_no_delete BEFORE DELETE ON activities
    BEGIN SELECT RAISE(ABORT, 'activities are append-only'); END""",
    f"""CREATE TABLE notifications (
    -- what we owe a user's attention, until it is read or the matter is settled
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('unassigned', 'held', 'exposed-address', 'import-summary')),
    email_id INTEGER REFERENCES emails(id) ON DELETE RESTRICT,
    import_id INTEGER REFERENCES imports(id) ON DELETE RESTRICT,
    detail TEXT NOT NULL DEFAULT '',
    {_at("created_at")},
    {_at("read_at", null=True)}
) STRICT""",
    "CREATE INDEX notifications_unread ON notifications(user_id, id) WHERE read_at IS NULL",
    "CREATE INDEX notifications_email ON notifications(email_id) WHERE email_id IS NOT NULL",
)

SEARCH = (
    """CREATE VIRTUAL TABLE email_search USING fts5(
    subject, text, from_name, from_address, people, filenames,
    content='emails', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
)""",
    # For large transactions: 32 MB of words are gathered before they are written (1 MB otherwise), and merged later.
    "INSERT INTO email_search(email_search, rank) VALUES ('hashsize', 33554432)",
    "INSERT INTO email_search(email_search, rank) VALUES ('automerge', 8)",
    f"""CREATE TABLE saved_searches (
    -- a query of search under a name, for everybody
    name TEXT PRIMARY KEY COLLATE NOCASE CHECK (name <> ''),
    query TEXT NOT NULL,
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    {_at("saved_at")}
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE search_pauses (
    -- there is a row only inside a transaction that indexes its new emails at its end, in one statement
    after_email_id INTEGER NOT NULL
) STRICT""",
    """CREATE TRIGGER emails_search_insert AFTER INSERT ON emails WHEN NOT EXISTS (SELECT 1 FROM search_pauses) BEGIN
    INSERT INTO email_search(rowid, subject, text, from_name, from_address, people, filenames)
    VALUES (new.id, new.subject, new.text, new.from_name, new.from_address, new.people, new.filenames);
END""",
    """CREATE TRIGGER emails_search_delete AFTER DELETE ON emails BEGIN
    INSERT INTO email_search(email_search, rowid, subject, text, from_name, from_address, people, filenames)
    VALUES ('delete', old.id, old.subject, old.text, old.from_name, old.from_address, old.people, old.filenames);
END""",
    """CREATE TRIGGER emails_search_update AFTER UPDATE OF subject, text, from_name, from_address, people, filenames
ON emails BEGIN
    INSERT INTO email_search(email_search, rowid, subject, text, from_name, from_address, people, filenames)
    VALUES ('delete', old.id, old.subject, old.text, old.from_name, old.from_address, old.people, old.filenames);
    INSERT INTO email_search(rowid, subject, text, from_name, from_address, people, filenames)
    VALUES (new.id, new.subject, new.text, new.from_name, new.from_address, new.people, new.filenames);
END""",
)

ALL = PEOPLE + MAIL + JOURNAL + SEARCH
