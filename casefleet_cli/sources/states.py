"""What an archive says a mail is besides sent or received mail: a draft, thrown away, or junk.

It is told by the folder or label that the mail is in, by flags, and by fields that mail programs write into its header.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STATES = ("deleted", "junk", "draft")
"""The states there are besides "" (mail that was sent or received); where several are true, the first counts."""

_NAMES = {
    # English first, then from west to east
    "draft": """
        draft|drafts|my drafts|draft messages|templates|outbox|unsent|unsent messages|unsent mail|queued
        entwurf|entwürfe|nicht gesendet|ungesendete nachrichten|zu sendende nachrichten
        brouillon|brouillons|messages non envoyés
        borrador|borradores|mensajes sin enviar
        bozza|bozze|messaggi non inviati
        concepten
        rascunho|rascunhos|esborrany|esborranys|zirriborroak|zirriborro
        utkast|kladde|kladder|udkast|luonnos|luonnokset
        szkic|szkice|wersje robocze|robocze|kopie robocze
        koncept|koncepty|rozpracované|rozepsané|piszkozat|piszkozatok
        ciorne|schițe|schiţe|mesaje nefinalizate|nefinalizate|skice|nacrti|osnutki|osnutek|nedovršene
        mustand|mustandid|melnraksti|melnraksts|juodraščiai|juodraštis|drög|dréachtaí|drafftiau|draf
        taslak|taslaklar
        черновик|черновики|чернетка|чернетки|чернови|нацрти|недовршене|чарнавікі|πρόχειρα|πρόχειρο
        טיוטות|טיוטה|المسودات|مسودات|مسودة|پیش‌نویس|پیش‌نویس‌ها|پیش نویس ها|پیشنویس‌ها
        下書き|草稿|草稿箱|草稿匣|임시보관함|임시 보관함|초안
        ร่างจดหมาย|ร่าง|thư nháp|bản nháp|nháp|ड्राफ़्ट|ड्राफ्ट|খসড়া|வரைவுகள்
        черновики писем|qaralamalar|նախագրեր|მონახაზები
    """,
    "deleted": """
        trash|trashed|bin|deleted|deleted items|deleted messages|deleted mail|wastebasket|rubbish|recycle bin
        papierkorb|gelöscht|gelöschte elemente|gelöschte objekte|gelöschte nachrichten
        corbeille|éléments supprimés|supprimés|messages supprimés|poubelle
        papelera|papelera de reciclaje|elementos eliminados|eliminados|mensajes eliminados
        cestino|posta eliminata|eliminati|elementi eliminati|messaggi eliminati
        prullenbak|prullenmand|verwijderd|verwijderde items|verwijderde berichten
        lixeira|lixo|caixote do lixo|reciclagem|itens excluídos|itens eliminados|mensagens excluídas
        paperera|papeleira|zakarrontzia
        papperskorg|papperskorgen|borttaget|borttagna objekt|papirkurv|papirkurven|slettet post
        slettede elementer|slettet
        roskakori|poistetut|poistetut viestit
        kosz|elementy usunięte|usunięte|koš|odstraněná pošta|odstraněné položky|kôš
        odstránené položky|odstránená pošta
        kuka|törölt elemek|lomtár|coș de gunoi|coş de gunoi|coș|gunoi|elemente șterse|elemente şterse
        otpad|smeće|izbrisano|obrisano|smeti|izbrisano – koš|izbrisani elementi|prügikast|kustutatud üksused
        miskaste|atkritne|izdzēstie vienumi|šiukšliadėžė|šiukšlinė|šiukšlės|ištrinti elementai|rusl
        ruslafata|eydd atriði
        bruscar|sbwriel|çöp kutusu|çöp|silinmiş öğeler|tong sampah|sampah|item terhapus|item dihapus|basurahan
        корзина|удаленные|удалённые|удаленные элементы|удалённые элементы|кошик|видалені
        видалені елементи|кошче|изтрити елементи|отпад|смеће|сметнік
        κάδος|κάδος απορριμμάτων|κάδος ανακύκλωσης|διαγραμμένα|διαγραμμένα στοιχεία
        אשפה|פריטים שנמחקו|المهملات|سلة المهملات|العناصر المحذوفة|زباله‌دان|زباله|سطل زباله|موارد حذف شده
        ゴミ箱|ごみ箱|削除済みアイテム|已删除|已删除邮件|已删除的邮件|废件箱|垃圾箱|回收站|垃圾桶
        刪除的郵件|已刪除的郵件|已刪除郵件|휴지통|지운 편지함
        ถังขยะ|thùng rác|ट्रैश|कचरा|আবর্জনা|குப்பை|zibil qutusu|աղբարկղ|ნაგავი
    """,
    "junk": """
        junk|spam|junk mail|junk e-mail|junk email|junkmail|bulk|bulk mail|unsolicited|caughtspam
        spambox|spam mail
        spamverdacht|unerwünscht|unerwünschte werbung|junk-e-mail|werbung und spam
        courrier indésirable|indésirables|pourriel|pourriels|courriels indésirables
        correo no deseado|no deseado|correo basura|posta indesiderata|indesiderata|ongewenste e-mail
        ongewenst|ongewenste mail
        lixo eletrônico|lixo electrónico|lixo eletrónico|correio indesejado|correo lixo
        correu brossa|brossa|zabor-posta
        skräppost|søppelpost|uønsket mail|uønsket e-mail|uønsket e-post|roskaposti
        wiadomości-śmieci|wiadomości śmieci|niechciane|nevyžádaná pošta|nevyžádané|nevyžiadaná pošta|levélszemét
        mesaje nedorite|nedorite|neželjena pošta|neželjeno|vsiljena pošta|vsiljeno|nezaželena pošta
        rämpspost|mēstules|nevēlams
        šlamštas|brukalai|ruslpóstur|turscar|sothach|gereksiz|gereksiz e-posta|istenmeyen
        önemsiz e-posta|e-mel remeh
        спам|нежелательная почта|нежелательные|небажана пошта|небажані|нежелана поща|непожељне
        нежељена пошта|ανεπιθύμητα|ανεπιθύμητη αλληλογραφία|ανεπιθύμητη
        ספאם|דואר זבל|דואר אשפה|بريد عشوائي|البريد العشوائي|غير مرغوب فيه|الرسائل غير المرغوب فيها
        بريد إلكتروني غير هام|هرزنامه|هرزنامه‌ها
        迷惑メール|迷惑メールフォルダ|垃圾邮件|垃圾郵件|스팸|스팸함|스팸메일함|정크 메일|จดหมายขยะ
        สแปม|thư rác|स्पैम|স্প্যাম|ஸ்பேம்|սպամ|სპამი
    """,
}
"""By state: the names of folders and labels, in the languages of Gmail (as Takeout writes them), Outlook, Apple Mail
and Thunderbird. A name counts only as a whole. Names of an outbox in other languages are left out: some programs keep
sent mail under them."""

_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


def _normal(name: str) -> str:
    return " ".join(_MARKS.sub("", unicodedata.normalize("NFC", name)).casefold().split())


_STATE_OF_NAME = {
    _normal(name): state for state, names in _NAMES.items() for line in names.splitlines() for name in line.split("|")
}
_STATE_OF_NAME.pop("", None)
_FLAGS = {"trashed": "deleted", "deleted": "deleted", "draft": "draft", "junk": "junk"}
_SUFFIXES = (".mbox", ".mbx", ".sbd", ".mbs", ".maildir")
_LEVELS = re.compile(r"[/\\]")
_OF_INBOX = re.compile(r"(?:inbox|\[(?:gmail|google ?mail)\])[./]", re.IGNORECASE)


def of_name(name: str) -> str:
    """The state that a folder, file or label of this name gives to its mail, "" for most; levels are parted by `/`."""
    name = _OF_INBOX.sub("", name, count=1)
    return first(_of_level(level) for level in _LEVELS.split(name))


def _of_level(name: str) -> str:
    level = _normal(name)
    for suffix in _SUFFIXES:
        level = level.removesuffix(suffix)
    return _STATE_OF_NAME.get(level.strip(" ._"), "")


def of_place(names: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """The labels and the state that the names of folders (and of an mbox) give to the mail in them.

    Only a name that says a state is a label, without the suffix of its file: it is the reason for the state.
    """
    found = [(name, state) for name in names if (state := of_name(name))]
    return tuple(_shown(name) for name, _ in found), first(state for _, state in found)


def _shown(name: str) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)]


def of_flags(words: Iterable[str]) -> str:
    """The state that flags in words ("trashed", "draft", …) give, "" for most."""
    return first(_FLAGS.get(word, "") for word in words)


def stronger(one: str, other: str) -> str:
    """Of two states the one that counts."""
    return first((one, other)) if one and other else one or other


def first(states: Iterable[str]) -> str:
    """Of several states the one that counts."""
    found = set(states)
    return next((state for state in STATES if state in found), "")
