// SPDX-License-Identifier: Apache-2.0
// job_denoise.c - the job: an image, a folder of them or video, told apart by what they hold, through one denoiser.
#include <math.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "image/image.h"
#include "image/y4m.h"
#include "jobs/denoise.h"
#include "jobs/job.h"
#include "model/model.h"

// ---- one, many or moving ------------------------------------------------------------------------

typedef enum kind { IMAGE, FOLDER, VIDEO } kind;

static bool is_standard(const char *path) {
    return strcmp(path, "-") == 0;
}

// What source= is: by its content, and where that says nothing by its name.
static int find_kind(const char *path, kind *k, hg_error *err) {
    *k = hg__is_folder(path) ? FOLDER : VIDEO;
    if (*k == FOLDER || is_standard(path)) return HG_OK;
    hg__content m;
    enum { HEAD = 1 << 16 };
    HG_TRY(hg__content_read_head(&m, path, HEAD, err));
    const bool is_image = hg__image_is_image_path(path) || hg__image_sniff(m.data, m.size);
    *k = hg__y4m_sniff(m.data, m.size) ? VIDEO : is_image ? IMAGE : FOLDER;
    hg__content_free(&m);
    return HG_OK;
}

// The extension, with a letter in it and short: "jfif", not the "7" of 1.2.840.7; or NULL.
static const char *extension_of(const char *path) {
    enum { LONGEST = 10 };
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash + 1 : path, '.');
    if (!dot || dot == (slash ? slash + 1 : path) || !dot[1] || strlen(dot) > LONGEST) return NULL;
    return strspn(dot + 1, "0123456789") == strlen(dot + 1) ? NULL : dot + 1;
}

// Where one image goes. out= is a folder if it is there as one, ends in a slash or has no extension; else it is a file.
// joined: the file in the folder, "" where out= is one itself.
static int find_out(const char *path, const char *out, char joined[1024], hg_error *err) {
    const size_t length = strlen(out);
    const char *extension = extension_of(out), *slash = strrchr(path, '/');
    const char *own = extension_of(path);
    joined[0] = '\0';
    if (hg__is_folder(out) || (length && out[length - 1] == '/') || !extension) {
        if (hg__is_stream(path)) {
            return hg__fail(err, HG_ERR_USAGE,
                            "out: expected an image's name for the image of a pipe, got %s", out);
        }
        HG_TRY(hg__make_folder(out, err));
        return hg__join_path(joined, 1024, out, slash ? slash + 1 : path, err);
    }
    if (!hg__image_is_foreign_path(out) || (own && strcasecmp(own, extension) == 0)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "out: expected a name that ends in .png, .jpg, .tif, .webp, .pgm or .ppm, or a "
                    "folder, got %s",
                    out);
}

// An interrupted file: what was there stays.
static int stopped(const char *path, const char *out, hg_error *err) {
    return hg__fail(err, HG_ERR_STOPPED, "%.200s: stopped on request; %.200s %s", path, out,
                    hg__is_file(out) ? "is as it was before" : "was not written");
}

static int one_image(hg__denoise_work *d, const char *path, const char *out, hg_error *err) {
    char joined[1024];
    const bool is_there = hg__is_folder(out);
    HG_TRY(find_out(path, out, joined, err));
    d->result->images = 1;
    hg__sweep_beside(joined[0] ? joined : out);
    const int code = hg__denoise_image(d, path, joined[0] ? joined : out, err);
    if (code == HG_ERR_STOPPED) return stopped(path, joined[0] ? joined : out, err);
    HG_TRY(code);
    HG_TRY(hg__denoise_page_add(d->page, path, joined[0] ? joined : out, err));
    if (joined[0] && !is_there && out[strlen(out) - 1] != '/') {
        hg__denoise_note(d, "out=%s has no image's extension: the folder was made, and %s in it",
                         out, joined + strlen(out) + 1);
    }
    return HG_OK;
}

static int video(hg__denoise_work *d, const char *path, const char *out, hg_error *err) {
    const int code = hg__denoise_video(d, path, out, err);
    if (code != HG_ERR_STOPPED) return code;
    if (!is_standard(out)) return stopped(hg__input_name(path), out, err);
    return hg__fail(err, HG_ERR_STOPPED,
                    "%.200s: stopped on request; what went out ends with frame %lld",
                    hg__input_name(path), (long long)d->result->frames);
}

static bool ends_in(const char *path, const char *ends) {
    const char *extension = extension_of(path);
    char among[16];
    snprintf(among, sizeof among, ".%.10s.", extension ? extension : "");
    return extension && strcasestr(ends, among);
}

// Video that only ffmpeg reads: the line that does, with the names of this run.
static int refuse_video(const struct hg__values *v, hg_error *err) {
    uint8_t head[4096];
    char in[160], out[160], model[160] = "", what[64];
    const int fd = hg__is_file(v->data) ? hg__open_read(v->data, err) : HG_ERR_USAGE;
    if (fd < 0) return HG_OK; // a folder, a pipe, or what the next who opens it will say
    const ssize_t got = read(fd, head, sizeof head);
    close(fd);
    if (got <= 0 || !hg__magic_is_video(head, (size_t)got)) return HG_OK;
    const bool is_film = ends_in(v->out, ".mp4.m4v.mov.avi.mkv.webm.ogv.mpg.mpeg.wmv.flv.");
    hg__magic_describe(head, (size_t)got, what);
    hg__shell_word(v->data, in, sizeof in);
    hg__shell_word(is_film ? v->out : "clean.mp4", out, sizeof out);
    if (*v->model) {
        snprintf(model, sizeof model, " model=");
        hg__shell_word(v->model, model + 7, sizeof model - 7);
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%.60s: expected images or Y4M video, got %s; \"ffmpeg -v error -i %s -f "
                    "yuv4mpegpipe - | hourglass denoise%s source=- out=- | ffmpeg -v error -i - "
                    "%s\" cleans it",
                    v->data, what, in, model, out);
}

