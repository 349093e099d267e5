// SPDX-License-Identifier: Apache-2.0
// gallery.c - gallery.html: the panels as JPEG in data: URIs (RFC 2397), in the colours of the reader's system.
#include "report/gallery.h"

#include <math.h>
#include <string.h>

#include "report/html.h"

enum { PANEL = 480 }; // pixels of a panel's longer side: sharp on a phone, and not large

static const char style[] =
    ":root{color-scheme:light dark;--ink:#14161a;--faint:#5a5e64;--rule:#d8dbe0;--page:#fff;"
    "--card:#f5f6f8;--red:#c82828;--blue:#1f69ce}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--faint:#a0a5ad;--rule:#34383f;"
    "--page:#121417;--card:#1b1e23;--red:#e5484d;--blue:#7fb2ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:16px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\n"
    "main{max-width:84rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem;margin:.5rem 0 .25rem}\n"
    "h2{font-size:1.1rem;color:var(--blue);margin:2rem 0 .5rem}\n"
    "p{margin:.25rem 0;color:var(--faint)}\n"
    "article{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;"
    "padding:.75rem;margin:0 0 1rem}\n"
    "header{display:flex;flex-wrap:wrap;gap:.25rem .9rem;align-items:baseline;"
    "margin-bottom:.5rem}\n"
    ".file{font-weight:600;overflow-wrap:anywhere;margin-right:auto}\n"
    ".kind,figcaption{color:var(--faint)}\n"
    ".number{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".alarm{background:var(--red);color:#fff;font-size:.8rem;font-weight:600;"
    "border-radius:.25rem;padding:.1rem .45rem}\n"
    ".panels{display:grid;grid-template-columns:repeat(2,1fr);gap:.5rem}\n"
    "@media(min-width:48rem){.panels{grid-template-columns:repeat(4,1fr)}}\n"
    "figure{margin:0;min-width:0}\n"
    "figcaption{font-size:.8rem}\n"
    "img{display:block;width:100%;height:auto;border-radius:.25rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:.35rem .5rem .35rem 0;border-bottom:1px solid var(--rule);"
    "vertical-align:top}\n"
    "td:first-child{overflow-wrap:anywhere;min-width:6rem}\n"
    ".right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n";

// ---- pictures -----------------------------------------------------------------------------------

static int encode_panel(hg__gallery *g, hg__panel panel, const hg__judged *j, const hg__box *box,
                        hg_error *err) {
    hg__canvas c;
    g->bytes.length = 0;
    HG_TRY(hg__canvas_init(&c, box->width, box->height, err));
    hg__draw_panel(&c, box, panel, j, &g->head.heat);
    const int code = hg__canvas_encode(&c, "panel.jpg", &g->bytes, err);
    hg__canvas_clear(&c);
    return code;
}

static int add_panel(hg__gallery *g, hg__panel panel, const hg__judged *j, hg_error *err) {
    const hg__box box = hg__panel_box(j, PANEL, PANEL);
    hg__text *t = &g->text;
    HG_TRY(encode_panel(g, panel, j, &box, err));
    hg__text_add(t, "<figure><img width=\"%d\" height=\"%d\" alt=\"%s of ", box.width, box.height,
                 hg__panel_name(panel));
    hg__html_add(t, j->file);
    hg__text_add(t, "\" src=\"data:image/jpeg;base64,");
    hg__html_add_base64(t, (const uint8_t *)g->bytes.data, g->bytes.length);
    hg__text_add(t, "\"><figcaption>%s</figcaption></figure>\n", hg__panel_name(panel));
    return HG_OK;
}

static int flush(hg__gallery *g, hg_error *err) {
    if (g->text.failed || g->table.failed) {
        return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while writing", g->file.path);
    }
    HG_TRY(hg__writer_add(&g->file, g->text.data, g->text.length, err));
    g->text.length = 0;
    return HG_OK;
}

static void add_words(hg__text *t, const hg__judged *j) {
    hg__text_add(t, "<header><span class=\"file\">");
    hg__html_add(t, j->file);
    hg__text_add(t, "</span>");
    if (*j->kind) {
        hg__text_add(t, "<span class=\"kind\">");
        hg__html_add(t, j->kind);
        hg__text_add(t, "</span>");
    }
    if (j->is_alarm) hg__text_add(t, "<span class=\"alarm\">alarm</span>");
    hg__text_add(t, "<span class=\"number\">score %.4g</span>", j->score);
    if (!isnan(j->p_value)) {
        hg__text_add(t, "<span class=\"number\">p %.2g</span>", j->p_value);
    }
    hg__text_add(t, "</header>\n");
}

int hg__gallery_show(hg__gallery *g, const hg__judged *j, hg_error *err) {
    hg__text_add(&g->text, "<article>");
    add_words(&g->text, j);
    hg__text_add(&g->text, "<div class=\"panels\">\n");
    for (int k = 0; k < HG_PANELS; k++) {
        if (hg__panel_is_there((hg__panel)k, j)) HG_TRY(add_panel(g, (hg__panel)k, j, err));
    }
    hg__text_add(&g->text, "</div></article>\n");
    return flush(g, err);
}

// ---- the page -----------------------------------------------------------------------------------

int hg__gallery_open(hg__gallery *g, const char *path, const hg__judged_head *head, hg_error *err) {
    *g = (hg__gallery){.head = *head, .file = {.fd = -1}};
    hg__text *t = &g->text;
    hg__sweep_beside(path);
    HG_TRY(hg__writer_open(&g->file, path, err));
    hg__text_add(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<title>");
    hg__html_add(t, head->title);
    hg__text_add(t, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
    hg__html_add(t, head->title);
    hg__text_add(t, "</h1>\n");
    if (!isnan(head->threshold)) {
        hg__text_add(t, "<p>Alarm above a score of %.4g.</p>\n", head->threshold);
    }
    hg__text_add(t, "<p>Maps: dark at %.3g, yellow at %.3g and above.</p>\n",
                 (double)head->heat.low, (double)head->heat.high);
    return HG_OK;
}

static void end_group(hg__gallery *g) {
    if (g->in_group) hg__text_add(&g->text, "</section>\n");
    g->in_group = false;
}

void hg__gallery_start_group(hg__gallery *g, const char *headline) {
    end_group(g);
    g->in_group = true;
    hg__text_add(&g->text, "<section>\n<h2>");
    hg__html_add(&g->text, headline);
    hg__text_add(&g->text, "</h2>\n");
}

void hg__gallery_list(hg__gallery *g, const hg__judged *j) {
    hg__text *t = &g->table;
    g->listed++;
    g->alarms += j->is_alarm;
    hg__text_add(t, "<tr><td>");
    hg__html_add(t, j->file);
    hg__text_add(t, "</td><td>");
    hg__html_add(t, j->kind);
    hg__text_add(t, "</td><td class=\"right\">%.4g</td><td class=\"right\">", j->score);
    if (!isnan(j->p_value)) hg__text_add(t, "%.3g", j->p_value);
    hg__text_add(t, "</td><td>%s</td></tr>\n",
                 j->is_alarm ? "<span class=\"alarm\">alarm</span>" : "");
}

static void add_table(hg__gallery *g) {
    hg__text *t = &g->text;
    if (!g->listed || g->table.failed) return;
    hg__text_add(t,
                 "<section>\n<h2>All pictures</h2>\n<p>%lld, %lld of them with an alarm.</p>\n"
                 "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">file</th>"
                 "<th scope=\"col\">kind</th><th scope=\"col\" class=\"right\">score</th>"
                 "<th scope=\"col\" class=\"right\">p-value</th><th scope=\"col\">alarm</th></tr>"
                 "</thead>\n<tbody>\n",
                 (long long)g->listed, (long long)g->alarms);
    hg__text_add_bytes(t, g->table.data, g->table.length);
    hg__text_add(t, "</tbody>\n</table></div>\n</section>\n");
}

int hg__gallery_commit(hg__gallery *g, hg_error *err) {
    end_group(g);
    add_table(g);
    hg__text_add(&g->text, "</main>\n</body>\n</html>\n");
    int code = flush(g, err);
    if (code == HG_OK) code = hg__writer_commit(&g->file, err);
    hg__gallery_abort(g); // of what was committed nothing is left to be taken back
    return code;
}

void hg__gallery_abort(hg__gallery *g) {
    hg__writer_abort(&g->file);
    hg__text_clear(&g->text);
    hg__text_clear(&g->table);
    hg__text_clear(&g->bytes);
    *g = (hg__gallery){.file = {.fd = -1}};
}
