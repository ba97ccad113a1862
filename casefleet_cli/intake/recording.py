"""Messages become rows: what is new and what is known is told apart here, and nowhere else."""

from __future__ import annotations

from casefleet_cli.core.rules import again, routing
from casefleet_cli.core.rules.notices import notices_for, notices_of_tag
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import activities, database, deliveries, emails, links, notifications, originals, standings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from casefleet_cli.core.rules.routing import Decision, Place
    from casefleet_cli.intake.deciding import Memory
    from casefleet_cli.intake.understanding import Understood
    from casefleet_cli.store.deliveries import Arrival
    from casefleet_cli.store.emails import Rows

DUPLICATE = "duplicate"


class Mail(NamedTuple):
    """One message, and how it came."""

    understood: Understood
    arrival: Arrival

    @property
    def rows(self) -> Rows:
        """What it becomes in the database; where it tells no moment itself, that of its archive."""
        rows, moment = self.understood.rows, self.arrival.moment
        if rows.sent_at is not None or not moment:
            return rows
        return rows._replace(sent_at=moment, moment_from="archive")


class Receipt(NamedTuple):
    """What became of one message."""

    email_id: int | None
    """None when nothing was kept."""
    outcome: str
    """"filed", "unassigned", "held", "never-logged"; "duplicate" when nothing changed but perhaps a delivery."""
    places: tuple[Place, ...] = ()


def record(
    connection: sqlite3.Connection, mails: Sequence[Mail], memory: Memory, *, vouched: bool = False
) -> list[Receipt]:
    """Log messages inside the caller's transaction, in their order; what became of each.

    The memory must be of the same transaction. Messages of which nothing is known are logged together in few
    statements, all others each in its turn. Errors as `receiving.receive`.
    """
    recorder = Recorder(connection, memory, vouched=vouched)
    if len(mails) == 1:
        return [recorder.one(mails[0])]
    known = originals.known(connection, [mail.understood.original.sha256 for mail in mails])
    known |= emails.known_fingerprints(connection, [mail.understood.rows.fingerprint for mail in mails])
    receipts: list[Receipt] = []
    news: list[Mail] = []
    for mail in mails:
        keys = (mail.understood.original.sha256, mail.understood.rows.fingerprint)
        if known.isdisjoint(keys):
            news.append(mail)
        else:
            receipts += recorder.together(news)
            news.clear()
            receipts.append(recorder.one(mail))
        known.update(keys)
    return receipts + recorder.together(news)


def foresee(connection: sqlite3.Connection, mail: Mail, memory: Memory, *, vouched: bool = False) -> str:
    """What would become of a message, as a receipt says it; changes nothing."""
    known = _known(connection, mail)
    if known.is_seen and not known.was_unsent:
        return DUPLICATE
    decided = _decided(mail, memory, vouched=vouched)
    if not _is_logged(decided):
        return decided.outcome
    decision = _judged(connection, known, mail, decided)
    return DUPLICATE if decision is None else decision.outcome


class _Known(NamedTuple):
    """What earlier deliveries made of a message."""

    email_id: int | None
    """None: it is new."""
    is_seen: bool
    """The same bytes came from the same source for the same user."""
    was_unsent: bool
    """They came as a draft, deleted or junk, and come as sent now."""
    standings: frozenset[str]
    """Of the deliveries of the email for this user."""

    @property
    def was_decided(self) -> bool:
        """Whether an earlier delivery was let in for this user."""
        return not self.standings.isdisjoint(("routed", "released"))


def _known(connection: sqlite3.Connection, mail: Mail) -> _Known:
    understood, arrival = mail
    copy = (understood.original.sha256, arrival.user_id, arrival.source)
    earlier = deliveries.seen(connection, *copy)
    was_unsent = earlier is not None and not arrival.state and deliveries.was_unsent(connection, *copy)
    if earlier is not None and not arrival.tag and not was_unsent:
        return _Known(earlier, is_seen=True, was_unsent=False, standings=frozenset())
    email_id = earlier or emails.by_fingerprint(connection, understood.rows.fingerprint)
    standings = () if email_id is None else deliveries.standings(connection, email_id, arrival.user_id)
    return _Known(email_id, is_seen=earlier is not None, was_unsent=was_unsent, standings=frozenset(standings))


def _decided(mail: Mail, memory: Memory, *, vouched: bool) -> Decision:
    """The decision for a message by itself, with what its archive says of it."""
    understood, arrival = mail
    letterhead = understood.letterhead
    if letterhead is not None and arrival.state:
        letterhead = letterhead._replace(state=arrival.state)
    decision = memory.decide(letterhead, arrival.user_id, mail.rows.sent_at, vouched=vouched)
    if not arrival.tag:
        return decision
    return memory.heed(decision, arrival.tag, letterhead, arrival.user_id, mail.rows.forwards)


def _judged(connection: sqlite3.Connection, known: _Known, mail: Mail, decision: Decision) -> Decision | None:
    """What a decision adds where something is known of the email; None when that is nothing."""
    if known.email_id is None:
        return decision
    decision = again.without(decision, activities.taken_away(connection, known.email_id))
    if known.was_decided:
        return again.addition(decision, deliveries.earlier(connection, known.email_id, mail.arrival.user_id))
    return None if decision.outcome == "held" and known.standings else decision


