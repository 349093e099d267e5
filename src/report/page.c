// SPDX-License-Identifier: Apache-2.0
// page.c - sections, words, lists, tables, figures; and the file.
#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"

// ---- words --------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 0))) static void add_words(hg__text *t, const char *format,
                                                            va_list args) {
    char words[HG_PAGE_WORDS];
    vsnprintf(words, sizeof words, format, args);
    hg__html_add(t, words);
}

static void end_section(hg__page *p) {
    if (p->in_section) hg__text_add(&p->body, "</section>\n");
    p->in_section = false;
}

void hg__page_section(hg__page *p, const char *id, const char *title) {
    end_section(p);
    p->in_section = true;
    hg__text_add(&p->body, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">",
                 id, id, id);
    hg__html_add(&p->body, title);
    hg__text_add(&p->body, "</h2>\n");
    hg__text_add(&p->contents, "<li><a href=\"#%s\">", id);
    hg__html_add(&p->contents, title);
    hg__text_add(&p->contents, "</a></li>\n");
}

void hg__page_heading(hg__page *p, const char *title) {
    hg__text_add(&p->body, "<h3>");
    hg__html_add(&p->body, title);
    hg__text_add(&p->body, "</h3>\n");
}

void hg__page_paragraph(hg__page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    hg__text_add(&p->body, "<p>");
    add_words(&p->body, format, args);
    hg__text_add(&p->body, "</p>\n");
    va_end(args);
}

void hg__page_note(hg__page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    hg__text_add(&p->body, "<p class=\"note\">");
    add_words(&p->body, format, args);
    hg__text_add(&p->body, "</p>\n");
    va_end(args);
}

void hg__page_code(hg__page *p, const char *text) {
    hg__text_add(&p->body, "<pre tabindex=\"0\"><code>");
    hg__html_add(&p->body, text);
    hg__text_add(&p->body, "</code></pre>\n");
}

// ---- lists and tables ---------------------------------------------------------------------------

void hg__page_begin_list(hg__page *p, bool tiles) {
    hg__text_add(&p->body, "<dl class=\"%s\">\n", tiles ? "tiles" : "facts");
}

void hg__page_fact(hg__page *p, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    hg__text_add(&p->body, "<div><dt>");
    hg__html_add(&p->body, name);
    hg__text_add(&p->body, "</dt><dd>");
    add_words(&p->body, format, args);
    hg__text_add(&p->body, "</dd></div>\n");
    va_end(args);
}

void hg__page_end_list(hg__page *p) {
    hg__text_add(&p->body, "</dl>\n");
}

static const char *side(const hg__page *p, int32_t column) {
    return p->numbers >> (column & 63) & 1 ? " class=\"number\"" : "";
}

