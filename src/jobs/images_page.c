// SPDX-License-Identifier: Apache-2.0
// images_page.c - images cleaned, as a page: PSNR and SSIM beside filters, and the middle of some images before and after.
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/pages.h"
#include "model/model.h"
#include "report/svg.h"

enum { SHOWN = 6, SIDE = 240, GAP = 4 }; // images; pixels of what is shown of each

typedef struct shown {
    char name[128];
    hg__canvas parts; // owned: the middle of each, side by side
    hg__quality before, after;
} shown;

struct hg__images_page {
    shown image[SHOWN];
    int32_t count;
};

hg__images_page *hg__images_page_new(hg_error *err) {
    return hg__alloc(1, sizeof(hg__images_page), err);
}

void hg__images_page_free(hg__images_page *p) {
    if (!p) return;
    for (int32_t i = 0; i < SHOWN; i++) hg__canvas_clear(&p->image[i].parts);
    hg__free(p);
}

// The middle of x (height, width, channels) as part k of the canvas.
static void put_part(hg__canvas *c, const hg__frame *f, const float *x, int32_t w, int32_t k) {
    const int32_t h = c->height, left = (f->width - w) / 2, top = (f->height - h) / 2;
    const size_t channels = (size_t)f->channels;
    for (int32_t i = 0; i < h; i++) {
        const float *from = x + ((size_t)(top + i) * (size_t)f->width + (size_t)left) * channels;
        uint8_t *to = c->rgb + 3 * ((size_t)i * (size_t)c->width + (size_t)(k * (w + GAP)));
        for (int32_t j = 0; j < 3 * w; j++) {
            const float value =
                from[(size_t)(j / 3) * channels + (channels == 3 ? (size_t)(j % 3) : 0)];
            *to++ = (uint8_t)lrintf(255 * fminf(fmaxf(value, 0), 1));
        }
    }
}

int hg__draw_middles(hg__canvas *c, const hg__frame *f, const float *const *part, int32_t parts,
                     hg_error *err) {
    const int32_t w = f->width < SIDE ? f->width : SIDE, h = f->height < SIDE ? f->height : SIDE;
    HG_TRY(hg__canvas_init(c, parts * w + (parts - 1) * GAP, h, err));
    for (int32_t k = 0; k < parts; k++) put_part(c, f, part[k], w, k);
    return HG_OK;
}

int hg__images_page_add(hg__images_page *p, const char *name, const hg__frame *f,
                        const float *const part[3], const hg__quality quality[2], hg_error *err) {
    if (!p || p->count == SHOWN) return HG_OK;
    shown *s = &p->image[p->count++];
    snprintf(s->name, sizeof s->name, "%.127s", name);
    hg__cut_partial(s->name);
    s->before = quality[0];
    s->after = quality[1];
    return hg__draw_middles(&s->parts, f, part, 3, err);
}

// ---- sections -----------------------------------------------------------------------------------

static void add_bars(hg__page *to, const hg__val_mean *mean, bool is_ssim) {
    hg__bar bar[HG_METHODS];
    int32_t n = 0;
    for (int32_t k = 0; k < HG_METHODS; k++) {
        const hg__interval *v = is_ssim ? &mean[k].ssim : &mean[k].psnr;
        if (!mean[k].is_there || !isfinite(v->value)) continue;
        bar[n++] = (hg__bar){mean[k].name, v->value, v->low, v->high, k == HG_OUTPUT ? 1 : 2};
    }
    if (!n) return;
    hg__page_begin_figure(to);
    hg__svg_bars(to, is_ssim ? "SSIM" : "PSNR in dB",
                 is_ssim ? "Mean SSIM of each way of cleaning."
                         : "Mean PSNR of each way of cleaning.",
                 bar, n);
    hg__page_end_figure(to, "Longer is better. Lines: 95 %% intervals of the mean over images.");
}

static void add_cell(hg__page *to, const hg__interval *v, const char *format) {
    char text[64] = "–";
    if (isfinite(v->value)) {
        snprintf(text, sizeof text, format[0] == 'p' ? "%.2f" : "%.4f", v->value);
    }
    hg__page_cell(to, "%s", text);
    snprintf(text, sizeof text, "–");
    if (isfinite(v->low)) {
        snprintf(text, sizeof text, format[0] == 'p' ? "%.2f to %.2f" : "%.4f to %.4f", v->low,
                 v->high);
    }
    hg__page_cell(to, "%s", text);
}

static void add_means(hg__page *to, const hg__val_mean *mean) {
    const char *const column[] = {"way", "setting", "PSNR, dB", "95 %", "SSIM", "95 %"};
    hg__page_begin_table(
        to, "Means over the images; of filters the setting that was best on these very images",
        column, 6, 0x3C);
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (!mean[k].is_there) continue;
        hg__page_row(to);
        hg__page_cell(to, "%s", mean[k].name);
        hg__page_cell(to, "%s", mean[k].setting);
        add_cell(to, &mean[k].psnr, "psnr");
        add_cell(to, &mean[k].ssim, "ssim");
    }
    hg__page_end_table(to);
}

static int add_pictures(hg__page *to, const hg__images_page *p, hg_error *err) {
    hg__page_section(to, "pictures", "Before and after");
    hg__page_paragraph(
        to, "The middle of some images: what went in, what came out, and what is clean.");
    for (int32_t i = 0; i < p->count; i++) {
        const shown *s = &p->image[i];
        char alt[200];
        snprintf(alt, sizeof alt, "%s: what went in, what came out, clean", s->name);
        hg__page_begin_figure(to);
        HG_TRY(hg__page_image(to, &s->parts, alt, true, err));
        hg__page_end_figure(to, "%s: in PSNR %.2f dB, SSIM %.4f; out PSNR %.2f dB, SSIM %.4f",
                            s->name, s->before.psnr, s->before.ssim, s->after.psnr, s->after.ssim);
    }
    return HG_OK;
}

int hg__images_page_save(const hg__images_page *p, const hg__val_sheet *s, const hg_options *o,
                         const hg_model *model, uint64_t fingerprint, hg_error *err) {
    hg__val_mean mean[HG_METHODS];
    char title[300], data[2 * HG_MAX_VALUE], text[32];
    hg__page page = {0};
    if (!p) return HG_OK;
    HG_TRY(hg__val_sheet_means(s, mean, err));
    hg__mask_secrets(o->values.data, data, sizeof data);
    snprintf(title, sizeof title, "%.200s: images cleaned", data);
    const hg__page_head head = {
        title, "How near images come to clean ones, beside what classical filters make of them."};
    hg__page_section(&page, "figures", "How near");
    hg__page_begin_list(&page, true);
    hg__page_fact(&page, "Images", "%lld", (long long)s->images);
    if (*s->noise) hg__page_fact(&page, "Noise put on them", "%s", s->noise);
    hg__page_fact(&page, "PSNR, in", "%.2f dB", mean[HG_INPUT].psnr.value);
    hg__page_fact(&page, "PSNR, out", "%.2f dB", mean[HG_OUTPUT].psnr.value);
    hg__page_end_list(&page);
    hg__page_begin_grid(&page);
    add_bars(&page, mean, false);
    add_bars(&page, mean, true);
    hg__page_end_grid(&page);
    add_means(&page, mean);
    int code = add_pictures(&page, p, err);
    if (code == HG_OK) {
        snprintf(text, sizeof text, "%016llx", (unsigned long long)fingerprint);
        code = hg__job_page_save(&page, o, &head, model, text, err);
    }
    hg__page_clear(&page);
    return code;
}