class _Done(NamedTuple):
    """What was decided for one delivery."""

    decision: Decision
    delivery_id: int
    email_id: int
    arrival: Arrival


class Recorder:
    """Logs inside one transaction; a bug while deriving leaves a bare email, never less."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory, *, vouched: bool) -> None:
        self._connection = connection
        self._memory = memory
        self._vouched = vouched

    def together(self, news: Sequence[Mail]) -> list[Receipt]:
        """Log messages of which nothing is known, or one by one when a bug gets in the way."""
        if not news:
            return []
        receipts = database.attempt(self._connection, lambda: self._new(news))
        return receipts if receipts is not None else [self.one(mail) for mail in news]

    def one(self, mail: Mail) -> Receipt:
        """Log a message of which anything may be known."""
        receipt = database.attempt(self._connection, lambda: self._known_or_new(mail))
        return receipt or self._known_or_new(mail._replace(understood=mail.understood.bare()))

    def _known_or_new(self, mail: Mail) -> Receipt:
        known = _known(self._connection, mail)
        if known.email_id is None:
            return self._new([mail])[0]
        if known.is_seen:
            return self._once_more(known.email_id, known, mail)
        return self._further(known.email_id, known, mail)

    def _new(self, mails: Sequence[Mail]) -> list[Receipt]:
        """Log messages as emails of their own, all of it in few statements; what is never logged is counted."""
        self._memory.look_up([clue for mail in mails for clue in routing.clues_of(mail.understood.letterhead)])
        decisions = [self._decide(mail) for mail in mails]
        logged = [(mail, decision) for mail, decision in zip(mails, decisions, strict=True) if _is_logged(decision)]
        receipts = iter(self._log(logged) if logged else ())
        return [
            next(receipts) if _is_logged(decision) else self._left_out(mail)
            for mail, decision in zip(mails, decisions, strict=True)
        ]

    def _log(self, decided: Sequence[tuple[Mail, Decision]]) -> list[Receipt]:
        """Log messages as what was decided about them, in few statements."""
        connection = self._connection
        mails, decisions = [mail for mail, _ in decided], [decision for _, decision in decided]
        raws = originals.keep_all(connection, [mail.understood.original for mail in mails])
        first_email = emails.add_all(
            connection,
            [
                emails.New(mail.rows, raw, mail.understood.original.size, _standing(decision))
                for mail, raw, decision in zip(mails, raws, decisions, strict=True)
            ],
        )
        first_delivery = deliveries.add_all(
            connection,
            [
                (mail.arrival, email_id, raw, "held" if decision.outcome == "held" else "routed")
                for email_id, (mail, raw, decision) in enumerate(zip(mails, raws, decisions, strict=True), first_email)
            ],
        )
        self._carry_out(
            [
                _Done(decision, first_delivery + n, first_email + n, mail.arrival)
                for n, (mail, decision) in enumerate(zip(mails, decisions, strict=True))
            ]
        )
        return [
            Receipt(email_id, decision.outcome, decision.places)
            for email_id, decision in enumerate(decisions, first_email)
        ]

    def _once_more(self, email_id: int, known: _Known, mail: Mail) -> Receipt:
        """Keep no bytes anew; a case tag that they did not come with is heeded, and that they are sent now."""
        connection, (understood, arrival) = self._connection, mail
        is_news = known.was_decided and (arrival.tag or known.was_unsent)
        decided = self._decide(mail) if is_news else None
        decision = _judged(connection, known, mail, decided) if decided and _is_logged(decided) else None
        if decision is None or (decision.tag is None and not known.was_unsent):
            return Receipt(email_id, DUPLICATE)
        delivery_id = deliveries.number_of(connection, understood.original.sha256, arrival.user_id, arrival.source)
        if known.was_unsent:
            deliveries.sent_after_all(connection, delivery_id, arrival.labels)
        return self._decided_again(_Done(decision, delivery_id, email_id, arrival))

    def _further(self, email_id: int, known: _Known, mail: Mail) -> Receipt:
        """Log a further delivery of an email; it decides for its owner what no earlier one decided."""
        connection, (understood, arrival) = self._connection, mail
        decided = self._decide(mail)
        if not _is_logged(decided):
            return self._left_out(mail)
        (raw,) = originals.keep_all(connection, [understood.original])
        emails.add_recipients(connection, email_id, understood.rows)
        decision = _judged(connection, known, mail, decided)
        if decision is None:
            standing = "routed" if known.was_decided else "rejected" if "rejected" in known.standings else "held"
            deliveries.add_all(connection, [(arrival, email_id, raw, standing)])
            return Receipt(email_id, DUPLICATE)
        standing = "held" if decision.outcome == "held" else "routed"
        delivery_id = deliveries.add_all(connection, [(arrival, email_id, raw, standing)])
        return self._decided_again(_Done(decision, delivery_id, email_id, arrival))

    def _left_out(self, mail: Mail) -> Receipt:
        """Keep nothing of a mail that nobody is to log; count it, and tell its user once."""
        user_id = mail.arrival.user_id
        activities.add(self._connection, "never-logged", about_user_id=user_id)
        if not notifications.was_told(self._connection, user_id, "never-logged"):
            notifications.add(self._connection, user_id, "never-logged")
        return Receipt(None, routing.NEVER_LOGGED)

    def _decided_again(self, done: _Done) -> Receipt:
        """Carry out what a further delivery decided. Mail that a person rejected comes back when a rule files it."""
        self._carry_out([done])
        standing = standings.refresh(self._connection, done.email_id)
        if standing == "linked":
            notifications.settle(self._connection, done.email_id, "unassigned", "no-contact", "given", "rejected")
        elif standing == "rejected" and done.decision.outcome != "held":
            self._tell_of_rejection(done)
        return Receipt(done.email_id, done.decision.outcome, done.decision.places)

    def _tell_of_rejection(self, done: _Done) -> None:
        """Tell whose mail it is, instead of that it waits, that a person rejected it and why."""
        notifications.settle(self._connection, done.email_id, "unassigned")
        rejected = activities.rejection(self._connection, done.email_id)
        if rejected is not None and done.arrival.import_id is None:
            notifications.add(
                self._connection, done.arrival.user_id, "rejected", email_id=done.email_id, detail=rejected["detail"]
            )

    def take_over(self, mail: Mail, delivery_id: int, raw_message_id: int) -> None:
        """Give a delivery that is there the email it should have been of, and route it as if it had just come.

        What a person decided about it, to let it in or to reject it, stays.
        """
        connection, arrival = self._connection, mail.arrival
        standing = deliveries.standing(connection, delivery_id)
        decision = self._decide(mail)
        if not _is_logged(decision):  # it is there already
            decision = routing.unrouted(decision, routing.NEVER_LOG)
        if standing in ("released", "rejected"):
            decision = routing.unrouted(decision, routing.NOT_SENT_BY_OWNER)
        email_id = emails.by_fingerprint(connection, mail.rows.fingerprint)
        if email_id is None:
            new = emails.New(mail.rows, raw_message_id, mail.understood.original.size, _standing(decision))
            email_id = emails.add_all(connection, [new])
        else:
            decision = again.without(decision, activities.taken_away(connection, email_id))
            emails.add_recipients(connection, email_id, mail.rows)
        deliveries.move(connection, delivery_id, email_id)
        if standing in ("routed", "held"):
            deliveries.set_standing(connection, delivery_id, "held" if decision.outcome == "held" else "routed")
        self._carry_out([_Done(decision, delivery_id, email_id, arrival)])
        standings.refresh(connection, email_id)

    def _decide(self, mail: Mail) -> Decision:
        return _decided(mail, self._memory, vouched=self._vouched)

    def _carry_out(self, done: Sequence[_Done]) -> None:
        """Store decisions, link what they say, write the activities and tell whom it concerns."""
        connection = self._connection
        first = deliveries.add_decisions(connection, [(one.delivery_id, one.email_id, one.decision) for one in done])
        links.add_contacts(
            connection, [(one.email_id, contact.id) for one in done for contact in one.decision.contacts]
        )
        for one in done:
            self._put_by_hand(one)
        filed = links.add_places(
            connection,
            [
                (one.email_id, place, decision)
                for decision, one in enumerate(done, first)
                for place in one.decision.places
            ],
        )
        activities.add_all(
            connection,
            [(verb, place, one.email_id, one.arrival.user_id) for one in done for verb, place in _told(one, filed)],
        )
        for one in done:
            if one.arrival.import_id is None:
                notices = notices_for(one.decision, one.arrival.user_id)
                for notice in (*notices, *notices_of_tag(one.decision.tag, one.arrival.user_id, one.email_id)):
                    notifications.add(
                        connection, notice.user_id, notice.kind, email_id=one.email_id, detail=notice.detail
                    )

    def _put_by_hand(self, done: _Done) -> None:
        """Link an email where its case tag says, as its owner would."""
        tag, email_id, user_id = done.decision.tag, done.email_id, done.arrival.user_id
        if tag is None or tag.place is None or not tag.is_filed:
            return
        if links.add(self._connection, email_id, tag.place, user_id=user_id):
            activities.add(
                self._connection,
                "linked",
                user_id=user_id,
                email_id=email_id,
                case_id=tag.place.case_id,
                lead_id=tag.place.lead_id,
                detail=f"case tag +{tag.written}",
            )


def _is_logged(decision: Decision) -> bool:
    return decision.outcome != routing.NEVER_LOGGED


def _standing(decision: Decision) -> str:
    return "linked" if decision.outcome == "filed" else decision.outcome


def _told(done: _Done, filed: set[tuple[int, Place]]) -> list[tuple[str, Place | None]]:
    """What the journal tells of a decision: each place that is new by a rule, or that there is none."""
    decision = done.decision
    if decision.outcome == "filed":
        return [("filed", place) for place in decision.places if (done.email_id, place) in filed]
    return [("held" if decision.outcome == "held" else "logged", None)]