void hg__page_begin_table(hg__page *p, const char *caption, const char *const *name,
                          int32_t columns, uint64_t numbers) {
    p->numbers = numbers;
    p->in_row = false;
    hg__text_add(&p->body, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    hg__html_add(&p->body, caption);
    hg__text_add(&p->body, "\"><table>\n<caption>");
    hg__html_add(&p->body, caption);
    hg__text_add(&p->body, "</caption>\n<thead><tr>");
    for (int32_t i = 0; i < columns; i++) {
        hg__text_add(&p->body, "<th scope=\"col\"%s>", side(p, i));
        hg__html_add(&p->body, name[i]);
        hg__text_add(&p->body, "</th>");
    }
    hg__text_add(&p->body, "</tr></thead>\n<tbody>\n");
}

void hg__page_row(hg__page *p) {
    hg__text_add(&p->body, "%s<tr>", p->in_row ? "</tr>\n" : "");
    p->in_row = true;
    p->column = 0;
}

void hg__page_cell(hg__page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int32_t i = p->column++;
    hg__text_add(&p->body, i ? "<td%s>" : "<th scope=\"row\"%s>", side(p, i));
    add_words(&p->body, format, args);
    hg__text_add(&p->body, i ? "</td>" : "</th>");
    va_end(args);
}

void hg__page_end_table(hg__page *p) {
    hg__text_add(&p->body, "%s</tbody>\n</table></div>\n", p->in_row ? "</tr>\n" : "");
    p->in_row = false;
}

// ---- figures ------------------------------------------------------------------------------------

void hg__page_begin_figure(hg__page *p) {
    hg__text_add(&p->body, "<figure>\n");
}

void hg__page_end_figure(hg__page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (*format) {
        hg__text_add(&p->body, "<figcaption>");
        add_words(&p->body, format, args);
        hg__text_add(&p->body, "</figcaption>\n");
    }
    hg__text_add(&p->body, "</figure>\n");
    va_end(args);
}

void hg__page_begin_grid(hg__page *p) {
    hg__text_add(&p->body, "<div class=\"grid\">\n");
}

void hg__page_end_grid(hg__page *p) {
    hg__text_add(&p->body, "</div>\n");
}

void hg__page_begin_details(hg__page *p, const char *summary) {
    hg__text_add(&p->body, "<details><summary>");
    hg__html_add(&p->body, summary);
    hg__text_add(&p->body, "</summary>\n");
}

void hg__page_end_details(hg__page *p) {
    hg__text_add(&p->body, "</details>\n");
}

// "data:image/png;base64,...".
static int add_uri(hg__text *t, const hg__canvas *c, bool is_lossy, hg_error *err) {
    hg__text bytes = {0};
    const int code = hg__canvas_encode(c, is_lossy ? "page.jpg" : "page.png", &bytes, err);
    if (code == HG_OK) {
        hg__text_add(t, "data:image/%s;base64,", is_lossy ? "jpeg" : "png");
        hg__html_add_base64(t, (const uint8_t *)bytes.data, bytes.length);
    }
    hg__text_clear(&bytes);
    return code;
}

int hg__page_image(hg__page *p, const hg__canvas *c, const char *alt, bool is_lossy,
                   hg_error *err) {
    hg__text_add(&p->body, "<img width=\"%d\" height=\"%d\" alt=\"", c->width, c->height);
    hg__html_add(&p->body, alt);
    hg__text_add(&p->body, "\" src=\"");
    const int code = add_uri(&p->body, c, is_lossy, err);
    hg__text_add(&p->body, "\">\n");
    return code;
}

// ---- tiles --------------------------------------------------------------------------------------

// One channel of three that are equal.
static int encode_grey(const hg__canvas *c, hg__text *to, hg_error *err) {
    const hg__image_info info = {.width = c->width,
                                 .height = c->height,
                                 .channels = 1,
                                 .dtype = HG_U8,
                                 .white = 255,
                                 .orientation = 1,
                                 .pages = 1};
    const size_t count = (size_t)c->width * (size_t)c->height;
    for (size_t i = 0; i < count; i++) c->rgb[i] = c->rgb[3 * i];
    const hg__image image = {info, c->rgb};
    return hg__image_encode(&image, "page.png", to, err);
}

int hg__page_sprite(hg__page *p, const hg__canvas *tiles, bool is_grey, hg_error *err) {
    hg__text *t = &p->style;
    hg__text bytes = {0};
    const int32_t number = ++p->sprites;
    const int code = is_grey ? encode_grey(tiles, &bytes, err)
                             : hg__canvas_encode(tiles, "page.png", &bytes, err);
    hg__text_add(t, ".s%d{background-image:url(data:image/png;base64,", (int)number);
    if (code == HG_OK) hg__html_add_base64(t, (const uint8_t *)bytes.data, bytes.length);
    hg__text_add(t, ")}\n");
    hg__text_clear(&bytes);
    return code < 0 ? code : number;
}

void hg__page_begin_sliders(hg__page *p) {
    hg__text_add(&p->body, "<div class=\"sliders\">\n");
}

void hg__page_end_sliders(hg__page *p) {
    hg__text_add(&p->body, "</div>\n");
}

static double percent(int32_t i, int32_t count) {
    return count > 1 ? 100.0 * i / (count - 1) : 0;
}

void hg__page_add_slider(hg__page *p, const hg__page_slider *s) {
    hg__text *t = &p->body;
    hg__text_add(
        t, "<div class=\"slider\"><div class=\"tile s%d\" role=\"img\" aria-label=\"decoded, ",
        (int)s->sprite);
    hg__html_add(t, s->name);
    hg__text_add(t,
                 "\" style=\"aspect-ratio:1/%.4g;background-size:%d%% %d%%;background-position:"
                 "%.6g%% %.6g%%\"></div>\n<label>",
                 s->aspect, (int)s->steps * 100, (int)s->lines * 100, percent(s->at, s->steps),
                 percent(s->line, s->lines));
    hg__html_add(t, s->name);
    hg__text_add(
        t,
        " <span class=\"now\">%.3g</span><input type=\"range\" min=\"0\" max=\"%d\" value=\"%d\" "
        "data-values=\"",
        s->value[s->at], (int)s->steps - 1, (int)s->at);
    for (int32_t i = 0; i < s->steps; i++) hg__text_add(t, "%s%.3g", i ? " " : "", s->value[i]);
    hg__text_add(t, "\"></label></div>\n");
}

void hg__page_begin_tiles(hg__page *p, const char *name) {
    hg__text_add(&p->body, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    hg__html_add(&p->body, name);
    hg__text_add(&p->body, "\">\n");
    p->in_strip = false;
}

void hg__page_strip(hg__page *p, const char *name) {
    hg__text_add(&p->body, "%s<div class=\"strip\"><span>", p->in_strip ? "</div>\n" : "");
    hg__html_add(&p->body, name);
    hg__text_add(&p->body, "</span>");
    p->in_strip = true;
}

void hg__page_end_tiles(hg__page *p) {
    hg__text_add(&p->body, "%s</div>\n", p->in_strip ? "</div>\n" : "");
    p->in_strip = false;
}

void hg__page_begin_field(hg__page *p) {
    hg__text_add(&p->body, "<div class=\"field\">");
}

void hg__page_end_field(hg__page *p) {
    hg__text_add(&p->body, "</div>\n");
}

void hg__page_add_tile(hg__page *p, int32_t sprite, int32_t at, int32_t count, int32_t across,
                       double aspect, const char *name) {
    const int32_t down = (count + across - 1) / across;
    hg__text_add(&p->body, "<div class=\"tile s%d\" role=\"img\" aria-label=\"", (int)sprite);
    hg__html_add(&p->body, name);
    hg__text_add(&p->body,
                 "\" style=\"aspect-ratio:1/%.4g;background-size:%d%% %d%%;background-position:"
                 "%.6g%% %.6g%%\"></div>",
                 aspect, (int)across * 100, (int)down * 100, percent(at % across, across),
                 percent(at / across, down));
}

// ---- the file -----------------------------------------------------------------------------------

static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; script-src "
                             "'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

static void add_head(hg__text *t, const hg__page *p, const hg__page_head *head) {
    hg__text_add(t,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<link rel=\"icon\" href=\"data:,\">\n<title>",
                 policy);
    hg__html_add(t, head->title);
    hg__text_add(t, "</title>\n<style>\n%s", hg__page_style);
    if (p->style.length) hg__text_add_bytes(t, p->style.data, p->style.length);
    hg__text_add(t, "</style>\n</head>\n<body>\n<header>\n<div class=\"top\"><h1>");
    hg__html_add(t, head->title);
    hg__text_add(t, "</h1>\n<button type=\"button\" id=\"theme\" hidden>Dark</button></div>\n");
    if (*head->lead) {
        hg__text_add(t, "<p class=\"lead\">");
        hg__html_add(t, head->lead);
        hg__text_add(t, "</p>\n");
    }
    hg__text_add(t, "</header>\n");
    hg__text_add(t, "<nav aria-label=\"Contents\"><ul>\n");
    if (p->contents.length) hg__text_add_bytes(t, p->contents.data, p->contents.length);
    hg__text_add(t, "</ul></nav>\n<main>\n");
}

int hg__page_write(const char *path, const hg__text *t, hg_error *err) {
    hg__writer file = {.fd = -1};
    if (t->failed) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while writing", path);
    hg__sweep_beside(path);
    int code = hg__writer_open(&file, path, err);
    if (code == HG_OK) code = hg__writer_add(&file, t->data, t->length, err);
    if (code == HG_OK) return hg__writer_commit(&file, err);
    hg__writer_abort(&file);
    return code;
}

int hg__page_save(hg__page *p, const char *path, const hg__page_head *head, hg_error *err) {
    hg__text t = {0};
    end_section(p);
    add_head(&t, p, head);
    if (p->body.length) hg__text_add_bytes(&t, p->body.data, p->body.length);
    hg__text_add(&t, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", hg__page_script);
    if (p->body.failed || p->contents.failed || p->style.failed) t.failed = true;
    const int code = hg__page_write(path, &t, err);
    hg__text_clear(&t);
    hg__page_clear(p);
    return code;
}

void hg__page_clear(hg__page *p) {
    hg__text_clear(&p->body);
    hg__text_clear(&p->contents);
    hg__text_clear(&p->style);
    *p = (hg__page){0};
}
