"""Phrases of mail programs and mail systems by which forwards, answers and bounces are told: data, one list a meaning.

All are compared folded (`forward_labels.fold`). The lists are strings cut at "|", since few mails need them.
"""

from __future__ import annotations

# Parts of a line that says the message below is forwarded.
FORWARDED = (
    "forwarded|fwd|forward message|forward header|weitergeleit|weiterleit|transfér|transféré|transmis|réexpédi|"
    "faire suivre|reenviad|reenvia|reencaminh|encaminhad|remitido|inoltrat|girato|doorgestuurd|doorgezonden|"
    "vidarebefordra|vidarebefodra|videresend|videresent|vidaresend|áframsen|framsen|välitett|edelleenlähet|"
    "edelleen lähetet|edastat|edasi saade|pārsūt|persiųs|przekazan|przekazywan|przesyłan|przesłan|podana dalej|"
    "přeposl|přeposíl|předáv|předan|preposl|preposiel|posredovan|proslijeđ|proslijed|prosleđ|prosled|прослеђ|"
    "проследено|препрат|препраща|переслан|пересыл|пересил|переадрес|перенаправ|перадад|накірав|пераслан|továbbít|"
    "redirecț|redirect|redirecţ|înaintat|retrimis|iletil|ileti ba|yönlendiril|yönləndiril|προωθη|διαβίβασ|הועבר|"
    "מועבר|להעביר|معاد توجيه|إعادة توجيه|محول|ممر|المُعاد|المعاد|مرسلة|تحويل|بازارسال|هدایت|फ़ॉरवर्ड|फॉरवर्ड|अग्रेषित|転送|"
    "전달|转发|轉寄|轉發|转寄|chuyển tiếp|diteruskan|terusan|meneruskan|dimajukan|majukan|ipinasa|ส่งต่อ|reenviat|"
    "birbidal|mensaxe reenv|wedi'i hanfon ymlaen|ymlaen|trochstjoerd|përcjell|გადაგზავნ|գամված|փոխանց|ফরওয়ার্ড|"
    "aangestuur|imepelekwa|weidergeleet"
)

# Parts of a line that says the message below is the original one, of a forward or of an answer.
ORIGINAL = (
    "original message|original mail|original email|original e-mail|original appointment|originalnachricht|"
    "original-nachricht|original nachricht|ursprüngliche|urspr. |original-mail|message d'origine|message d’origine|"
    "message original|courriel original|message initial|mail d'origine|e-mail d'origine|mensaje original|"
    "correo original|messaggio originale|messaggio original|mensagem original|oorspronkelijk|origineel bericht|"
    "ursprungligt|originalmeddelande|ursprungliga|opprinnelig|original melding|originalmelding|oprindelig|"
    "original meddelelse|originale meddelelse|upprunaleg|alkuperäinen|algne|algkiri|sākotnēj|oriģināl|originalaus|"
    "originalus|wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|původní|originální zpráva|pôvodná|"
    "originálna správa|izvirno|izvorno|izvorna|originalna poruka|оригинална|изворна|оригинално|първоначално|исходное|"
    "оригинальное|початкове|вихідне|оригінал|зыходн|eredeti|mesaj original|mesajul original|mesajul inițial|orijinal|"
    "özgün|asıl ileti|ilkin|αρχικό|πρωτότυπο|הודעה מקורית|المقورית|الرسالة الأصلية|الأصلية|پیام اصلی|मूल संदेश|"
    "元のメッセージ|オリジナル|元のメール|원본|原始邮件|原始信息|原始郵件|原始訊息|邮件原件|原邮件|原郵件|thư gốc|"
    "tin nhắn gốc|pesan asli|mesej asal|ข้อความต้นฉบับ|missatge original|jatorrizko|mensaxe orixinal|neges wreiddiol|"
    "mesazhi origjinal|oorspronklike"
)

# What subjects of forwarded mail begin with, before a colon.
FORWARD_PREFIXES = (
    "fwd|fw|forward|forwarded|fyi fwd|wg|weitergeleitet|weiterleitung|wtr|tr|transfert|transféré|réexp|i|inoltro|"
    "inoltrato|rv|reenv|reenviado|reenvío|rm|enc|encaminhado|encaminhada|res enc|doorst|doorgestuurd|vb|"
    "vidarebefordrat|vidarebefordran|vs|videresendt|videresend|vds|vidaresend|vl|välitetty|fs|framsent|framsenda|áfr|"
    "edasi|edastatud|pārs|pārsūtīts|pārsūtīt|pers|persiųsta|persiųsti|pd|podaj dalej|przek|przekazano|přep|"
    "přeposláno|přeposlání|preposlané|posr|posredovano|proslijeđeno|prosl|proslj|prosleđeno|прослеђено|пр|препратено|"
    "препр|пересл|переслано|пересылка|перенаправлено|переслане|пер|továbbítás|továbbított|továbbítva|tov|redir|"
    "redirecționat|ilt|ilet|iletilen|yönl|yönlendirildi|yönlendirilen|πρθ|προωθημένο|προωθ|προώθηση|πρ|הועבר|העברה|"
    "إعادة توجيه|اعادة توجيه|تحويل|إعادة توجيه الرسالة|تمرير|転送|전달|转发|转寄|轉寄|轉發|轉寄郵件|chuyển tiếp|trs|"
    "terusan|diteruskan|maj|ส่งต่อ|reenviat|birb|yml|فوروارد|باز ارسال|ارجاع|अग्रेषित"
)

