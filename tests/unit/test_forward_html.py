"""Forwards that exist only as HTML; the markup is that of the programs, the text invented."""

from __future__ import annotations

import pytest

from casefleet_cli.core.forward import find
from casefleet_cli.core.mail.html_text import to_text

PAGES = {
    "outlook": (
        '<div class="WordSection1"><p class="MsoNormal">Zur Akte.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Von:</b> '
        "Ada Byron &lt;ada@example.com&gt; <br><b>Gesendet:</b> Mittwoch, 27. Oktober 2021 09:31<br><b>An:</b> Bo &lt;bo@example.com&gt;<br>"
        '<b>Betreff:</b> Deed<o:p></o:p></p></div></div><p class="MsoNormal">Signed.</p></div>'
    ),
    "outlook-web": (
        '<div>Zur Akte.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        '<font face="Calibri, sans-serif" color="#000000" style="font-size:11pt"><b>Von:</b> Ada Byron &lt;ada@example.com&gt;<br><b>Gesendet:</b> '
        "Mittwoch, 27. Oktober 2021 09:31<br><b>An:</b> Bo &lt;bo@example.com&gt;<br><b>Betreff:</b> Deed</font><div>&nbsp;</div></div><div>Signed.</div>"
    ),
    "gmail": (
        '<div dir="ltr">Zur Akte.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
        'Von: <strong class="gmail_sendername" dir="auto">Ada Byron</strong> <span dir="auto">&lt;<a href="mailto:ada@example.com">ada@example.com</a>&gt;</span><br>'
        "Date: Mi., 27. Okt. 2021 um 09:31&nbsp;Uhr<br>Subject: Deed<br>To: Bo &lt;<a>bo@example.com</a>&gt;<br></div><br><br>Signed.</div></div>"
    ),
    "apple": (
        '<body>Zur Akte.<br><div><br><blockquote type="cite"><div>Anfang der weitergeleiteten Nachricht:</div><br class="Apple-interchange-newline">'
        "<div><span><b>Von: </b></span><span>Ada Byron &lt;<a>ada@example.com</a>&gt;<br></span></div><div><span><b>Betreff: </b></span><span><b>Deed</b><br></span></div>"
        "<div><span><b>Datum: </b></span><span>27. Oktober 2021 um 09:31:00 MESZ<br></span></div><div><span><b>An: </b></span><span>bo@example.com<br></span></div>"
        "<br><div>Signed.</div></blockquote></div></body>"
    ),
    "thunderbird": (
        '<p>Zur Akte.</p><div class="moz-forward-container">-------- Weitergeleitete Nachricht --------<table class="moz-email-headers-table"><tbody>'
        '<tr><th align="RIGHT" nowrap="nowrap">Betreff: </th><td>Deed</td></tr><tr><th>Datum: </th><td>Wed, 27 Oct 2021 09:31:00 +0200</td></tr>'
        "<tr><th>Von: </th><td>Ada Byron <a>&lt;ada@example.com&gt;</a></td></tr><tr><th>An: </th><td>Bo &lt;bo@example.com&gt;</td></tr></tbody></table>Signed.</div>"
    ),
    "yahoo": (
        '<div>Zur Akte.</div><div id="yahoo_quoted"><div><div>----- Weitergeleitete Nachricht -----</div><div><b>Von:</b> Ada Byron &lt;ada@example.com&gt;</div>'
        "<div><b>An:</b> Bo &lt;bo@example.com&gt;</div><div><b>Gesendet:</b> Mittwoch, 27. Oktober 2021, 09:31:00 MESZ</div><div><b>Betreff:</b> Deed</div><div>Signed.</div></div></div>"
    ),
    "paragraphs": (
        "<p>Zur Akte.</p><p>Von: Ada Byron &lt;ada@example.com&gt;</p><p>Gesendet: 27. Oktober 2021 09:31</p><p>An: Bo &lt;bo@example.com&gt;</p><p>Betreff: Deed</p><p>Signed.</p>"
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_forwards_in_html(page: str) -> None:
    found = find.find("WG: Deed", to_text(PAGES[page]), PAGES[page])
    assert found is not None
    assert found.sender == ("Ada Byron", "ada@example.com")
    assert (found.subject, found.comment) == ("Deed", "Zur Akte.")
    assert found.date is not None
    assert f"{found.date:%Y-%m-%d %H:%M}" == "2021-10-27 09:31"
    assert [box.address for box in found.to] == ["bo@example.com"]
