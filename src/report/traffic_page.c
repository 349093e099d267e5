// SPDX-License-Identifier: Apache-2.0
// traffic_page.c - the page: what was judged by what, pictures, alerts, talkers, evidence, flaws, measures.
#include "report/traffic_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "report/html.h"

// Colours are told apart by their brightness, too (Okabe and Ito's blue and vermilion, darkened to 4.5:1 on their ground).
static const char style[] =
    ":root{color-scheme:light dark;--ink:#14161a;--faint:#5a5e64;--rule:#d8dbe0;--page:#fff;"
    "--card:#f5f6f8;--blue:#0a5fa4;--soft:#6b7079;--red:#b83a00;--attack:#e0a100;--strip:#8a6100;"
    "--area:#a9cbe8}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--faint:#a0a5ad;--rule:#34383f;"
    "--page:#121417;--card:#1b1e23;--blue:#7ab8f0;--soft:#9aa0a8;--red:#ff8f5a;--attack:#c99a1a;"
    "--strip:#f0c14a;--area:#2b577c}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:16px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\n"
    "main{max-width:84rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem;margin:.5rem 0 .25rem;overflow-wrap:anywhere}\n"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
    "h3{font-size:1rem;margin:0 0 .25rem}\n"
    "p{margin:.25rem 0}\n"
    ".faint,.lead{color:var(--faint)}\n"
    ".lead{overflow-wrap:anywhere}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;"
    "margin:1rem 0}\n"
    ".tiles div{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;"
    "padding:.5rem .75rem}\n"
    "dt{color:var(--faint);font-size:.85rem}\n"
    "dd{margin:0;font-size:1.25rem;font-variant-numeric:tabular-nums}\n"
    "dd small{font-size:.85rem;color:var(--faint)}\n"
    "figure{margin:1.25rem 0}\n"
    "figcaption{font-weight:600;margin-bottom:.5rem}\n"
    ".plot{position:relative;height:15rem;margin:.5rem .75rem 3rem 3rem}\n"
    ".plot>svg{display:block;width:100%;height:100%;overflow:visible}\n"
    ".plot span{position:absolute;font-size:.8rem;line-height:1.2;color:var(--faint);"
    "font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".y{right:100%;margin-right:.4rem;transform:translateY(-50%)}\n"
    ".x{top:100%;margin-top:.4rem;transform:translateX(-50%);text-align:center}\n"
    ".first{transform:none;text-align:left}\n"
    ".last{transform:translateX(-100%);text-align:right}\n"
    "path{fill:none;vector-effect:non-scaling-stroke}\n"
    ".grid{stroke:var(--rule)}\n"
    ".highest{stroke:var(--blue);stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}\n"
    ".median{stroke:var(--soft);stroke-width:1.6;stroke-linecap:round;stroke-dasharray:4 3}\n"
    ".threshold{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:9 4}\n"
    ".dots{stroke:var(--red);stroke-width:6;stroke-linecap:round}\n"
    ".attack{fill:var(--attack);fill-opacity:.22}\n"
    ".strip{stroke:var(--strip);stroke-width:4}\n"
    ".rate{fill:var(--area);stroke:var(--blue);stroke-width:1}\n"
    ".bad{fill:var(--red)}\n"
    ".keys{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;font-size:.85rem;margin:0}\n"
    ".key{width:24px;height:12px;margin-right:.35rem}\n"
    ".three{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "th,td{text-align:left;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--rule);"
    "vertical-align:top;overflow-wrap:anywhere}\n"
    "th{color:var(--faint);font-weight:600}\n"
    ".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    ".who{min-width:9.4rem}.service{min-width:6.4rem}\n"
    ".time{white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "@media(max-width:50rem){.odd{display:none}.plot{height:12rem;margin-left:2.6rem}\n"
    ".cards thead{display:none}.cards tr{display:block;padding:.6rem 0;"
    "border-bottom:1px solid var(--rule)}\n"
    ".cards td{display:grid;grid-template-columns:6.5rem 1fr;border:0;padding:.1rem 0;"
    "text-align:left;white-space:normal}\n"
    ".cards td::before{content:attr(data-name);color:var(--faint)}}\n"
    "@media print{:root{color-scheme:light;--ink:#000;--faint:#444;--rule:#ccc;--page:#fff;"
    "--card:#fff;--blue:#0a5fa4;--soft:#6b7079;--red:#b83a00;--attack:#e0a100;--strip:#8a6100;"
    "--area:#a9cbe8}\n"
    "html{font-size:11px}body{font-size:1rem}figure,tr,.tiles div{break-inside:avoid}"
    "h2{break-after:avoid}"
    "svg,span{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

// ---- the head -----------------------------------------------------------------------------------

static void begin(hg__text *t, const hg__traffic_page *p) {
    hg__text_add(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                    "<title>");
    hg__html_add(t, p->data);
    hg__text_add(t, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
    hg__html_add(t, p->data);
    hg__text_add(t, "</h1>\n<p class=\"lead\">Judged by ");
    hg__html_add(t, p->model);
    hg__text_add(t, "%s", *p->kind ? ": " : "");
    hg__html_add(t, p->kind);
    hg__text_add(t, ".");
    if (p->is_anonymised) hg__text_add(t, " Addresses are not those that were seen (anonymise=).");
    hg__text_add(t, "</p>\n<p class=\"lead\">");
    if (*p->threshold_words) hg__text_add(t, "Alarms: ");
    hg__html_add(t,
                 *p->threshold_words ? p->threshold_words : "No threshold: nothing was held out");
    hg__text_add(t, ".</p>\n");
}

static void add_tile(hg__text *t, const char *name, uint64_t count, const char *more) {
    hg__text_add(t, "<div><dt>%s</dt><dd>", name);
    hg__html_add_count(t, count);
    hg__text_add(t, "%s%s%s</dd></div>\n", *more ? " <small>" : "", more, *more ? "</small>" : "");
}

static void add_tiles(hg__text *t, const hg__traffic_page *p) {
    char share[40] = "";
    const bool has_threshold = !isnan(p->threshold);
    if (p->packets && has_threshold) {
        snprintf(share, sizeof share, "%.3g\u00a0%%", 100 * (double)p->alarms / (double)p->packets);
    }
    hg__text_add(t, "<dl class=\"tiles\">\n");
    if (p->series->bins) {
        hg__text_add(t, "<div><dt>Time</dt><dd>");
        hg__html_add_span(t, (double)p->series->step * p->series->bins / 1e9);
        hg__text_add(t, "</dd></div>\n");
    }
    add_tile(t, "Packets", p->packets, "");
    hg__text_add(t, "<div><dt>Bytes on the wire</dt><dd>");
    hg__html_add_bytes(t, p->bytes);
    hg__text_add(t, "</dd></div>\n");
    if (has_threshold) {
        add_tile(t, "Alarms", p->alarms, share);
        add_tile(t, "Alerts", p->alert_count, "");
        hg__text_add(t, "<div><dt>Threshold</dt><dd>%.4g</dd></div>\n", p->threshold);
    }
    hg__text_add(t, "</dl>\n");
}

static void add_charts(hg__text *t, const hg__traffic_page *p) {
    const hg__series *s = p->series;
    hg__text_add(t, "<section>\n<h2>Over time</h2>\n");
    if (s->bins == 0) {
        hg__text_add(t, "<p>There was no packet.</p>\n</section>\n");
        return;
    }
    hg__text_add(t, "<p class=\"faint\">From ");
    hg__traffic_add_time(t, s->start, 0);
    hg__text_add(t, " to ");
    hg__traffic_add_time(t, s->start + s->step * s->bins, 0);
    hg__text_add(t, " UTC.");
    if (s->left_out) {
        hg__text_add(t, " Not in these pictures: ");
        hg__html_add_count(t, s->left_out);
        hg__text_add(t, " packets whose times lie a month or more from those of the others.");
    }
    hg__text_add(t, "</p>\n");
    hg__traffic_add_score_chart(t, p);
    hg__traffic_add_rate_chart(t, p);
    hg__text_add(t, "</section>\n");
}

// ---- tables -------------------------------------------------------------------------------------

static void add_cell(hg__text *t, const char *kind, const char *name, const char *text) {
    hg__text_add(t, "<td class=\"%s\" data-name=\"%s\">", kind, name);
    hg__html_add(t, text);
    hg__text_add(t, "</td>");
}

// KitNET's have none.
static bool has_reasons(const hg__traffic_page *p) {
    for (int32_t i = 0; i < p->alerts; i++) {
        if (*p->alert[i].why) return true;
    }
    return false;
}

static void add_alert(hg__text *t, const hg__traffic_alert *a, bool with_reasons) {
    hg__text_add(t, "<tr><td class=\"time\" data-name=\"time\"><span>");
    hg__traffic_add_time(t, a->first, 3);
    hg__text_add(t, "<br/>to ");
    hg__traffic_add_time(t, a->last, 3);
    hg__text_add(t, "</span></td>");
    add_cell(t, "who", "source", a->source);
    add_cell(t, "who", "destination", a->destination);
    add_cell(t, "service", "service", a->service);
    hg__text_add(t, "<td class=\"number\" data-name=\"packets\">");
    hg__html_add_count(t, a->packets);
    hg__text_add(t, "</td><td class=\"number\" data-name=\"score\">%.4g</td>", a->score);
    hg__text_add(t, "<td class=\"number\" data-name=\"p-value\">");
    if (!isnan(a->p)) hg__text_add(t, "%.2g", a->p);
    hg__text_add(t, "</td>");
    if (with_reasons) add_cell(t, "", "reasons", a->why);
    hg__text_add(t, "</tr>\n");
}

static void add_alerts(hg__text *t, const hg__traffic_page *p) {
    const bool with_reasons = has_reasons(p);
    if (isnan(p->threshold)) return;
    hg__text_add(t, "<section>\n<h2>Alerts</h2>\n");
    if (p->alerts == 0) {
        hg__text_add(t, "<p>None.</p>\n</section>\n");
        return;
    }
    if (p->alert_count > (uint64_t)p->alerts) {
        hg__text_add(t, "<p class=\"faint\">The %d with the highest scores, of ", (int)p->alerts);
        hg__html_add_count(t, p->alert_count);
        hg__text_add(t, ".</p>\n");
    }
    hg__text_add(t, "<table class=\"cards\">\n<thead><tr><th scope=\"col\">time, UTC</th>"
                    "<th scope=\"col\">source</th><th scope=\"col\">destination</th>"
                    "<th scope=\"col\">service</th><th scope=\"col\" class=\"number\">packets</th>"
                    "<th scope=\"col\" class=\"number\">score</th>"
                    "<th scope=\"col\" class=\"number\">p-value</th>");
    if (with_reasons) hg__text_add(t, "<th scope=\"col\">reasons</th>");
    hg__text_add(t, "</tr></thead>\n<tbody>\n");
    for (int32_t i = 0; i < p->alerts; i++) add_alert(t, &p->alert[i], with_reasons);
    hg__text_add(t, "</tbody>\n</table>\n</section>\n");
}

static void add_ranking(hg__text *t, const hg__traffic_page *p, int by) {
    static const char *const title[HG_RANKINGS] = {"by packets sent", "by bytes sent",
                                                   "by alarms caused"};
    static const char *const unit[HG_RANKINGS] = {"packets", "bytes", "alarms"};
    if (p->talkers[by] == 0) return;
    hg__text_add(t,
                 "<div><h3>%s</h3>\n<table>\n<thead><tr><th scope=\"col\">address</th>"
                 "<th scope=\"col\" class=\"number\">%s</th></tr></thead>\n<tbody>\n",
                 title[by], unit[by]);
    for (int32_t i = 0; i < p->talkers[by]; i++) {
        const hg__traffic_talker *k = &p->talker[by][i];
        hg__text_add(t, "<tr><td>");
        hg__html_add(t, k->name);
        hg__text_add(t, "</td><td class=\"number\">");
        if (by == 1) {
            hg__html_add_bytes(t, k->bytes);
        } else {
            hg__html_add_count(t, by == 0 ? k->packets : k->alarms);
        }
        hg__text_add(t, "</td></tr>\n");
    }
    hg__text_add(t, "</tbody>\n</table></div>\n");
}

static void add_talkers(hg__text *t, const hg__traffic_page *p) {
    if (p->talkers[0] == 0) return;
    hg__text_add(t, "<section>\n<h2>Who sent most</h2>\n");
    if (p->talkers_forgotten) {
        hg__text_add(t, "<p class=\"faint\">There were more addresses than are remembered: ");
        hg__html_add_count(t, p->talkers_forgotten);
        hg__text_add(t, " times the one that was silent for longest made room.</p>\n");
    }
    hg__text_add(t, "<div class=\"three\">\n");
    for (int i = 0; i < HG_RANKINGS; i++) add_ranking(t, p, i);
    hg__text_add(t, "</div>\n</section>\n");
}

// A table of two columns: a name, and how much.
static void begin_pairs(hg__text *t, const char *title, const char *name, const char *unit) {
    hg__text_add(t,
                 "<div><h3>%s</h3>\n<table>\n<thead><tr><th scope=\"col\">%s</th><th "
                 "scope=\"col\" class=\"number\">%s</th></tr></thead>\n<tbody>\n",
                 title, name, unit);
}

static void add_name(hg__text *t, const char *name) {
    hg__text_add(t, "<tr><td>");
    hg__html_add(t, name);
    hg__text_add(t, "</td><td class=\"number\">");
}

static void end_pairs(hg__text *t) {
    hg__text_add(t, "</tbody>\n</table></div>\n");
}

static void add_counts(hg__text *t, const char *title, const char *name, const char *unit,
                       const hg__traffic_count *count, int32_t counts) {
    uint64_t sum = 0;
    for (int32_t i = 0; i < counts; i++) sum += count[i].count;
    if (sum == 0) {
        hg__text_add(t, "<div><h3>%s</h3>\n<p>None.</p></div>\n", title);
        return;
    }
    begin_pairs(t, title, name, unit);
    for (int32_t i = 0; i < counts; i++) {
        if (count[i].count == 0) continue;
        add_name(t, count[i].name);
        hg__html_add_count(t, count[i].count);
        hg__text_add(t, "</td></tr>\n");
    }
    end_pairs(t);
}

static void add_evidence(hg__text *t, const hg__traffic_page *p) {
    hg__text_add(t, "<section>\n<h2>What spoke for it, and what could not be read</h2>\n"
                    "<div class=\"three\">\n");
    if (p->evidences) {
        add_counts(t, "Alarms by their strongest evidence", "kind", "alarms", p->evidence,
                   p->evidences);
    }
    add_counts(t, "Packets that could not be read to the end", "what is wrong", "packets", p->flaw,
               p->flaws);
    hg__text_add(t, "</div>\n</section>\n");
}

// What is counted as a count.
static void add_value(hg__text *t, double value) {
    if (value >= 2 && value < 1e18 && floor(value) >= value) {
        hg__html_add_count(t, (uint64_t)value);
    } else {
        hg__text_add(t, "%.4g", value);
    }
}

static void add_measure_table(hg__text *t, const char *title, const char *value,
                              const hg__traffic_measure *m, int32_t measures) {
    begin_pairs(t, title, "what", value);
    for (int32_t i = 0; i < measures; i++) {
        if (isnan(m[i].value)) continue;
        add_name(t, m[i].name);
        add_value(t, m[i].value);
        hg__text_add(t, "</td></tr>\n");
    }
    end_pairs(t);
}

static void add_measures(hg__text *t, const hg__traffic_page *p) {
    if (p->measures == 0) return;
    hg__text_add(t, "<section>\n<h2>How well what is labelled is found</h2>\n"
                    "<div class=\"three\">\n");
    if (p->baselines) {
        add_measure_table(t, "Told from normal packets", "AUROC", p->baseline, p->baselines);
    }
    add_measure_table(t, "Of packets", "value", p->measure, p->measures);
    hg__text_add(t, "</div>\n</section>\n");
}

// ---- all of it ----------------------------------------------------------------------------------

int hg__traffic_page_save(const char *path, const hg__traffic_page *p, hg_error *err) {
    hg__text t = {0};
    hg__writer file = {.fd = -1};
    begin(&t, p);
    add_tiles(&t, p);
    add_charts(&t, p);
    add_measures(&t, p);
    add_alerts(&t, p);
    add_talkers(&t, p);
    add_evidence(&t, p);
    hg__text_add(&t, "</main>\n</body>\n</html>\n");
    int code =
        t.failed ? hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while writing", path) : HG_OK;
    if (code == HG_OK) {
        hg__sweep_beside(path);
        code = hg__writer_open(&file, path, err);
    }
    if (code == HG_OK) code = hg__writer_add(&file, t.data, t.length, err);
    if (code == HG_OK) {
        code = hg__writer_commit(&file, err);
    } else {
        hg__writer_abort(&file);
    }
    hg__text_clear(&t);
    return code;
}