# What subjects of answers begin with, before a colon.
REPLY_PREFIXES = (
    "re|aw|antw|antwort|ant|ang|odp|odpowiedź|r|rif|ris|risp|rép|réf|res|resp|respuesta|resposta|sv|svar|vast|vas|vá|"
    "válasz|ynt|yanıt|atb|ats|atsakymas|απ|σχετ|απάντηση|השב|תגובה|תשובה|רד|رد|الرد|ردّ|پاسخ|返信|返|回复|回覆|答复|"
    "答覆|回信|회신|답장|답변|trả lời|tl|bls|balas|balasan|ตอบ|ตอบกลับ|odg|odgovor|одг|одговор|отг|отговор|отв|ответ|"
    "на|ha|відп|відповідь|odpověď|odpoveď|odpo|vs re|răsp|răspuns|rsp|erantz|betr|ted|accepted|declined|tentative|"
    "automatic reply|autoreply|out of office|undeliverable|undelivered mail returned to sender|read|gelesen"
)

# The verbs of attribution lines such as "On 3 May, Jane wrote:".
WROTE = (
    "wrote|writes|schrieb|geschrieben|a écrit|écrit|escribió|escribio|escreveu|ha scritto|scrisse|scritto|schreef|"
    "geschreven|skrev|skrifaði|kirjoitti|kirjutas|rakstīja|rašė|napisał|pisze|napsal|napísal|píše|je napisal|napisao|"
    "napisala|je pisal|piše|написао|написа|написал|пишет|пише|писал|писав|написав|напісаў|írta|a scris|yazdı|yazdi|"
    "έγραψε|έγραψαν|כתב|كتب|نوشت|ने लिखा|लिखा|のメール|書きました|書き込みました|さんは|님이 작성|작성|썼습니다|写道|"
    "寫道|写：|đã viết|menulis|ditulis|เขียนว่า|เขียน|va escriure|escriviu|escribiu|idatzi du|ysgrifennodd|shkroi|"
    "დაწერა|scríobh|het geskryf|aliandika|skribis"
)

# What attribution lines begin with, before the date.
LEAD_INS = (
    "a|am|d.|dana|den|dne|dne:|dnia|dňa|el|em|il|il giorno|in data|la|la data|le|ngày|no dia|on|op|pada|pe|vào|"
    "w dniu|à|în|στην|στις|на|ב|بتاريخ|في|于|在"
)

# What stands in attribution lines between date, name and verb.
FILLERS = (
    ",|a las|alle|alle ore|at|by|by the user|de|den|fra|från|følgende|følgende den|heeft|időpontban|je|kasutaja|"
    "kirjoitti|kl|kl.|klo|korisnik|o|od|om|používateľ|schrieb|se|skrev|tarihinde|u|um|uporabnik|user|utilizatorul|"
    "użytkownik|uživatel|v|van|von|à|às|ο|χρήστης|в|користувач|пользователь"
)

# What a mail system says above a message that it gives back.
BOUNCES = (
    "mail delivery failed|undelivered mail|undeliverable|delivery status notification|returned mail|failure notice|"
    "delivery has failed|delivery failure|could not be delivered|couldn't be delivered|wasn't delivered|"
    "was not delivered|not be delivered to|unable to deliver|delivery to the following recipient|returned to sender|"
    "transcript of session follows|unsent message follows|unsent message below|message not delivered|"
    "mail could not be delivered|returned message follows|your message was not delivered|undelivered message|"
    "message header follows|original message follows|original text follows|unknown user|user unknown|no such user|"
    "unable to deliver|returning message to sender|failed mail|mail failure|undeliverable mail|"
    "permanent error|permanent fatal error|this is a copy of the message|copy of the original message|"
    "mail delivery system|mailer-daemon|mailer daemon|below this line is a copy|unzustellbar|"
    "konnte nicht zugestellt werden|zustellung fehlgeschlagen|échec de la remise|n'a pas pu être remis|non remis|"
    "no se ha podido entregar|no se pudo entregar|impossibile recapitare|mancato recapito|não foi possível entregar|"
    "falha na entrega|onbestelbaar|kan niet worden bezorgd|kunde inte levereras|kunne ikke leveres|"
    "nie można dostarczyć|nie mogła zostać dostarczona|doručení se nezdařilo|nedoručiteln|не удалось доставить|"
    "не доставлено|не может быть доставлено"
)

# The nouns of lines such as "This is a forwarded message", and the words that may stand around.
NOUNS = (
    "message|messaggio|mejl|levél|mensagem|mensaje|nachricht|bericht|meddelande|meddelelse|besked|melding|viesti|wiadomo|zpráva|"
    "zprávy|správa|poruka|sporočilo|сообщени|письмо|повідомлення|лист|съобщени|писмо|üzenet|mesaj|μήνυμα|הודעה|رسالة|"
    "پیام|संदेश|メッセージ|メール|메시지|邮件|郵件|信件|thư|pesan|ข้อความ|missatge|conversation|konversation|conversación|"
    "conversazione|conversa|correo|courriel|e-mail|email|e-post"
)
AROUND = (
    "this|is|a|an|the|begin|start|of|here|es|esto|este|esta|un|una|uma|um|é|dies|das|ist|eine|der|anfang|beginn|ceci|"
    "est|le|la|début|de|du|del|den|det|är|er|et|ett|en|dit|een|questo|è|inizio|to|jest|początek|это|є|це|начало|"
    "початок|inicio|início|inicia|da|på|od|kezdete|alkaa|začátek|začiatok|toto|je|ez|egy|bu|一个|以下是"
)
