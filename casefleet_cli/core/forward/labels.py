"""The labels that mail programs write above a forwarded message, by language: data, made a look-up table once."""

from __future__ import annotations

FROM, TO, CC, DATE, SUBJECT, OTHER = "from", "to", "cc", "date", "subject", "other"
_ORDER = (FROM, DATE, TO, CC, SUBJECT)

# One row a language: from; date or sent; to; cc; subject. The variants are those of different programs.
LANGUAGES: dict[str, tuple[str, str, str, str, str]] = {
    "en": ("from|sender|from address",
        "date|sent|sent on|sent at|date sent|sent date|posted at|time",
        "to|recipient|recipients|sent to", "cc|copy|copies|copy to|carbon copy", "subject|title"),
    "de": ("von|absender|verfasser",
        "datum|gesendet|gesendet am|gesendet um|verschickt|versendet|sendedatum|datum/uhrzeit", "an|empfänger",
        "cc|kopie|kopie (cc)|kopie an|kopien|in kopie", "betreff|betr.|thema"),
    "fr": ("de|expéditeur|de la part de|from",
        "date|envoyé|envoyé le|date d'envoi|date de l'envoi|envoyé à|envoyé par l'expéditeur le",
        "à|a|pour|destinataire|destinataires|vers", "cc|copie|copie à|copies à|copie carbone|en copie",
        "objet|sujet|titre"),
    "es": ("de|remitente|desde|autor",
        "fecha|enviado|enviado el|enviados|enviada|enviado a las|fecha de envío|fecha y hora",
        "para|a|destinatario|destinatarios", "cc|con copia|con copia a|copia|copia a|c.c.", "asunto|tema|título"),
    "it": ("da|mittente", "data|inviato|inviata|inviato il|spedito|data invio|data di invio|ricevuto",
        "a|per|destinatario|destinatari", "cc|copia|copia conoscenza|per conoscenza|copia a|c.c.", "oggetto|titolo"),
    "pt": ("de|remetente|da parte de",
        "data|enviado|enviada|enviado em|enviada em|enviado a|enviadas|data de envio|data do envio",
        "para|a|destinatário|destinatários", "cc|com cópia|com cópia para|cópia|c/c", "assunto|tema"),
    "nl": ("van|afzender", "datum|verzonden|verstuurd|gestuurd|verzonden op|verzenddatum|datum/tijd",
        "aan|naar|ontvanger|geadresseerde", "cc|kopie|kopie aan|in cc", "onderwerp|betreft"),
    "sv": ("från|avsändare", "datum|skickat|skickades|sändt|skickad|sänt", "till|mottagare",
        "kopia|cc|kopia till|kopior", "ämne|ärende"),
    "da": ("fra|afsender", "dato|sendt|afsendt|sendt den", "til|modtager", "cc|kopi|kopi til|kopi (cc)", "emne"),
    "no": ("fra|frå|avsender", "dato|sendt|sendt den", "til|mottaker|mottakar", "kopi|cc|kopi til", "emne"),
    "is": ("frá|sendandi", "dagsetning|sent|dags.", "til|viðtakandi", "afrit|cc", "efni"),
    "fi": ("lähettäjä|keneltä", "päivämäärä|lähetetty|päiväys|lähetysaika|pvm|lähetyspäivä|aika",
        "vastaanottaja|kenelle|vastaanottajat", "kopio|cc|kopiot", "aihe|otsikko"),
    "et": ("saatja|kellelt|autor", "saadetud|kuupäev|saatmisaeg|saatmise aeg", "adressaat|kellele|saaja|saajad",
        "koopia|cc", "teema|pealkiri"),
    "lv": ("no|sūtītājs|no kā", "nosūtīts|datums|sūtīts|nosūtīšanas datums", "kam|uz|adresāts|saņēmējs", "kopija|cc",
        "tēma|temats"),
    "lt": ("nuo|iš|siuntėjas|kas", "išsiųsta|data|siųsta|išsiuntimo data", "kam|iki|gavėjas|adresatas",
        "kopija|cc|kopijos|kopija kam", "tema"),
    "pl": ("od|nadawca|autor", "data|wysłano|wysłane|data wysłania|wysłany|wysłana|data nadania",
        "do|adresat|odbiorca|odbiorcy|adresaci", "dw|kopia|cc|do wiadomości|dw.", "temat|tytuł"),
    "cs": ("od|odesílatel|odesilatel", "datum|odesláno|odeslané|posláno|datum odeslání|zasláno|odeslaná",
        "komu|pro|adresát|příjemce|příjemci", "kopie|cc|kopie komu", "předmět|věc"),
    "sk": ("od|odosielateľ", "dátum|odoslané|odoslaná|poslané|dátum odoslania|odoslal|odoslaný",
        "komu|pre|adresát|príjemca|príjemcovia", "kópia|cc|kópia pre|kópia komu", "predmet|vec"),
    "sl": ("od|pošiljatelj", "poslano|datum|poslan|datum pošiljanja|poslana", "za|komu|prejemnik|prejemniki",
        "kp|cc|kopija|v vednost|kp.", "zadeva|naslov|predmet"),
    "hr": ("od|šalje|pošiljatelj|pošiljaoc", "poslano|datum|poslan|datum slanja|vrijeme",
        "za|prima|primatelj|kome|primatelji", "kopija|cc|kp|kopija za|na znanje", "predmet|naslov|tema"),
    "sr": ("од|шаље|пошиљалац|šalje|pošiljalac|od", "послато|датум|послат|poslato|poslat|datum|време",
        "за|коме|прималац|za|kome|primalac|prima|прима|primaoci", "копија|цц|копија за|kopija|cc",
        "тема|предмет|наслов|naslov|predmet|tema"),
    "mk": ("од|испраќач", "испратено|датум|пратено", "до|за|примач", "копија|cc", "предмет|тема|наслов"),
    "bg": ("от|подател|изпращач|от кого", "изпратено|дата|изпратено на|изпратена|изпратен",
        "до|получател|на|до кого", "копие|cc|як|копие до|копия", "относно|тема|заглавие|предмет"),
    "ru": ("от|от кого|отправитель",
        "дата|отправлено|отправлен|дата отправки|время отправки|дата и время|послано|дата отправления",
        "кому|получатель|получатели|для", "копия|cc|копии|копия кому|копия для", "тема|тема письма|заголовок"),
    "uk": ("від|від кого|відправник", "дата|надіслано|відправлено|дата надсилання|послано|дата відправлення",
        "кому|одержувач|отримувач|до", "копія|cc|копії|копія кому", "тема|заголовок"),
    "be": ("ад|ад каго|адпраўнік", "дата|адпраўлена|даслана", "каму|да|атрымальнік", "копія|cc", "тэма"),
    "kk": ("кімнен|жіберуші", "жіберілген|күні|жіберілген күні", "кімге|алушы", "көшірме|cc|көшірмесі",
        "тақырыбы|тақырып"),
    "hu": ("feladó|küldő|küldte|tőle",
        "dátum|elküldve|küldve|küldés ideje|küldés dátuma|küldés időpontja|kelt|elküldés dátuma",
        "címzett|címzettek|neki|kapja|kinek", "másolat|másolatot kap|másolatot kapnak|cc|mp", "tárgy"),
    "ro": ("de la|expeditor|expeditorul",
        "trimis|data|dată|trimis la|data trimiterii|expediat|trimisă|trimis pe",
        "către|catre|destinatar|destinatarul|la|pentru|destinatari", "cc|copie|copie la", "subiect|subiectul"),
    "tr": ("kimden|gönderen|gönderici", "gönderildi|tarih|gönderme tarihi|gönderilen|gönderim tarihi|gönderilme tarihi",
        "kime|alıcı|alıcılar", "bilgi|cc|kopya|bilgi (cc)", "konu|konusu"),
    "az": ("kimdən|göndərən", "göndərilib|tarix|göndərilmişdir", "kimə|alan", "surət|cc", "mövzu"),
    "el": ("από|αποστολέας", "ημερομηνία|στάλθηκε|αποστολή|απεστάλη|εστάλη|ημ/νία|ημερομηνία αποστολής|ημ. αποστολής",
        "προς|παραλήπτης|παραλήπτες", "κοινοποίηση|κοιν.|κοιν|cc|κοινοποιηση", "θέμα|θεμα"),
    "he": ("מאת|שולח|מ", "תאריך|נשלח|נשלח ב|נשלח בתאריך|תאריך שליחה", "אל|עבור|נמען|ל|לכבוד",
        "עותק|העתק|cc|עותקים", "נושא|הנדון"),
    "ar": ("من|المرسل|مِن|المرسِل",
        "التاريخ|تاريخ|تم الإرسال|مرسل|أرسلت|تاريخ الإرسال|تاريخ الارسال|أُرسلت|الإرسال|أرسل",
        "إلى|الى|المستلم|المرسل إليه|المستلمون", "نسخة|نسخة إلى|نسخة كربونية|cc|نسخه", "الموضوع|موضوع"),
    "fa": ("از|فرستنده|از طرف", "تاریخ|ارسال|ارسال شده|زمان ارسال|ارسال‌شده|تاریخ ارسال", "به|گیرنده|برای",
        "رونوشت|cc|کپی", "موضوع|عنوان"),
    "ur": ("منجانب|از طرف", "تاریخ|بھیجا گیا", "بنام|بخدمت", "نقل|cc", "موضوع"),
    "hi": ("प्रेषक|से|द्वारा", "दिनांक|तारीख|भेजा गया|भेजा|तिथि", "प्रति|को|प्राप्तकर्ता|सेवा में", "प्रतिलिपि|cc|सीसी", "विषय"),
    "ja": ("差出人|送信者|送信元|発信者|差出人 (from)|from", "日付|送信日時|日時|送信日|送信|日付け|受信日時|date",
        "宛先|送信先|受信者|to|宛て先|あて先", "cc|写し|カーボンコピー", "件名|題名|タイトル|subject"),
    "ko": ("보낸 사람|보낸사람|발신|발신자|발신인|보낸이|보낸 이|보내는 사람",
        "날짜|보낸 날짜|보낸날짜|보낸 시간|보낸시간|일시|전송 시간|발송일|발송일시|일자|작성일|발신일|보낸 일시",
        "받는 사람|받는사람|수신|수신자|수신인|받는이|받는 이", "참조|cc|참조자|참조인", "제목|건명"),
    "zh-cn": ("发件人|发信人|寄件人|发送者|发自|发件人员|发送人|发件者",
        "日期|发送时间|发送日期|时间|发件时间|已发送|发送|发信时间|已发送时间",
        "收件人|收信人|收件者|致|发送至|接收人", "抄送|抄送人|抄送给|副本", "主题|标题|邮件主题"),
    "zh-tw": ("寄件者|寄件人|發件人|從|發信人|發送者|寄信人|自",
        "日期|寄件日期|傳送時間|傳送日期|已傳送|時間|發送時間|發送日期|寄送日期|寄件時間|寄送時間|寄出日期|傳送",
        "收件者|收件人|收信人|到|至|給", "副本|抄送|副本抄送", "主旨|主題|標題"),
    "vi": ("từ|người gửi", "ngày|đã gửi|gửi|ngày gửi|thời gian|đã gửi vào|vào lúc|ngày giờ|gửi lúc|được gửi",
        "đến|tới|người nhận|gửi tới|cho|gửi đến", "cc|đồng gửi|bản sao|đồng kính gửi", "chủ đề|tiêu đề|chủ đề thư"),
    "id": ("dari|pengirim", "tanggal|dikirim|terkirim|tarikh|tanggal kirim|waktu|dikirim pada",
        "kepada|ke|untuk|penerima|kpd", "cc|tembusan|salinan", "subjek|perihal|judul|hal"),
    "ms": ("daripada|dari|pengirim", "tarikh|dihantar|tarikh dihantar", "kepada|penerima",
        "sk|salinan kepada|cc|s.k.", "subjek|perkara"),
    "tl": ("mula sa|mula kay|galing kay", "petsa|ipinadala|ipinadala noong", "para kay|kay|sa", "cc", "paksa"),
    "th": ("จาก|ผู้ส่ง", "วันที่|ส่งเมื่อ|ส่ง|วันที่ส่ง|เวลา|วัน", "ถึง|ผู้รับ", "สำเนา|สำเนาถึง|cc", "เรื่อง|หัวเรื่อง|หัวข้อ"),
    "ca": ("de|remitent|des de", "data|enviat|enviat el|data d'enviament", "per a|a|destinatari|per",
        "a/c|cc|còpia|còpia a|amb còpia", "assumpte|tema"),
    "gl": ("de|remitente", "data|enviado|enviado o", "para|a|destinatario", "cc|copia", "asunto|tema"),
    "eu": ("nork|bidaltzailea|igorlea|nondik", "data|bidalia|bidalita|noiz", "nori|hartzailea|nora", "cc|kopia",
        "gaia"),
    "cy": ("oddi wrth|gan", "anfonwyd|dyddiad", "at|i", "cc|copi", "pwnc|testun"),
    "ga": ("ó", "dáta|seolta", "chuig|go", "cc|cóip", "ábhar"),
    "mt": ("minn|mingħand", "data|mibgħut|mibgħuta", "lil", "cc|kopja", "suġġett"),
    "lb": ("vun", "datum|geschéckt", "un", "kopie|cc", "sujet|betreff"),
    "af": ("van|sender", "datum|gestuur|versend", "aan", "kopie|cc", "onderwerp"),
    "sq": ("nga|dërguesi|prej", "data|dërguar|dërguar më|u dërgua", "për|te|drejtuar|marrësi", "cc|kopje",
        "subjekti|tema|subjekt|lënda"),
    "ka": ("გამგზავნი|ვისგან|საიდან", "თარიღი|გაგზავნილია|გაგზავნის დრო", "მიმღები|ვის|სად", "ასლი|cc",
        "თემა|სათაური"),
    "hy": ("ումից|ուղարկող|ուղարկողը", "ամսաթիվ|ուղարկվել է|ուղարկված", "ում|ստացող|ստացողը", "պատճեն|cc",
        "թեմա|առարկա"),
    "bn": ("থেকে|প্রেরক", "তারিখ|পাঠানো হয়েছে", "প্রতি|প্রাপক", "cc|অনুলিপি", "বিষয়"),
    "ta": ("அனுப்புநர்|இருந்து", "தேதி|அனுப்பியது", "பெறுநர்|க்கு", "cc|நகல்", "பொருள்"),
    "sw": ("kutoka|kutoka kwa", "tarehe|imetumwa|ilitumwa", "kwa|kwenda", "cc|nakala", "mada|kichwa"),
    "eo": ("de|sendinto", "dato|sendita", "al", "kopie|cc|kopio", "temo"),
}  # fmt: skip

