"""casefleet: e-mail logging for law firms, on the firm's own mail server. What a newcomer reads first.

A mail is never lost, never doubled, never filed on a guess, never shown to a stranger, and always says why it is where
it is. That sentence decides every doubt.

The floors, from the top; imports go down only (pyproject.toml has the contracts, `make check` runs them):

    __main__                     picks the door before importing anything heavy
    cli  lda  web                the doors: Typer commands; one delivery; the pages, a plugin of Datasette
    lmtp  install                the door that stays; this machine: doctor, Postfix's lines, units, map of recipients
    desk  archive  custody       what people change by hand; bulk import; verify, backup, restore, export, reparse
    intake                       the one way in for mail
    access                       who sees and may do what
    store  sources  config       SQL, and nowhere else; what files and archives hold; where the database is
    core  files                  PURE: the same arguments give the same answer, nothing is read, nothing is written;
                                 what is written whole: beside its name, synced, then there at once
    errors  clock                the sentences people get; time and chance
    light                        named tuples without `typing`, which a delivery does not load

A letter's way, with no turning back: `lda`, `lmtp` or `archive` has the bytes and an arrival (for whom, from where).
`intake.understanding` packs the bytes to be kept and has `core.mail.message` parse them, in a process that
`intake.workers` may end; `core.secrets` masks what would tell a BCC address. `intake.recording` tells what is new from
what is known, asks `store.facts` about every address at once, has `core.rules.routing` decide, and writes all of it in
one transaction: bytes, e-mail, decision, links, activities, notifications. If deriving fails by a bug, the bytes and a
bare e-mail are committed; only if nothing can be committed does a door answer "try again" (75).

Where a new thing goes:

    a rule, a reason, a suggestion        core/rules, with a row in the table of tests/unit/test_routing.py
    something mail programs write         core/mail (bytes, MIME, headers) or core/forward (what is quoted in a text)
    a form in which mail is wrapped       core/mail/containers: bytes in, a MIME entity out; told by core/mail/enclosed
    what deceives about a sender          core/spoofing, marked in every list by desk.spoofing
    a letter that is as good as another   core/letters: for names, for what search is asked and for what its index holds
    a way to write dates                  core/moments: in header fields, above forwarded mail, typed by people
    something a firm decides              desk.settings.SETTINGS, with what it accepts and what counts when not set
    a file format                         sources: bytes in, (origin, bytes, labels) out; told apart in `looks`, and
                                          called by `many` (messages in one file) or `eml` (one message, wrapped)
    an address book's form                core/addressbooks, told by looking in sources.addressbooks
    a command                             cli, thin, named in cli.app.COMMANDS; what it changes is a function of a desk
    a page                                web, with its question to the database in store and its limits from access
    a table or column for questions       store.plain, explained in custody/snapshot.yaml: for snapshots and for /data
    a column or table                     a numbered migration in store.migrations; a change of every row in slices
    a way to prove or keep                custody
    a question to the machine             install; what stands on it beside the program: install.placing

Errors: the sender's fault is data (a defect of the e-mail), never an exception. A person's fault is a CasefleetError
whose class stands in the room that raises it, with one sentence and an exit code; `lda` and `cli` alone translate. A
bug is one line at the command line, 75 at the doors, and a bare e-mail while deriving.

Words mean one thing each: message (bytes and what was parsed), email (a logged message: a row, a number that people
type), delivery (one arrival for one user), link, activity, `msgid` (the Message-ID header, never a key).
"""

__version__ = "0.1.0"
