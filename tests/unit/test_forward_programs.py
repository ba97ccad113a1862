"""Forwards as programs write them, in the languages of their users; every text is invented."""

from __future__ import annotations

import pytest

from casefleet_cli.core.forward import find

G = "---------- Forwarded message ---------"
U = "________________________________"

# id: (subject, text above the body, name, address, forwarded subject, date, addresses of To and Cc, comment)
CASES = {
    "gmail-el": ("Fwd: Συμβόλαιο", f"Δείτε.\n\n{G}\nΑπό: Ελένη Π. <eleni@example.gr>\nDate: Τετ, 27 Οκτ 2021 στις 9:31 μ.μ.\nSubject: Συμβόλαιο\nTo: <nikos@example.gr>\n",
                 "Ελένη Π.", "eleni@example.gr", "Συμβόλαιο", "2021-10-27T21:31", "nikos@example.gr", "Δείτε."),
    "gmail-he": ("Fwd: חוזה", f"{G}\nמאת: \u202aדנה לוי\u202c\u200f <dana@example.co.il>\nDate: יום ד׳, 27 באוק׳ 2021 ב-9:31\nSubject: חוזה\nTo: <ron@example.co.il>\n",
                 "דנה לוי", "dana@example.co.il", "חוזה", "2021-10-27T09:31", "ron@example.co.il", None),
    "gmail-ar": ("Fwd: عقد", f"{G}\nمن: \u202aأحمد\u202c\u200f <ahmad@example.com>\nDate: الأربعاء، 27 أكتوبر 2021 في 9:31 م\nSubject: عقد\nTo: <sara@example.com>\n",
                 "أحمد", "ahmad@example.com", "عقد", "2021-10-27T21:31", "sara@example.com", None),
    "gmail-ja": ("Fwd: 契約書", f"{G}\nFrom: 山田太郎 <taro@example.jp>\nDate: 2021年10月27日(水) 9:31\nSubject: 契約書\nTo: 佐藤 <sato@example.jp>\n",
                 "山田太郎", "taro@example.jp", "契約書", "2021-10-27T09:31", "sato@example.jp", None),
    "gmail-ko": ("Fwd: 계약서", f"{G}\n보낸사람: 김철수 <kim@example.kr>\nDate: 2021년 10월 27일 (수) 오후 9:31\nSubject: 계약서\nTo: <lee@example.kr>\n",
                 "김철수", "kim@example.kr", "계약서", "2021-10-27T21:31", "lee@example.kr", None),
    "gmail-zh-cn": ("Fwd: 合同", f"{G}\n发件人： 李明 <li@example.cn>\nDate: 2021年10月27日周三 下午3:07\nSubject: 合同\nTo: <wang@example.cn>\n",
                    "李明", "li@example.cn", "合同", "2021-10-27T15:07", "wang@example.cn", None),
    "gmail-zh-tw": ("Fwd: 合約", f"{G}\n寄件者： 王小明 <wang@example.tw>\nDate: 2021年10月27日 週三 上午9:31\nSubject: 合約\nTo: <chen@example.tw>\n",
                    "王小明", "wang@example.tw", "合約", "2021-10-27T09:31", "chen@example.tw", None),
    "gmail-vi": ("Fwd: Hợp đồng", f"{G}\nTừ: Nguyễn An <an@example.vn>\nDate: Th 4, 27 thg 10, 2021 vào lúc 09:31\nSubject: Hợp đồng\nTo: <binh@example.vn>\n",
                 "Nguyễn An", "an@example.vn", "Hợp đồng", "2021-10-27T09:31", "binh@example.vn", None),
    "gmail-id": ("Fwd: Kontrak", f"{G}\nDari: Budi <budi@example.id>\nDate: Rab, 27 Okt 2021 pukul 09.31\nSubject: Kontrak\nTo: <siti@example.id>\n",
                 "Budi", "budi@example.id", "Kontrak", "2021-10-27T09:31", "siti@example.id", None),
    "gmail-th": ("Fwd: สัญญา", f"{G}\nจาก: สมชาย <somchai@example.th>\nDate: พ. 27 ต.ค. 2021 เวลา 09:31\nSubject: สัญญา\nTo: <nok@example.th>\n",
                 "สมชาย", "somchai@example.th", "สัญญา", "2021-10-27T09:31", "nok@example.th", None),
    "gmail-bg": ("Fwd: Договор", f"{G}\nОт: Иван Петров <ivan@example.bg>\nDate: ср, 27.10.2021 г. в 9:31 ч.\nSubject: Договор\nTo: <maria@example.bg>\n",
                 "Иван Петров", "ivan@example.bg", "Договор", "2021-10-27T09:31", "maria@example.bg", None),
    "gmail-sl": ("Fwd: Pogodba", f"{G}\nOd: Maja Novak <maja@example.si>\nDate: V V sre., 27. okt. 2021 ob 09:31\nSubject: Pogodba\nTo: <jan@example.si>\n",
                 "Maja Novak", "maja@example.si", "Pogodba", "2021-10-27T09:31", "jan@example.si", None),
    "gmail-lt": ("Fwd: Sutartis", f"{G}\nNuo: Jonas <jonas@example.lt>\nDate: 2021-10-27, tr, 09:31\nSubject: Sutartis\nTo: <ona@example.lt>\n",
                 "Jonas", "jonas@example.lt", "Sutartis", "2021-10-27T09:31", "ona@example.lt", None),
    "gmail-lv": ("Fwd: Līgums", f"{G}\nNo: Anna <anna@example.lv>\nDate: trešd., 2021. g. 27. okt., plkst. 09:31\nSubject: Līgums\nTo: <juris@example.lv>\n",
                 "Anna", "anna@example.lv", "Līgums", "2021-10-27T09:31", "juris@example.lv", None),
    "gmail-label-in-no-language-we-know": ("Fwd: Deed", f"{G}\nකෙනෙක්: Ada Byron <ada@example.lk>\nDate: 27 Oct 2021 09:31\nSubject: Deed\nTo: <bo@example.lk>\n",
                                           "Ada Byron", "ada@example.lk", "Deed", "2021-10-27T09:31", "bo@example.lk", None),
    "outlook-el": ("ΠΡΘ: Συμβόλαιο", "Για τον φάκελο.\n\nΑπό: Ελένη Π. <eleni@example.gr>\nΣτάλθηκε: Τετάρτη, 27 Οκτωβρίου 2021 9:31 πμ\nΠρος: Νίκος <nikos@example.gr>\nΚοιν.: Άννα <anna@example.gr>\nΘέμα: Συμβόλαιο\n",
                   "Ελένη Π.", "eleni@example.gr", "Συμβόλαιο", "2021-10-27T09:31", "nikos@example.gr anna@example.gr", "Για τον φάκελο."),
    "outlook-ja": ("FW: 契約書", "ご確認ください。\n\n差出人: 山田 太郎 <taro@example.jp>\n送信日時: 2021年10月27日水曜日 9:31\n宛先: 佐藤 花子 <hanako@example.jp>; 鈴木 <suzuki@example.jp>\nCC: 田中 <tanaka@example.jp>\n件名: 契約書\n",
                   "山田 太郎", "taro@example.jp", "契約書", "2021-10-27T09:31", "hanako@example.jp suzuki@example.jp tanaka@example.jp", "ご確認ください。"),
    "outlook-zh-cn": ("转发: 合同", "请存档。\n\n发件人: 李明 <li@example.cn>\n发送时间: 2021年10月27日 9:31\n收件人: 王芳 <wang@example.cn>\n抄送: 赵 <zhao@example.cn>\n主题: 合同\n",
                      "李明", "li@example.cn", "合同", "2021-10-27T09:31", "wang@example.cn zhao@example.cn", "请存档。"),
    "outlook-zh-tw": ("轉寄: 合約", f"{U}\n寄件者: 王小明 <wang@example.tw>\n寄件日期: 2021年10月27日 上午 09:31\n收件者: 陳 <chen@example.tw>\n副本: 林 <lin@example.tw>\n主旨: 合約\n",
                      "王小明", "wang@example.tw", "合約", "2021-10-27T09:31", "chen@example.tw lin@example.tw", None),
    "outlook-ko": ("FW: 계약서", "보낸 사람: 김철수 <kim@example.kr>\n보낸 날짜: 2021년 10월 27일 수요일 오전 9:31\n받는 사람: 이영희 <lee@example.kr>\n참조: 박 <park@example.kr>\n제목: 계약서\n",
                   "김철수", "kim@example.kr", "계약서", "2021-10-27T09:31", "lee@example.kr park@example.kr", None),
    "outlook-he": ("הועבר: חוזה", "מאת: דנה לוי <dana@example.co.il>\n\u200fנשלח: יום רביעי 27 אוקטובר 2021 09:31\n\u200fאל: רון <ron@example.co.il>\n\u200fנושא: חוזה\n",
                   "דנה לוי", "dana@example.co.il", "חוזה", "2021-10-27T09:31", "ron@example.co.il", None),
    "outlook-ar": ("إعادة توجيه: عقد", f"{U}\nمن: أحمد <ahmad@example.com>\nتم الإرسال: الأربعاء 27 أكتوبر 2021 09:31 ص\nإلى: سارة <sara@example.com>\nنسخة: ليلى <layla@example.com>\nالموضوع: عقد\n",
                   "أحمد", "ahmad@example.com", "عقد", "2021-10-27T09:31", "sara@example.com layla@example.com", None),
    "outlook-ru": ("FW: Договор", "Для дела.\n\nОт: Иванова Анна <anna@example.ru>\nОтправлено: 27 октября 2021 г. 9:31\nКому: Пётр <petr@example.ru>\nТема: Договор\n",
                   "Иванова Анна", "anna@example.ru", "Договор", "2021-10-27T09:31", "petr@example.ru", "Для дела."),
    "outlook-uk": ("FW: Договір", "Від: Анна <anna@example.ua>\nНадіслано: 2 листопада 2021 р. 9:31\nКому: Петро <petro@example.ua>\nТема: Договір\n",
                   "Анна", "anna@example.ua", "Договір", "2021-11-02T09:31", "petro@example.ua", None),
    "outlook-de-original": ("WG: Vertrag", "Bitte zur Akte.\n\n-----Ursprüngliche Nachricht-----\nVon: Doe, Jane [mailto:jane@example.de]\nGesendet: Mittwoch, 27. Oktober 2021 09:31\nAn: Byron, Ada; Meier, Bo <bo@example.de>\nWichtigkeit: Hoch\nBetreff: Vertrag\n",
                            "Doe, Jane", "jane@example.de", "Vertrag", "2021-10-27T09:31", " bo@example.de", "Bitte zur Akte."),
    "outlook-fr-web": ("TR: Contrat", f"Pour le dossier.\n\n{U}\nDe : Zoé Martin <zoe@example.fr>\nEnvoyé : mercredi 27 octobre 2021 14:31\nÀ : Luc <luc@example.fr>\nCc : Anne <anne@example.fr>\nObjet : Contrat\n",
                       "Zoé Martin", "zoe@example.fr", "Contrat", "2021-10-27T14:31", "luc@example.fr anne@example.fr", "Pour le dossier."),
    "outlook-pl": ("PD: Umowa", "Od: Anna Nowak <anna@example.pl>\nWysłano: wtorek, 2 listopada 2021 09:31\nDo: Jan <jan@example.pl>\nDW: Ola <ola@example.pl>\nTemat: Umowa\n",
                   "Anna Nowak", "anna@example.pl", "Umowa", "2021-11-02T09:31", "jan@example.pl ola@example.pl", None),
    "outlook-hr": ("PR: Ugovor", "Šalje: Iva Horvat <iva@example.hr>\nPoslano: 2. listopada 2021. 9:31\nPrima: Ana <ana@example.hr>\nPredmet: Ugovor\n",
                   "Iva Horvat", "iva@example.hr", "Ugovor", "2021-10-02T09:31", "ana@example.hr", None),
    "outlook-fi": ("VS: Sopimus", "Lähettäjä: Aino <aino@example.fi>\nLähetetty: keskiviikko 27. lokakuuta 2021 9.31\nVastaanottaja: Matti <matti@example.fi>\nAihe: Sopimus\n",
                   None, None, None, None, None, None),
    "outlook-da": ("VS: Kontrakt", "Fra: Mette <mette@example.dk>\nSendt: 27. oktober 2021 09:31\nTil: Bo <bo@example.dk>\nEmne: Kontrakt\n",
                   "Mette", "mette@example.dk", "Kontrakt", "2021-10-27T09:31", "bo@example.dk", None),
    "outlook-hu": ("Továbbítás: Szerződés", "Feladó: Kiss Anna <anna@example.hu>\nKüldve: 2021. október 27., szerda 9:31\nCímzett: Nagy Béla <bela@example.hu>\nTárgy: Szerződés\n",
                   "Kiss Anna", "anna@example.hu", "Szerződés", "2021-10-27T09:31", "bela@example.hu", None),
    "outlook-ro": ("FW: Contract", "De la: Ion Pop <ion@example.ro>\nTrimis: miercuri, 27 iunie 2021 09:31\nCătre: Ana <ana@example.ro>\nSubiect: Contract\n",
                   "Ion Pop", "ion@example.ro", "Contract", "2021-06-27T09:31", "ana@example.ro", None),
    "outlook-et": ("FW: Leping", "Saatja: Mari <mari@example.ee>\nSaadetud: kolmapäev, 27. oktoober 2021 09:31\nAdressaat: Jüri <juri@example.ee>\nTeema: Leping\n",
                   "Mari", "mari@example.ee", "Leping", "2021-10-27T09:31", "juri@example.ee", None),
    "outlook-sl": ("FW: Pogodba", "Od: Maja <maja@example.si>\nPoslano: sreda, 27. avgust 2021 09:31\nZa: Jan <jan@example.si>\nKp: Eva <eva@example.si>\nZadeva: Pogodba\n",
                   "Maja", "maja@example.si", "Pogodba", "2021-08-27T09:31", "jan@example.si eva@example.si", None),
    "outlook-bold": ("FW: Deed", "FYI\n\n*From:* Ada Byron <ada@example.com>\n*Sent:* Wednesday, October 27, 2021 9:31 PM\n*To:* Bo <bo@example.com>\n*Subject:* Deed\n",
                     "Ada Byron", "ada@example.com", "Deed", "2021-10-27T21:31", "bo@example.com", "FYI"),
    "apple-ja": ("Fwd: 契約書", "転送されたメッセージ：\n\n> 差出人: 山田太郎 <taro@example.jp>\n> 件名: 契約書\n> 日付: 2021年10月27日 9:31:00 JST\n> 宛先: 佐藤 <sato@example.jp>\n>\n",
                 "山田太郎", "taro@example.jp", "契約書", "2021-10-27T09:31", "sato@example.jp", None),
    "apple-el": ("Fwd: Συμβόλαιο", "> Αρχή προωθημένου μηνύματος:\n>\n> Από: Ελένη <eleni@example.gr>\n> Θέμα: Συμβόλαιο\n> Ημερομηνία: 27 Οκτωβρίου 2021 στις 9:31:00 π.μ. EEST\n> Προς: nikos@example.gr\n",
                 "Ελένη", "eleni@example.gr", "Συμβόλαιο", "2021-10-27T09:31", "nikos@example.gr", None),
    "apple-zh-cn": ("Fwd: 合同", "下面是被转发的邮件：\n\n发件人: 李明 <li@example.cn>\n主题: 合同\n日期: 2021年10月27日 GMT+8 09:31:00\n收件人: wang@example.cn\n",
                    "李明", "li@example.cn", "合同", "2021-10-27T09:31", "wang@example.cn", None),
    "apple-ko": ("Fwd: 계약서", "전달된 메시지 시작:\n\n보낸 사람: 김철수 <kim@example.kr>\n제목: 계약서\n날짜: 2021년 10월 27일 오전 9시 31분 0초 GMT+9\n받는 사람: lee@example.kr\n",
                 "김철수", "kim@example.kr", "계약서", "2021-10-27T09:31", "lee@example.kr", None),
    "thunderbird-el": ("Fwd: Συμβόλαιο", "-------- Προωθημένο μήνυμα --------\nΘέμα: \tΣυμβόλαιο\nΗμερομηνία: \tWed, 27 Oct 2021 09:31:00 +0300\nΑπό: \tΕλένη <eleni@example.gr>\nΠρος: \tnikos@example.gr\nΚοιν.: \tanna@example.gr\n",
                       "Ελένη", "eleni@example.gr", "Συμβόλαιο", "2021-10-27T09:31", "nikos@example.gr anna@example.gr", None),
    "thunderbird-zh-tw": ("Fwd: 合約", "-------- 轉寄郵件 --------\n主旨: \t合約\n日期: \tWed, 27 Oct 2021 09:31:00 +0800\n從: \t王小明 <wang@example.tw>\n到: \tchen@example.tw\n",
                          "王小明", "wang@example.tw", "合約", "2021-10-27T09:31", "chen@example.tw", None),
    "thunderbird-sl": ("Fwd: Pogodba", "-------- Posredovano sporočilo --------\nZadeva: \tPogodba\nDatum: \tWed, 27 Oct 2021 09:31:00 +0200\nOd: \tMaja <maja@example.si>\nZa: \tjan@example.si\n",
                       "Maja", "maja@example.si", "Pogodba", "2021-10-27T09:31", "jan@example.si", None),
    "yahoo-el": ("Fw: Συμβόλαιο", "   ----- Προωθημένο μήνυμα ----- Από: Ελένη <eleni@example.gr>Προς: \"nikos@example.gr\" <nikos@example.gr>Στάλθηκε: Τετάρτη, 27 Οκτωβρίου 2021 09:31:50 π.μ. EESTΘέμα: Συμβόλαιο\n",
                 "Ελένη", "eleni@example.gr", "Συμβόλαιο", "2021-10-27T09:31", "nikos@example.gr", None),
    "yahoo-lines": ("Fw: Deed", "Please file.\n\n   ----- Forwarded Message -----\nFrom: Ada Byron <ada@example.com>\nTo: \"Bo\" <bo@example.com>\nSent: Wednesday, October 27, 2021, 09:31:50 PM GMT+2\nSubject: Deed\n",
                    "Ada Byron", "ada@example.com", "Deed", "2021-10-27T21:31", "bo@example.com", "Please file."),
    "gmx-de": ("Fw: Vertrag", "Zur Akte.\n\nGesendet: Mittwoch, 27. Oktober 2021 um 09:31 Uhr\nVon: \"Ada Byron\" <ada@example.de>\nAn: bo@example.de\nBetreff: Vertrag\n",
               "Ada Byron", "ada@example.de", "Vertrag", "2021-10-27T09:31", "bo@example.de", "Zur Akte."),
    "qq": ("转发：合同", "------------------ 原始邮件 ------------------\n发件人: \"李明\"<li@example.cn>;\n发送时间: 2021年10月27日(星期三) 上午9:31\n收件人: \"王芳\"<wang@example.cn>;\n主题: 合同\n",
           "李明", "li@example.cn", "合同", "2021-10-27T09:31", "wang@example.cn", None),
    "netease": ("转发：合同", "---- 转发的邮件 ----\n| 发件人 | 李明<li@example.cn> |\n| 日期 | 2021年10月27日 09:31 |\n| 收件人 | <wang@example.cn> |\n| 抄送至 | |\n| 主题 | 合同 |\n",
                "李明", "li@example.cn", "合同", "2021-10-27T09:31", "wang@example.cn", None),
    "naver": ("FW: 계약서", "-----Original Message-----\nFrom: \"김철수\" <kim@example.kr>\nTo: <lee@example.kr>;\nCc:\nSent: 2021-10-27 (수) 09:31:00 (GMT+09:00)\nSubject: 계약서\n",
              "김철수", "kim@example.kr", "계약서", "2021-10-27T09:31", "lee@example.kr", None),
    "yandex": ("Fwd: Договор", "-------- Пересылаемое сообщение --------\n27.10.2021, 09:31, \"Анна Иванова\" <anna@example.ru>:\n\nТекст.\n",
               "Анна Иванова", "anna@example.ru", "Договор", "2021-10-27T09:31", "", None),
    "zoho": ("Fwd: Deed", "Please file.\n\n============ Forwarded message ============\nFrom: Ada Byron<ada@example.com>\nTo: \"Bo\"<bo@example.com>\nDate: Wed, 27 Oct 2021 09:31:00 +0530\nSubject: Deed\n============ Forwarded message ============\n",
             "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "Please file."),
    "proton": ("Fw: Deed", "Please file.\n\n------- Forwarded Message -------\nFrom: Ada Byron <ada@example.com>\nDate: On Wednesday, October 27th, 2021 at 9:31 PM\nSubject: Deed\nTo: Bo <bo@example.com>\n\n> The deed is signed.\n",
               "Ada Byron", "ada@example.com", "Deed", "2021-10-27T21:31", "bo@example.com", "Please file."),
    "samsung-de": ("Fwd: Vertrag", "Von meinem Galaxy gesendet\n\n\n-------- Ursprüngliche Nachricht --------\nVon: Ada Byron <ada@example.de>\nDatum: 27.10.21 09:31 (GMT+01:00)\nAn: Bo <bo@example.de>\nBetreff: Vertrag\n",
                   "Ada Byron", "ada@example.de", "Vertrag", "2021-10-27T09:31", "bo@example.de", "Von meinem Galaxy gesendet"),
    "samsung-in-one-line": ("Fwd: Deed", "Please file.\n\n-------- Original message --------From: Big Data Corp <ada@example.com> Date: 27/10/2021  09:31  (GMT+00:00) To: Bo <bo@example.com> Cc: cy@example.com Subject: Deed \n",
                            "Big Data Corp", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com cy@example.com", "Please file."),
    "outlook-without-line-breaks": ("FW: Deed", "Please file.\n\nFrom: Ada Byron <ada@example.com> Sent: 27 October 2021 09:31 To: Bo <bo@example.com> Subject: Deed The deed is signed.\n",
                                    "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "Please file."),
    "yahoo-pl-without-colons": ("Fw: Umowa", "   ----- Przekazana wiadomość ----- Od: Data Kopia <ada@example.pl>Do: \"Bo\" <bo@example.pl>Dw Cy <cy@example.pl>Wysłano: wtorek, 2 listopada 2021, 09:26:50 CETTemat Umowa\n",
                                "Data Kopia", "ada@example.pl", "Umowa", "2021-11-02T09:26", "bo@example.pl cy@example.pl", None),
    "em-client-de": ("WG: Vertrag", "Gruß\n\n------ Weitergeleitete Nachricht ------\nVon: \"Ada Byron\" <ada@example.de>\nAn: \"Bo\" <bo@example.de>\nDatum: 27.10.2021 09:31:00\nBetreff: Vertrag\n",
                     "Ada Byron", "ada@example.de", "Vertrag", "2021-10-27T09:31", "bo@example.de", "Gruß"),
    "notes": ("Fw: Deed", "----- Forwarded by Bo Meier/Legal/Firm on 10/27/2021 09:31 AM -----\n\nFrom:\tAda Byron/Legal/Firm\nTo:\tBo Meier/Legal/Firm@Firm\nCc:\t\nDate:\t10/26/2021 05:02 PM\nSubject:\tDeed\n",
              "Ada Byron/Legal/Firm", "", "Deed", "2021-10-26T17:02", "", None),
    "mutt": ("[ada@example.com: Deed]", "Have a look.\n\n----- Forwarded message from Ada Byron <ada@example.com> -----\n\nDate: Wed, 27 Oct 2021 09:31:00 +0200\nFrom: Ada Byron <ada@example.com>\nTo: bo@example.com\nSubject: Deed\nUser-Agent: Mutt/1.10\n\nThe deed is signed.\n\n----- End forwarded message -----\n",
             "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "Have a look."),
    "pine": ("Deed (fwd)", "Have a look.\n\n---------- Forwarded message ----------\nDate: Wed, 27 Oct 2021 09:31:00 +0200 (CEST)\nFrom: Ada Byron <ada@example.com>\nReply-To: office@example.com\nTo: bo@example.com\nSubject: Deed\n",
             "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "Have a look."),
    "zimbra-es": ("Fwd: Contrato", "Para archivar.\n\n----- Mensaje reenviado -----\nDe: \"Ana Ruiz\" <ana@example.es>\nPara: \"Bo\" <bo@example.es>\nEnviados: Miércoles, 27 de Octubre 2021 9:31:00\nAsunto: Contrato\n",
                  "Ana Ruiz", "ana@example.es", "Contrato", "2021-10-27T09:31", "bo@example.es", "Para archivar."),
    "open-xchange-de": ("Fwd: Vertrag", "---------- Ursprüngliche Nachricht ----------\nVon: Ada Byron <ada@example.de>\nAn: Bo <bo@example.de>\nDatum: 27.10.2021 09:31 CEST\nBetreff: Vertrag\n",
                        "Ada Byron", "ada@example.de", "Vertrag", "2021-10-27T09:31", "bo@example.de", None),
    "evolution": ("Fwd: Deed", "-------- Forwarded Message --------\nFrom: Ada Byron <ada@example.com>\nReply-To: office@example.com\nTo: bo@example.com\nSubject: Deed\nDate: Wed, 27 Oct 2021 09:31:00 +0000\n",
                  "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", None),
    "outlook-mac-de": ("WG: Vertrag", "Zur Akte.\n\nAm 27.10.21, 09:31 schrieb \"Ada Byron\" <ada@example.de>:\n\n    Der Vertrag.\n",
                       "Ada Byron", "ada@example.de", "Vertrag", "2021-10-27T09:31", "", "Zur Akte."),
    "labels-above-values": ("FW: Deed", "FYI\n\nFrom:\nAda Byron <ada@example.com>\nSent:\nWednesday, October 27, 2021 9:31 AM\nTo:\nBo <bo@example.com>\nSubject:\nDeed\n",
                            "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "FYI"),
    "folded-recipients": ("FW: Deed", "From: Ada Byron <ada@example.com>\nSent: 27 October 2021 09:31\nTo: Bo <bo@example.com>; Cy <cy@example.com>;\n Di <di@example.com>;\nEd <ed@example.com>\nSubject: Deed\n",
                          "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com cy@example.com di@example.com ed@example.com", None),
    "unknown-language-below-a-marker": ("Fwd: Deed", "Kuongana.\n\n-------- Forwarded Message --------\nUjjsk: \tDeed\nTrehu: \tWed, 27 Oct 2021 09:31:00 +0300\nKutka: \tAda <ada@example.com>\nKwenk: \tbo@example.com\nNklla: \tcy@example.com\n",
                                        "Ada", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com cy@example.com", "Kuongana."),
    "unknown-language-below-a-subject": ("FW: Deed", "Kuongana.\n\nKutka: Ada <ada@example.com>\nTrehu: 27.10.2021 09:31\nKwenk: Bo <bo@example.com>\nUjjsk: Deed\n",
                                         "Ada", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", "Kuongana."),
    "no-subject-at-all": (None, "From: Ada Byron <ada@example.com>\nSent: 27 October 2021 09:31\nTo: Bo <bo@example.com>\nSubject: Deed\n",
                          "Ada Byron", "ada@example.com", "Deed", "2021-10-27T09:31", "bo@example.com", None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_forwards_of_mail_programs(case: str) -> None:
    subject, above, name, address, original, date, recipients, comment = CASES[case]
    found = find.find(subject, f"{above}\nThe first line of the message.\n", None)
    if name is None:
        assert found is None
        return
    assert found is not None
    assert found.kind == "inline"
    assert found.sender == (name, address)
    assert found.subject == original
    assert found.date is not None and found.date.tzinfo is not None
    assert found.date.isoformat()[:16] == date
    assert found.date_raw
    assert [box.address for box in found.to + found.cc if box.address] == recipients.split()
    assert found.comment == comment


def test_with_crlf_and_one_level_of_quotation_nothing_changes() -> None:
    for case, (subject, above, name, address, original, *_) in CASES.items():
        if name is None or case.startswith(("yahoo-el", "yandex", "outlook-mac")):
            continue
        quoted = "\r\n".join(f"> {line}" for line in f"{above}\nText.".split("\n"))
        found = find.find(subject, quoted, None)
        assert found is not None, case
        assert (found.sender, found.subject) == ((name, address), original), case
