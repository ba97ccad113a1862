"""Every public function of the core with what it is called with, what it may raise, and what must be true of its answer."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st

from casefleet_cli.core import letters, likeness
from casefleet_cli.core.addressbooks import vcard
from casefleet_cli.core.addressbooks.columns import OURS, Columns, columns_of
from casefleet_cli.core.addressbooks.joining import Holder
from casefleet_cli.core.addressbooks.written import Card
from casefleet_cli.core.atom import Entry, Feed
from casefleet_cli.core.clauses import Frame
from casefleet_cli.core.forward.blocks import Block, Page
from casefleet_cli.core.forward.doubts import Mail
from casefleet_cli.core.forward.labels import CC, DATE, FROM, LABELS, LANGUAGES, SUBJECT, TO
from casefleet_cli.core.forward.marks import Mark
from casefleet_cli.core.forward.subjects import Told
from casefleet_cli.core.mail import folding, html_text, mime
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.mail.containers import mapi, opening, tnef
from casefleet_cli.core.mail.containers.allowance import Allowance
from casefleet_cli.core.mail.fingerprint import Fingerprint
from casefleet_cli.core.mail.head import Head
from casefleet_cli.core.model import Mailbox
from casefleet_cli.core.moments.days import Days
from casefleet_cli.core.query import Query, Term
from casefleet_cli.core.rules import again, routing, suggestions, tags
from casefleet_cli.core.secrets.copies import Findings
from casefleet_cli.core.secrets.mask import Mask
from casefleet_cli.core.secrets.spelling import Secrets
from casefleet_cli.core.spoofing.suspicions import Known, Person, address_look, key
from casefleet_cli.store.deliveries import verdict_as_json
from tests.firm import BCC, DOMAIN
from tests.fuzz import inputs
from tests.fuzz.inputs import html, mail, mutated, octets, some_of, text, typed
from tests.fuzz.truths import TRUTHS
from tests.patterns import modules

MOST_SECONDS = 1.0
"""Of processor time for one call; nothing here is longer than some 100 KB."""
_ERROR = re.compile(r"\b[A-Z]\w*Error\b")


class Target(NamedTuple):
    """A function that is called."""

    name: str
    """Below casefleet_cli.core."""
    call: Callable[..., Any]
    owner: str
    """The class whose instance it is called on first; "" for a function."""

    @property
    def may_raise(self) -> frozenset[str]:
        """The names of the errors that its docstring names."""
        return frozenset(_ERROR.findall(inspect.getdoc(self.call) or ""))


def all_targets() -> Iterator[Target]:
    """Every public function, class, method and property that is written in the core."""
    for module in modules(("casefleet_cli.core",)):
        short = module.__name__.removeprefix("casefleet_cli.core").removeprefix(".")
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                yield Target(f"{short}.{name}", value, "")
            elif inspect.isclass(value) and not issubclass(value, BaseException):
                if not issubclass(value, tuple):
                    yield Target(f"{short}.{name}", value, "")
                for member, found in vars(value).items():
                    call = found.fget if isinstance(found, property) else found
                    if not member.startswith("_") and inspect.isfunction(call):
                        yield Target(f"{short}.{name}.{member}", call, name)


def _item_of(raw: bytes) -> mapi.Item:
    try:
        return tnef.read(raw, Allowance(len(raw)))
    except opening.DamagedError:
        return mapi.Item(mapi.Properties(), (), ())


def _properties_of(found: dict[int, tuple[int, bytes]]) -> mapi.Properties:
    properties = mapi.Properties((1252,))
    for number, (kind, value) in found.items():
        properties.add(number, kind, value)
    return properties


def _stored(verdict: routing.Verdict) -> dict[str, Any]:
    return verdict_as_json(verdict)


def _stored_decision(decision: routing.Decision) -> dict[str, Any]:
    tag = decision.tag and {**decision.tag._asdict(), "place": decision.tag.place and decision.tag.place._asdict()}
    return {**decision._asdict(), "tag": tag, "verdicts": [_stored(verdict) for verdict in decision.verdicts]}


# What a parameter is given, by its name in one function, or by its type as it is written.

_NO_BLOCK = Block(0, 1, {}, {}, 0)
_number = st.integers(-5, 1 << 16)
_index = st.integers(0, 40)
_people = st.sampled_from(
    ("ada@firm.example", "carl@firm.example", "a@x.example", "b@x.example", "c@x.example", *BCC.values())
)
_mailboxes = st.lists(st.builds(routing.Contact, st.integers(1, 3), text), max_size=2)
_message = mail.map(messages.parse)
_mailbox = st.builds(lambda address, name: Mailbox(name, address), st.one_of(_people, text), text)
_list = st.lists(_mailbox, max_size=3).map(tuple)
_trace = st.lists(st.tuples(st.sampled_from(("received", "authentication-results")), text), max_size=4).map(tuple)
_letterhead = st.one_of(
    st.builds(routing.Letterhead, _list, _list, _list, _list, _list, _trace, st.sampled_from(("", "", "draft"))),
    _message.map(routing.letterhead_of),
)
_owner = st.just(routing.Owner(1, frozenset({"ada@firm.example"})))
_contact = st.builds(routing.Contact, st.integers(1, 4), text)
_case = st.builds(lambda n, title: routing.Case(n, f"2026-10{n}", title), st.integers(1, 4), text)
_lead = st.builds(routing.Lead, st.integers(1, 4), text)
_place = st.builds(routing.Place, st.sampled_from(("case", "lead")), st.integers(1, 4))
_party = st.builds(
    routing.Party,
    *(st.lists(one, max_size=2, unique_by=lambda each: each.id).map(tuple) for one in (_contact, _case, _lead)),
)
_facts = st.builds(
    lambda parties, server: routing.Facts(
        parties, frozenset({"ada@firm.example", "carl@firm.example"}), {BCC["ada"]: 1, BCC["carl"]: 2}, DOMAIN, server
    ),
    st.dictionaries(_people, _party, max_size=3),
    st.sampled_from(("", "", "mx.firm.example")),
)
_tag = st.builds(
    routing.Tag,
    text,
    st.none() | _place,
    text,
    text,
    st.just("open"),
    st.none() | st.just("no-contact"),
)
_decision = st.builds(
    lambda letterhead, facts, vouched, tag: routing.route(letterhead, routing.Owner(1, frozenset({"ada@firm.example"})), facts, vouched=vouched)._replace(tag=tag),
    _letterhead, _facts, st.booleans(), st.none() | _tag,
)  # fmt: skip
_candidate = st.builds(tags.Candidate, _place, text, text, text, st.just("open"))
_earlier = st.builds(
    again.Earlier,
    st.none() | st.sampled_from(("draft", "not-sent-by-owner")),
    st.frozensets(_people, max_size=2),
    text,
)
_days = st.sampled_from([Days(datetime(2026, 11, 24, 9, 0, tzinfo=UTC), UTC, order) for order in (None, "dmy", "mdy")])
_stamp = st.datetimes().map(lambda at: f"{at.year:04d}-{at:%m-%dT%H:%M:%S}Z")
_part = st.one_of(mail, octets).map(mime.tree)
_leaf = st.one_of(mail, octets).flatmap(lambda raw: st.sampled_from(mime.nodes(mime.tree(raw))))
_allowance = st.integers(0, 1 << 20).map(Allowance)
_item = mutated(inputs.tnefs()).map(_item_of)
_properties = st.dictionaries(
    st.sampled_from(sorted(mapi.WANTED)),
    st.tuples(st.sampled_from((mapi.UNICODE, mapi.STRING8, mapi.BINARY, 0x40, 3)), octets),
    max_size=8,
).map(_properties_of)
_fields = st.lists(st.tuples(st.sampled_from(("X-Casefleet-Defects", "Subject", "To")), octets), max_size=4)
_verdict = _decision.map(lambda decision: [_stored(verdict) for verdict in decision.verdicts])


_ADA = Person("user", "Ada Berg", frozenset({"ada@firm.example"}))
_KNOWN = Known(
    {key("Ada Berg"): (_ADA,)},
    {address_look("ada@firm.example"): (_ADA, "ada@firm.example")},
    {"flrm.example": "firm.example"},
)
_clauses = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple), max_size=12)


def _framed(*, is_odd: bool, first: list[list[tuple[str, ...]]]) -> Frame:
    frame = Frame(is_odd=is_odd)
    for clauses in first:
        frame.add(clauses, joined=False)
    return frame


_titles = st.lists(
    st.one_of(st.sampled_from(("Name", "First Name", "E-mail 2 Address", "Company", "Notes")), text), max_size=6
)
_columns = st.one_of(st.just(OURS.split(",")), _titles).map(lambda titles: columns_of(titles) or Columns("", ("name",)))
_card = st.builds(
    Card, text, st.lists(_people, max_size=5).map(tuple), st.sampled_from(("person", "organisation")), text
)
_holder = st.builds(Holder, st.integers(1, 3), text, st.frozensets(_people, max_size=3))
_card_lines = st.lists(
    st.one_of(
        octets,
        st.builds(lambda card: vcard.card(*card).encode("utf-8", "replace"), _card),
        st.sampled_from(
            (
                b"BEGIN:VCARD\n",
                b"END:VCARD\n",
                b"AGENT:\n",
                b"FN;CHARSET=x;ENCODING=QUOTED-PRINTABLE:=\n",
                b" a\n",
                b"\n",
                b"dn: x\n",
                b"cn:: eA\n",
            )
        ),
    ),
    max_size=9,
).map(lambda pieces: b"".join(pieces).splitlines(keepends=True))

BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "Columns": _columns,
    "Iterable[Card]": st.lists(_card, max_size=3),
    "Iterable[bytes]": _card_lines,
    "Sequence[Holder]": st.lists(_holder, max_size=3),
    "Sequence[str]": _titles,
    "Known": st.just(_KNOWN),
    "bool": st.booleans(),
    "bytes": octets,
    "bytes | memoryview": octets,
    "date": st.dates(),
    "datetime | None": st.none() | st.datetimes(timezones=st.just(UTC)),
    "dict[str, str]": st.dictionaries(st.sampled_from(("from", "to", "date")), some_of(sorted(LABELS)), max_size=3),
    "float": st.floats(0, 1e6),
    "int": _number,
    "int | None": st.none() | _number,
    "str": text,
    "str | None": st.none() | text,
    "str | bytes | None": st.one_of(st.none(), text, octets),
    "list[bytes]": st.lists(octets, max_size=4),
    "list[int] | None": st.none() | st.integers(0, 1000).map(lambda room: [room]),
    "list[str]": st.lists(text, max_size=6),
    "list[tuple[str, str]]": st.lists(st.tuples(st.sampled_from(("text/plain", "text/html")), text), max_size=4),
    "Container[str]": st.sampled_from((("href", "src"), ("alt",), ())),
    "Iterable[str]": st.lists(st.one_of(_people, text), max_size=4),
    "Sequence[tuple[str, bytes]]": _fields,
    "Sequence[tuple[str, str]]": _trace,
    "tuple[str, ...]": st.just((DOMAIN,)),
    "tuple[int, ...]": st.lists(st.sampled_from((932, 1252, 65001, 1200, 0, 99999)), max_size=2).map(tuple),
    "tuple[str, str, bytes] | None": st.none() | st.tuples(text, st.just("application/pdf"), octets),
    "Callable[[], Iterable[str]]": st.just(BCC.values),
    "Callable[[], Callable[[str], str]]": st.just(lambda: html_text.to_text),
    "Callable[[Part], str]": st.just(lambda part: Head(part).in_lines()),
    "Callable[[bytes], Findings]": st.just(lambda _: Findings()),
    "Callable[[str], str]": st.just(str.upper),
    "Callable[[str, str], bool]": st.just(lambda one, other: one == other),
    "Allowance": _allowance,
    "Days": _days,
    "Decision": _decision,
    "Facts": _facts,
    "Likeness": text.map(likeness.of),
    "Frame": st.builds(_framed, is_odd=st.booleans(), first=st.lists(_clauses, max_size=1)),
    "Fingerprint": st.builds(Fingerprint),
    "Head": _part.map(Head),
    "Item": _item,
    "Iterable[Candidate]": st.lists(_candidate, max_size=4),
    "Iterable[Clue]": st.lists(
        st.builds(suggestions.Clue, st.sampled_from(("forward", "contact")), text, _people, _party), max_size=4
    ),
    "Iterable[Earlier]": st.lists(_earlier, max_size=3),
    "Iterable[ThreadLink]": st.lists(st.builds(suggestions.ThreadLink, st.integers(1, 9), _place, text), max_size=4),
    "Iterable[tuple[Place, str, str]]": st.lists(st.tuples(_place, text, text), max_size=3),
    "Letterhead": _letterhead,
    "Letterhead | None": st.none() | _letterhead,
    "Mask": st.just(Mask(DOMAIN, BCC.values)),
    "Message": _message,
    "Owner": _owner,
    "Page": text.map(Page),
    "Part": st.one_of(_part, _leaf),
    "Place": _place,
    "Properties": _properties,
    "Query": st.lists(st.lists(st.builds(Term, st.sampled_from(("", "from")), text), min_size=1).map(tuple)).map(
        lambda groups: Query(tuple(groups))
    ),
    "Secrets": st.just(Secrets((DOMAIN,), BCC.values())),
    "Sequence[Part]": _part.map(lambda part: mime.nodes(part)[1:]),
    "Set[Place]": st.sets(_place, max_size=3),
    "Tag": _tag,
    "Term": st.builds(Term, st.sampled_from(("", "from", "is")), text, st.booleans(), st.booleans()),
    "Callable[[], str | None] | None": st.sampled_from((None, "iso-8859-2", "iso-2022-jp", "strange")).map(
        lambda label: label and (lambda: label)
    ),
    "Tag | None": st.none() | _tag,
    "Mail": st.builds(Mail, st.none() | text, _list),
    "Told": st.builds(Told, st.sampled_from(("forward", "reply", "plain", "unknown")), st.none() | text, st.booleans()),
    "mapi.Item": _item,
    "tuple[Mailbox, ...]": _list,
    "Sequence[Mailbox]": _list,
    "tuple[Candidate, ...]": st.lists(_candidate, max_size=2).map(tuple),
    "tuple[Contact, ...]": st.lists(_contact, max_size=2).map(tuple),
}
"""`self` has the type of its class."""

_entry = st.builds(Entry, text, text, text, text, text)

BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "atom.document.feed": st.builds(Feed, text, text, text, text, text, text, st.lists(_entry, max_size=3).map(tuple)),
    "addressbooks.joining.joined.addresses": st.lists(_people, max_size=3),
    "mail.alternatives.differ.pages": html,
    "spoofing.suspicions.of_defects.defects": st.lists(st.sampled_from(("date-missing", "alternatives-differ"))),
    "spoofing.suspicions.of_person.field": st.sampled_from(("from", "to", "cc", "bcc", "forward")),
    "letters.as_written.others": text.map(lambda text: letters.others([text])),
    "letters.replaced.others": text.map(lambda text: letters.others([text])),
    "letters.as_written.mark": st.just(("\ufdd0", "\ufdd1")),
    "clauses.Frame.add.clauses": _clauses,
    "query.parse.text": st.one_of(
        typed, st.lists(st.sampled_from(("(", ")", "-(", "NOT ", "NOT(", " OR ", "a ", "b)", '"', "to:c"))).map("".join)
    ),
    "query.has_letters.text": typed,
    "moments.typed.span.text": typed,
    "moments.typed.moment.text": typed,
    "forward.find.find.html": st.none() | html,
    "forward.find.find_all.html": st.none() | html,
    "logline.log_line.outcome": st.sampled_from(("filed", "unknown-address")),
    "forward.labels.of_language.language": st.sampled_from(sorted(LANGUAGES)),
    "forward.labels.of_language.field": st.sampled_from((FROM, DATE, TO, CC, SUBJECT)),
    "mail.body.join.pieces": st.lists(text, max_size=4),
    "mail.containers.cms.content_of.octets": mutated(inputs.cmses()),
    "mail.containers.msg.read.octets": mutated(inputs.msgs()),
    "mail.containers.tnef.read.octets": mutated(inputs.tnefs()),
    "mail.containers.tnef.read.depth": st.integers(0, 9),
    "mail.containers.opening.entity_of.kind": st.sampled_from(("smime", "tnef", "msg", "mail")),
    "mail.containers.opening.entity_of.octets": mutated((*inputs.cmses(), *inputs.msgs(), *inputs.tnefs())),
    "mail.containers.calendar.words.text": mutated((inputs.CALENDAR,)).map(lambda raw: raw.decode("utf-8", "replace")),
    "mail.containers.rtf.decompressed.most": st.none() | st.integers(0, 5000),
    "mail.html_text.to_text.html": st.one_of(html, text),
    "mail.html_tags.tokens.html": st.one_of(html, text),
    "mail.message.part_bytes.part": st.sampled_from(("1", "2", "1.1", "2.1", "x", "")),
    "mail.forwarded.attached.room": st.integers(0, 5000).map(lambda letters: [letters]),
    "mail.fields.fields_of.position": st.integers(0, 50),
    "mail.mime.tree_inside.number": st.sampled_from(("1", "2.1")),
    "mail.mime.Part.describe.default_type": st.sampled_from(("text/plain", "message/rfc822")),
    "mail.transfer.decode.start": st.integers(0, 50),
    "mail.transfer.decode.encoding": st.sampled_from(
        ("", "7bit", "base64", "quoted-printable", "x-uuencode", "strange")
    ),
    "moments.order.day_and_month.order": st.sampled_from((None, "dmy", "mdy")),
    "moments.order.whole_year.digits": st.integers(0, 9999).map(str),
    "moments.days.Days.local.stamp": _stamp,
    "moments.days.Days.day.stamp": _stamp,
    "moments.days.Days.minute.stamp": _stamp,
    "rules.explanation.case_name.case": _case.map(lambda case: case._asdict()),
    "rules.explanation.sentences.decision": _decision.map(_stored_decision),
    "rules.explanation.tag_sentence.tag": _tag.map(
        lambda tag: {**tag._asdict(), "place": tag.place and tag.place._asdict()}
    ),
    "rules.explanation.verdict_sentence.verdict": _verdict.filter(bool).map(lambda verdicts: verdicts[0]),
    "rules.tags.fitting.tag": text.map(tags.normalised),
    "spreadsheets.harmless_cell.value": st.none() | text | st.integers(),
    "secrets.mask.domains.logging_domain": st.sampled_from((DOMAIN, "xn--mnchen-3ya.example", "", "münchen.example")),
}
"""Where the type says too little."""

_blocks = text.map(lambda text: Page(f"From: a@x.example\n{text}")).map(lambda page: (page, page.block(0) or _NO_BLOCK))

WHOLE: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "forward.blocks.Page.skip_blank": st.tuples(text.map(Page), _index, st.integers(0, 5)),
    "forward.blocks.Page.block": text.map(Page).flatmap(
        lambda page: st.tuples(st.just(page), st.integers(0, len(page.lines) - 1))
    ),
    "forward.headers.of_block": _blocks.map(lambda found: (found[1], found[1].end)),
    "forward.headers.one_line": _blocks.map(lambda found: (found[0], found[1].start, None)),
    "forward.headers.fuller": _blocks.map(lambda found: (found[0], found[1].start, found[1], "Deed")),
    "forward.headers.following": st.tuples(text.map(Page), st.none() | text).map(
        lambda given: (given[0], 0, Mark("forwarded", "", is_framed=True), given[1])
    ),
    "forward.notes.read": text.map(Page).flatmap(
        lambda page: st.tuples(st.just(page), st.integers(0, len(page.lines) - 1))
    ),
    "forward.unlabelled.read": text.map(Page).flatmap(
        lambda page: st.tuples(st.just(page), st.integers(0, len(page.lines) - 1))
    ),
    "forward.foreign.read": st.tuples(text.map(Page), st.none() | text).flatmap(
        lambda given: st.tuples(st.just(given[0]), st.integers(0, len(given[0].lines) - 1), st.just(given[1]))
    ),
    "forward.quotes.read": st.lists(text, min_size=1, max_size=5).flatmap(
        lambda lines: st.tuples(st.just(lines), st.integers(0, len(lines) - 1))
    ),
    "mail.containers.mapi.Properties.add": st.tuples(_properties, _number, _number, octets),
    "mail.enclosed.unfold": _part.map(lambda part: (part, mime.nodes(part))),
    "mail.folding.fold": octets.map(lambda raw: (raw, folding.find(raw))),
    "mail.folding.unfold": octets.map(lambda raw: (folding.fold(raw, folding.find(raw)),)),
    "mail.fields.fields_of": st.tuples(octets, st.integers(0, 50)).map(lambda given: (*given, len(given[0]))),
    "mail.message.parse": st.one_of(mail, octets).map(lambda raw: (raw, folding.find(raw), DOMAIN)),
    "mail.mime.Part": octets.map(lambda raw: (raw, 0, len(raw), "1", "text/plain", mime._Budget(len(raw)))),
    "mail.transfer.decode": st.tuples(octets, st.integers(0, 50), BY_NAME["mail.transfer.decode.encoding"]).map(
        lambda given: (given[0], min(given[1], len(given[0])), len(given[0]), given[2])
    ),
}
"""All arguments of a function, where they depend on each other."""


def arguments(target: Target) -> st.SearchStrategy[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What a function is called with; raises KeyError, with the name of a parameter, where nobody said."""
    if target.name in WHOLE:
        return st.tuples(WHOLE[target.name], st.just({}))
    positional: list[st.SearchStrategy[Any]] = []
    named: dict[str, st.SearchStrategy[Any]] = {}
    for parameter in inspect.signature(target.call).parameters.values():
        written = target.owner if parameter.name == "self" else str(parameter.annotation)
        key = f"{target.name}.{parameter.name}"
        if key not in BY_NAME and written not in BY_TYPE:
            raise KeyError(f"{key}: {written}")
        strategy = BY_NAME[key] if key in BY_NAME else BY_TYPE[written]
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += [strategy, strategy]
        elif parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = strategy
        else:
            positional.append(strategy)
    return st.tuples(st.tuples(*positional), st.fixed_dictionaries(named))


def call(target: Target, args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Call a function and hold its answer against what must be true; raises AssertionError, or what it should not."""
    started = time.process_time()
    try:
        answer = target.call(*args, **named)
        if inspect.isgenerator(answer):
            answer = list(answer)
    except Exception as error:
        if target.may_raise.isdisjoint(kind.__name__ for kind in type(error).__mro__):
            raise
        answer = None
    else:
        if target.name in TRUTHS:
            TRUTHS[target.name](answer, *args, **named)
    seconds = time.process_time() - started
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s of processor time"
