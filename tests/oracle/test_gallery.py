# SPDX-License-Identifier: Apache-2.0
"""The page of judged pictures by Python's HTML parser: elements nest and end, names come back, nothing leads out of it."""
import base64
import os
import re
import subprocess
from html.parser import HTMLParser

from common import COMMAND, check, finish, path

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "gallery_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/gallery_run"
VOID = {"meta", "img", "link", "br", "hr", "input"}
NAMES = ["plain.png", "a & b <i>.png", "\"quoted\" 'twice'.png", "</title><script>alert(1)</script>", "&amp;", "ünï/码.png",
         "--><img src=http://example.invalid/x.png>"]


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.attributes, self.text, self.tags = [], [], [], {}, []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, key, value) for key, value in attrs]
        if len({key for key, _ in attrs}) != len(attrs):
            self.wrong.append("twice in <%s>" % tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s>" % tag)

    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


out = path("page.html")
subprocess.run([RUN, out] + NAMES, check=True)
with open(out, encoding="utf-8") as file:
    html = file.read()
page = Page()
page.feed(html)
page.close()

check("every element ends where it should", not page.wrong and not page.open, str(page.wrong + page.open))
check("it begins as HTML5 does", html.startswith("<!DOCTYPE html>\n<html lang=\"en\">") and page.tags.count("meta") == 2)
known = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "section", "article", "header", "span", "div",
         "figure", "img", "figcaption", "table", "thead", "tbody", "tr", "th", "td"}
check("no element came from a name", set(page.tags) <= known, str(set(page.tags) - known))
check("names come back", "".join(page.text["title"]) == NAMES[0] and page.text["h2"] == NAMES + ["All pictures"] and
      [page.text["td"][i] for i in range(0, len(page.text["td"]), 4)] == NAMES, str(page.text["td"][:8]))
sources = [value for _, key, value in page.attributes if key in ("src", "href", "srcset", "data", "action")]
check("pictures are in the page", len(sources) == 4 * len(NAMES) and all(s.startswith("data:image/jpeg;base64,") for s in sources))
check("each is a JPEG", all(base64.b64decode(s.split(",")[1], validate=True)[:3] == b"\xff\xd8\xff" for s in sources))
check("each says what it is", all(any(name in value for name in NAMES) for _, key, value in page.attributes if key == "alt"))
own = re.sub(r"(?s)<(title|h1|h2|span|td)[ >].*?</\1>|alt=\"[^\"]*\"|data:[^\"]*", "", html)
check("nothing is fetched", not re.search(r"https?:|//|url\(|@import|javascript:|\son\w+=", own))
finish()
