// SPDX-License-Identifier: Apache-2.0
// html.h - what pages of HTML share: text from outside made fit for one, numbers for people.
#ifndef HG_REPORT_HTML_H
#define HG_REPORT_HTML_H
#include "base/text.h"

// Text from outside: what HTML would take for its own is escaped, what does not print is ?. Also within quotes of an attribute.
void hg__html_add(hg__text *t, const char *text);
// 1234567 as 1 234 567, with spaces that are narrow and break no line.
void hg__html_add_count(hg__text *t, uint64_t n);
// 1234567 as 1.23 MB.
void hg__html_add_bytes(hg__text *t, uint64_t bytes);
// 8000 (s) as 2.22 h.
void hg__html_add_span(hg__text *t, double seconds);
// Bytes as RFC 4648 has them, for data: URIs.
void hg__html_add_base64(hg__text *t, const uint8_t *bytes, size_t size);
#endif