_NEUTRAL = (
    "path|lines|xref|distribution|conversation|"
    "reply-to|reply to|replyto|bcc|blind copy|attachments|attachment|attached|importance|priority|sensitivity|"
    "categories|category|message-id|message id|messageid|organization|organisation|newsgroups|followup-to|references|"
    "in-reply-to|user-agent|x-mailer|mime-version|content-type|content-transfer-encoding|received-spf|return-path|"
    "delivered-to|resent-from|resent-to|resent-date|sender name|mailing list|mailing-list|list-id|list|flag status|"
    "follow up flag|due by|when|where|location|signed by|mailed-by|security|tags|folder|account|comments|keywords|"
    "status|precedence|auto-submitted|thread-topic|thread-index|required attendees|optional attendees|start|end|"
    "show time as|recurrence|organizer|antwort an|antworten an|anlagen|anlage|anhänge|anhang|wichtigkeit|priorität|"
    "bcc-kopie|blindkopie|vertraulichkeit|organisation|répondre à|pièces jointes|pièce jointe|pj|importance|priorité|"
    "cci|responder a|datos adjuntos|adjuntos|archivos adjuntos|importancia|prioridad|cco|rispondi a|allegati|"
    "allegato|priorità|importanza|ccn|anexos|anexo|importância|prioridade|responder para|antwoord aan|antwoord-aan|"
    "beantwoorden|bijlagen|bijlage|prioriteit|urgentie|svara till|svar till|bilagor|bifogade filer|bilaga|prioritet|"
    "vikt|hemlig kopia|svar til|vedhæftede filer|vedhæftet fil|vedhæftninger|vigtighed|vedlegg|viktighet|blindkopi|"
    "svaradresse|vastausosoite|liitteet|liite|tärkeys|piilokopio|vastaa|odpowiedz do|odp. do|odpowiedź do|załączniki|"
    "ważność|priorytet|udw|odpovědět komu|přílohy|příloha|důležitost|priorita|skrytá kopie|odpoveď komu|prílohy|"
    "dôležitosť|válaszcím|válasz|mellékletek|melléklet|fontosság|prioritás|titkos másolat|răspuns către|"
    "răspundeți la|atașamente|ataşări|atașări|importanță|prioritate|ответить|кому ответить|обратный адрес|вложения|"
    "вложение|важность|приоритет|скрытая копия|відповісти|вкладення|важливість|пріоритет|прихована копія|"
    "yanıtlama adresi|yanıt|ekler|önem|öncelik|gizli|απάντηση|απάντηση σε|συνημμένα|σπουδαιότητα|προτεραιότητα|"
    "השב-אל|השב אל|קבצים מצורפים|חשיבות|عنوان الرد|الرد إلى|المرفقات|الأهمية|الأولوية|返信先|添付ファイル|添付|"
    "重要度|優先度|회신 주소|첨부 파일|첨부|중요도|숨은 참조|回复|回复至|附件|重要性|密送|优先级|回覆|回覆至|"
    "密件副本|優先順序|odgovori za|priloge|prilozi|privici|važnost|pomembnost|отговор до|прикачени файлове|важност|"
    "vastamise aadress|manused|tähtsus|atbildēt uz|pielikumi|svarīgums|atsakyti|priedai|svarba|trả lời tới|đính kèm|"
    "tệp đính kèm|tầm quan trọng|balas ke|lampiran|kepentingan|ตอบกลับ|สิ่งที่แนบมา|ความสำคัญ"
)
RAW_HEADERS = frozenset(
    ("received", "return-path", "mime-version", "content-type", "content-transfer-encoding", "delivered-to",
     "message-id", "dkim-signature", "received-spf", "authentication-results", "x-received", "arc-seal")
)  # fmt: skip
"""Fields that no program writes above a forwarded message, but a bounce quotes."""


def fold(text: str) -> str:
    """The form in which labels are compared: case-folded, without the dot that a Turkish capital I leaves."""
    return text.casefold().replace("\u0307", "")


def _table() -> dict[str, tuple[str, str]]:
    """Folded label → (field, the languages that use it, each between blanks)."""
    table: dict[str, tuple[str, str]] = dict.fromkeys(fold(_NEUTRAL).split("|"), (OTHER, " "))
    table.update(dict.fromkeys(RAW_HEADERS, (OTHER, " ")))
    for language, row in LANGUAGES.items():
        for field, labels in zip(_ORDER, row, strict=True):
            for label in fold(labels).split("|"):
                known = table.get(label)
                if known is None or known[0] == OTHER:
                    table[label] = (field, f" {language} ")
                elif known[0] == field:
                    table[label] = (field, f"{known[1]}{language} ")
    return table


LABELS = _table()


def of_language(language: str, field: str) -> list[str]:
    """The labels of one field in one language."""
    return LANGUAGES[language][_ORDER.index(field)].split("|")
