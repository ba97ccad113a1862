"""An e-mail as a page of its own, to be printed or kept: nothing in it runs, and nothing is fetched for it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from casefleet_cli.web.wordbreaks import breakable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;\
 form-action 'none'; base-uri 'none'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>html{{background:#fff;color:#000;color-scheme:light}}
body{{max-width:50rem;margin:1.5rem auto;padding:0 1rem;overflow-wrap:anywhere;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}
#casefleet-head{{width:100%;margin:0 0 1.5rem;border-collapse:collapse;border-bottom:2px solid #000}}
#casefleet-head th{{width:1%;padding:.1rem 1.5rem .1rem 0;text-align:left;vertical-align:top;white-space:nowrap}}
#casefleet-head td{{padding:.1rem 0;vertical-align:top}}#casefleet-head tr:last-child>*{{padding-bottom:.75rem}}
img,table{{max-width:100%}}img{{height:auto}}td,th{{overflow-wrap:break-word}}pre{{white-space:pre-wrap}}
blockquote{{margin:0 0 0 .5rem;padding-left:.75rem;border-left:2px solid #999}}
.casefleet-note{{margin:0 0 1rem;font-size:13px;font-style:italic}}
@page{{margin:2cm}}@media print{{body{{max-width:none;margin:0;padding:0;font-size:10.5pt}}\
#casefleet-head tr,img{{break-inside:avoid}}a{{color:inherit}}}}
</style></head>
<body><table id="casefleet-head">
{rows}
</table>
{body}</body></html>
"""


def page(title: str, fields: Iterable[tuple[str, Sequence[str]]], body: str) -> str:
    """A page with a table of labels and values above a body, which is HTML that `frame` made harmless."""
    rows = "\n".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{_lines(values)}</td></tr>' for label, values in fields
    )
    return _PAGE.format(title=escape(title), rows=rows, body=body)


def _lines(values: Sequence[str]) -> str:
    return "<br>".join(f'<span dir="auto">{breakable(one)}</span>' for one in values)