static int preview(hg__denoise_work *d, const struct hg__values *v, kind k, hg_error *err) {
    const size_t length = strlen(v->preview);
    if (k != IMAGE || is_standard(v->data) || hg__is_stream(v->data)) {
        return hg__fail(err, HG_ERR_USAGE, "preview: expected an image in a file, got %s: %.200s",
                        k == VIDEO    ? "video"
                        : k == FOLDER ? "several"
                                      : "a pipe",
                        hg__input_name(v->data));
    }
    if (length <= 4 || strcasecmp(v->preview + length - 4, ".png") != 0) {
        return hg__fail(err, HG_ERR_USAGE, "preview: expected a name that ends in .png, got %.200s",
                        v->preview);
    }
    HG_TRY(hg__check_out(v->data, "image", v->preview, err));
    hg__image_reader *r = d->is_by_iso ? hg__image_open(v->data, err) : NULL;
    if (d->is_by_iso && !r) return (int)err->code;
    const int code = r ? hg__denoise_tune_to(d, v->data, hg__image_info_of(r), err) : HG_OK;
    hg__image_close(r);
    return code == HG_OK ? hg__denoise_preview(d, v->data, v->preview, err) : code;
}

static int run(hg__denoise_work *d, const struct hg__values *v, hg_error *err) {
    kind k;
    HG_TRY(find_kind(v->data, &k, err));
    if (*v->page && (k == VIDEO || hg__is_stream(v->data))) {
        return hg__fail(err, HG_ERR_USAGE, "page: expected images in files, got %s: %.200s",
                        k == VIDEO ? "video" : "a pipe", hg__input_name(v->data));
    }
    if (*v->preview) HG_TRY(preview(d, v, k, err));
    if (d->is_by_iso && k == VIDEO) {
        return hg__fail(err, HG_ERR_USAGE, "sigma: expected a number for video, got iso");
    }
    if (k == VIDEO) return video(d, v->data, v->out, err);
    if (is_standard(v->out)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a file or a folder for images, got - (which is for video)");
    }
    return k == FOLDER ? hg__denoise_folder(d, v->data, v->out, err)
                       : one_image(d, v->data, v->out, err);
}

// Where some images could not be cleaned the page is of the others, and what is said stays that.
static int save_page(const hg__denoise_work *d, const hg_options *o, int code, hg_error *err) {
    hg_error own = {0};
    const hg_result *r = d->result;
    if (code != HG_OK && !(code == HG_ERR_DATA && r->failed && r->failed < r->images)) return code;
    const int saved = hg__denoise_page_save(d->page, o, d->model, r, &own);
    if (code != HG_OK || saved == HG_OK) return code;
    *err = own;
    return saved;
}

// fit=, which is kept where it is better than what was before, and model=auto.
static int learn(hg__denoise_work *d, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__network *net = &d->model->net;
    const bool is_auto = hg__denoise_is_auto(v), is_fitted = *v->fit != '\0';
    const size_t bytes = net->spec.params * sizeof *net->params;
    void *before = NULL;
    if (is_fitted) {
        before = hg__alloc(1, bytes, err);
        if (!before) return HG_ERR_MEMORY;
        memcpy(before, net->params, bytes);
    }
    int code = is_fitted ? hg__denoise_fit(d, o, err) : HG_OK;
    if (code == HG_OK && (is_auto || is_fitted)) code = hg__denoise_choose(d, v, before, err);
    if (code == HG_OK && *v->save) code = hg__model_save(d->model, v->save, NULL, err);
    hg__free(before);
    return code;
}

int hg__job_denoise(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    HG_TRY(refuse_video(&o->values, err));
    HG_TRY(hg__job_page_check(o, err));
    HG_TRY(hg__denoise_fit_check(o, err));
    const double started = hg__seconds();
    const struct hg__values *v = &o->values;
    hg__denoise_work d = {.listener = l,
                          .result = r,
                          .temporal = (int32_t)v->temporal,
                          .is_temporal_set = hg_options_is_set(o, "temporal")};
    int code = hg__denoise_open(&d, hg__denoise_is_auto(v) ? "" : v->model, (int32_t)v->threads,
                                (size_t)v->max_mem, err);
    if (code == HG_OK && *v->page) {
        d.page = hg__denoise_page_new(err);
        if (!d.page) code = HG_ERR_MEMORY;
    }
    if (code == HG_OK) code = learn(&d, o, err);
    if (code == HG_OK) code = hg__denoise_tune(&d, v, err);
    if (code == HG_OK) code = run(&d, v, err);
    r->level = d.levels ? d.level_sum / (double)d.levels : (double)NAN;
    r->seconds = hg__seconds() - started;
    code = save_page(&d, o, code, err);
    hg__denoise_close(&d);
    return code;
}
