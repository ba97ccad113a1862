"""What the columns of a table of contacts mean: our own, and those of Outlook, Google and Thunderbird, in languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.addressbooks.entry import Entry, entry_of, whole_name
from casefleet_cli.core.names import folded
from casefleet_cli.core.spreadsheets import typed_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "name,address,kind,note"
_LONGEST_TITLE = 80
_DIGITS = re.compile(r"[0-9]+")
_MEANINGS = {
    "name": """name, full name, display name, anzeigename, vollstandiger name, nom complet, nom affiche,
        nombre completo, nombre para mostrar, nome completo, nome visualizzato, naam, volledige naam, weergavenaam""",
    "prefix": "title, name prefix, prefix, anrede, titel, titre, titulo, titolo",
    "given": "first name, given name, vorname, prenom, nombre, nome, voornaam",
    "middle": """middle name, additional name, weitere vornamen, deuxieme prenom, segundo nombre, secondo nome,
        middelste naam""",
    "family": """last name, family name, surname, nachname, familienname, nom, nom de famille, apellidos, apellido,
        cognome, achternaam""",
    "suffix": "suffix, name suffix, suffixe, sufijo, titolo straniero, achtervoegsel",
    "organisation": """company, company name, organization, organisation, organization name, organization - name, firma,
        unternehmen, societe, entreprise, compania, organizacion, empresa, societa, azienda, organizzazione, bedrijf""",
    "job": """job title, organization title, organization - title, position, fonction, cargo, puesto, posizione,
        qualifica, functie""",
    "note": "note, notes, notizen, bemerkungen, remarques, notas, notities",
    "kind": "kind",
    "address": "address, addresses",
    "email": """email, e-mail, mail, emails, e-mails, email address, e-mail address, email addresses, e-mail addresses,
        e-mail - value, email - value, primary email, secondary email, primary e-mail, secondary e-mail, e-mail-adresse,
        e-mail-adressen, e-mail : adresse, e-mail: adresse, e-mailadresse, primare e-mail-adresse,
        sekundare e-mail-adresse, adresse de messagerie, adresse e-mail, adresse electronique, courriel,
        direccion de correo electronico,
        direccion del correo electronico, correo electronico, indirizzo posta elettronica,
        indirizzo di posta elettronica, indirizzo e-mail, e-mailadres""",
}
"""Titles without case, accents and numbers, by what their cells are."""
_FIELDS = {" ".join(title.split()): field for field, titles in _MEANINGS.items() for title in titles.split(",")}
_PROGRAMS = (
    ("Google", ("e-mail - value", "email - value")),
    ("Thunderbird", ("primary email", "primare e-mail-adresse")),
    ("Outlook", ("e-mail address", "e-mail-adresse", "adresse de messagerie", "direccion de correo electronico",
                 "indirizzo posta elettronica", "e-mailadres")),
)  # fmt: skip
"""By titles that only they have, as far as it matters: beside a first or last name."""
_NAMING = frozenset(("name", "given", "family", "organisation"))


class Columns(NamedTuple):
    """What the first line of a table says."""

    program: str
    """Whose table it is, "" for our own and unknown ones."""
    fields: tuple[str, ...]
    """By column; "" for what is not taken."""


def columns_of(titles: Sequence[str]) -> Columns | None:
    """What these titles mean; None when no column holds names."""
    plain = [_plain(title) for title in titles]
    fields = [_FIELDS.get(title, "") for title in plain]
    # Beside a column of e-mail addresses, "Address" is where somebody lives.
    where = "" if "email" in fields else "email"
    fields = [where if field == "address" else field for field in fields]
    if _NAMING.isdisjoint(fields):
        return None
    is_of_program = not {"given", "family"}.isdisjoint(fields)
    program = next((name for name, marks in _PROGRAMS if is_of_program and not set(marks).isdisjoint(plain)), "")
    return Columns(program, tuple(fields))


def known_columns(titles: Sequence[str]) -> int:
    """How many of these titles mean something here."""
    return sum(_plain(title) in _FIELDS for title in titles)


def entry_in(columns: Columns, line: int, cells: Sequence[str]) -> Entry:
    """The contact of one row."""
    found: dict[str, list[str]] = {}
    for field, cell in zip(columns.fields, cells, strict=False):
        if field and cell.strip():
            found.setdefault(field, []).append(typed_cell(cell.strip()))
    if any(cell.strip() for cell in cells[len(columns.fields) :]):
        name = " ".join(found.get("name", ()))
        wanted = f"It has more cells than the first line has columns ({len(columns.fields)})"
        return Entry(line, name, refused=f"{wanted}; a cell that holds the mark between cells needs quotes around it.")

    def first(field: str) -> str:
        return found.get(field, [""])[0]

    parts = (first(part) for part in ("prefix", "given", "middle", "family", "suffix"))
    return entry_of(
        line,
        " ".join(found.get("name", ())) or whole_name(*parts),
        found.get("email", []),
        organisation=first("organisation"),
        job=first("job"),
        note="\n".join(found.get("note", ())),
        kind=first("kind").lower().replace("organization", "organisation"),
        needs_name=not columns.program,
    )


def _plain(title: str) -> str:
    return " ".join(_DIGITS.sub(" ", folded(title[:_LONGEST_TITLE])).split())
