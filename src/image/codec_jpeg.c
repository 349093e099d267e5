// SPDX-License-Identifier: Apache-2.0
// codec_jpeg.c - JPEG, by libjpeg-turbo: lines in, lines out.
//
// libjpeg only warns where data is missing or damaged, and fills the rest with grey. Here such a warning is the
// end. A file written like another keeps its sampling, its markers (EXIF, colour profile, comments), its
// density and its quantisation tables, these made finer where they are coarser than quality 90. It is
// always sequential, so that no more than a few lines are in memory.
#include <setjmp.h>
#include <stdio.h>
// jpeglib.h needs stdio.h before it
#include <jerror.h>
#include <jpeglib.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/codec.h"

enum {
    NEW_QUALITY = 95,
    LEAST_QUALITY = 90,
    MOST_SCANS = 500,  // each one walks over the whole picture, however few bytes it has
    MANY_SCANS = 64,   // from here on each must have bytes for
    SCAN_SHARE = 1000, // so many coefficients a byte
    MOST_BLOCKS = 10,  // of an MCU: B.2.3 of ITU-T T.81
    OUTPUT_BUFFER = 1 << 15,
    INPUT_PIECE = 1 << 16,
    MARKER_LENGTH = 0xffff,
};

// What both directions share; errors leave libjpeg through `jump`.
typedef struct trouble {
    struct jpeg_error_mgr manager; // first: libjpeg's pointer to it is a pointer to this
    jmp_buf jump;
    const char *name;
    hg_error *err;
    int code;
} trouble;

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    trouble trouble;
    struct jpeg_progress_mgr progress;
    size_t size, coefficients; // bytes of the file; of a picture of several scans
    struct jpeg_source_mgr source;
    hg__image_file *file; // borrowed
    size_t at;            // behind what libjpeg has
    bool started;
    uint8_t piece[INPUT_PIECE]; // of a file that is not in memory
} decoder;

typedef struct encoder {
    struct jpeg_compress_struct jpeg;
    trouble trouble;
    struct jpeg_destination_mgr destination;
    hg__writer *file; // borrowed
    bool started;
    uint8_t *buffer; // owned, (OUTPUT_BUFFER)
} encoder;

static bool is_cut_off(int message) {
    return message == JWRN_JPEG_EOF || message == JWRN_HIT_MARKER || message == JERR_INPUT_EOF ||
           message == JERR_INPUT_EMPTY;
}

static _Noreturn void leave(j_common_ptr jpeg) {
    trouble *t = (trouble *)(void *)jpeg->err;
    const int message = t->manager.msg_code;
    char text[JMSG_LENGTH_MAX];
    if (t->code == HG_OK && is_cut_off(message)) {
        t->code = hg__fail(t->err, HG_ERR_DATA, "%s: expected a whole JPEG file, got one cut off",
                           t->name);
    } else if (t->code == HG_OK && message == JERR_BAD_PRECISION) {
        t->code = hg__fail(t->err, HG_ERR_DATA, "%s: expected a JPEG of 8 bits a sample, got %d",
                           t->name, t->manager.msg_parm.i[0]);
    } else if (t->code == HG_OK && message == JERR_OUT_OF_MEMORY) {
        t->code = hg__fail(t->err, HG_ERR_MEMORY, "%s: out of memory for JPEG", t->name);
    } else if (t->code == HG_OK) {
        t->manager.format_message(jpeg, text);
        t->code = hg__fail(t->err, HG_ERR_DATA, "%s: %s JPEG: %s", t->name,
                           jpeg->is_decompressor ? "cannot read" : "cannot write", text);
    }
    longjmp(t->jump, 1);
}

// Level -1 is damage, 0 and more are remarks. Some damage touches no pixel.
static void hear(j_common_ptr jpeg, int level) {
    const int message = jpeg->err->msg_code;
    if (level >= 0 || message == JWRN_EXTRANEOUS_DATA || message == JWRN_JFIF_MAJOR ||
        message == JWRN_ADOBE_XFORM) {
        return;
    }
    leave(jpeg);
}

static void be_silent(j_common_ptr jpeg) {
    (void)jpeg;
}

static struct jpeg_error_mgr *prepare_trouble(trouble *t, const char *name) {
    jpeg_std_error(&t->manager);
    t->manager.error_exit = leave;
    t->manager.emit_message = hear;
    t->manager.output_message = be_silent;
    t->name = name;
    return &t->manager;
}

static void expect(trouble *t, hg_error *err) {
    t->err = err;
    t->code = HG_OK;
}

// ---- reading ------------------------------------------------------------------------------------

// JPEG-LS begins alike; of it the table of magic numbers has something to advise.
static bool sniff(const uint8_t *head, size_t size) {
    return size >= 3 && head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff &&
           !hg__magic_advice(head, size);
}

static void count_scans(j_common_ptr jpeg) {
    decoder *d = (decoder *)(void *)jpeg;
    const int scans = d->jpeg.input_scan_number;
    const size_t share = (size_t)(scans > MANY_SCANS ? scans : 0) * d->coefficients / SCAN_SHARE;
    if (scans <= MOST_SCANS && share <= d->size) return;
    d->trouble.code =
        hg__fail(d->trouble.err, HG_ERR_DATA, "%s: expected a JPEG of at most %d scans, got more",
                 d->trouble.name, share > d->size ? MANY_SCANS : MOST_SCANS);
    leave(jpeg);
}

static void read_exif(const struct jpeg_decompress_struct *jpeg, hg__image_info *info) {
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next) {
        if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 && memcmp(m->data, "Exif\0", 6) == 0) {
            info->orientation = hg__exif_orientation(m->data + 6, m->data_length - 6);
            info->iso = hg__exif_iso(m->data + 6, m->data_length - 6);
            return;
        }
    }
}

static int fill_info(hg__image_reader *r, struct jpeg_decompress_struct *jpeg, hg_error *err) {
    const bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    if (!grey && jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_RGB) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a grey or colour JPEG, got %s", r->name,
                        jpeg->num_components == 4 ? "CMYK" : "unknown colours");
    }
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    r->info = (hg__image_info){.format = "jpeg",
                               .width = (int32_t)jpeg->image_width,
                               .height = (int32_t)jpeg->image_height,
                               .channels = grey ? 1 : 3,
                               .dtype = HG_U8,
                               .white = 255,
                               .is_lossy = true,
                               .orientation = 1,
                               .pages = 1};
    read_exif(jpeg, &r->info);
    HG_TRY(hg__image_check(r, err));
    size_t held = 0; // coefficients of a progressive file, 16 bits each
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *c = &jpeg->comp_info[i];
        held += (size_t)c->width_in_blocks * c->height_in_blocks * DCTSIZE2 * sizeof(JCOEF);
    }
    r->held = jpeg_has_multiple_scans(jpeg) ? held : 0;
    ((decoder *)r->state)->coefficients = r->held / sizeof(JCOEF);
    // Twice the coefficients and some: blocks at the edges, and lines of a wide picture.
    jpeg->mem->max_memory_to_use = (long)(2 * held + (64 << 20));
    return HG_OK;
}

static void close_reader(hg__image_reader *r) {
    decoder *d = r->state;
    if (!d) return;
    jpeg_destroy_decompress(&d->jpeg);
    hg__free(d);
    r->state = NULL;
}

static void begin_source(j_decompress_ptr jpeg) {
    (void)jpeg;
}

// At the end of the file libjpeg is given an end of the image, and a warning, as its own source of memory does it.
static boolean fill_source(j_decompress_ptr jpeg) {
    static const JOCTET end[] = {0xff, JPEG_EOI};
    decoder *d = (decoder *)(void *)jpeg;
    const size_t left = d->file->size - d->at, n = left < INPUT_PIECE ? left : INPUT_PIECE;
    const uint8_t *piece = d->file->bytes ? d->file->bytes + d->at : d->piece;
    if (n == 0 || (piece == d->piece && !hg__image_file_copy(d->file, d->at, d->piece, n))) {
        piece = NULL;
    }
    if (!piece) WARNMS(jpeg, JWRN_JPEG_EOF);
    d->at += piece ? n : 0;
    d->source.next_input_byte = piece ? piece : end;
    d->source.bytes_in_buffer = piece ? n : sizeof end;
    return TRUE;
}

static void skip_source(j_decompress_ptr jpeg, long count) {
    decoder *d = (decoder *)(void *)jpeg;
    struct jpeg_source_mgr *s = &d->source;
    if (count <= 0) return;
    const size_t n = (size_t)count, held = s->bytes_in_buffer;
    const size_t step = n < held ? n : held, left = d->file->size - d->at;
    s->next_input_byte += step;
    s->bytes_in_buffer -= step;
    d->at += n - step < left ? n - step : left;
}

static void end_source(j_decompress_ptr jpeg) {
    (void)jpeg;
}

static void take_source(decoder *d, hg__image_file *file) {
    d->file = file;
    d->source = (struct jpeg_source_mgr){.init_source = begin_source,
                                         .fill_input_buffer = fill_source,
                                         .skip_input_data = skip_source,
                                         .resync_to_restart = jpeg_resync_to_restart,
                                         .term_source = end_source};
    d->jpeg.src = &d->source;
}

static int read_header(hg__image_reader *r, decoder *d, hg_error *err) {
    if (setjmp(d->trouble.jump)) return d->trouble.code;
    jpeg_create_decompress(&d->jpeg);
    d->progress.progress_monitor = count_scans;
    d->jpeg.progress = &d->progress;
    for (int i = 1; i < 16; i++) jpeg_save_markers(&d->jpeg, JPEG_APP0 + i, MARKER_LENGTH);
    jpeg_save_markers(&d->jpeg, JPEG_COM, MARKER_LENGTH);
    take_source(d, r->file);
    jpeg_read_header(&d->jpeg, TRUE);
    return fill_info(r, &d->jpeg, err);
}

static int open_reader(hg__image_reader *r, hg_error *err) {
    decoder *d = hg__alloc(1, sizeof *d, err);
    if (!d) return HG_ERR_MEMORY;
    r->state = d;
    d->size = r->file->size;
    d->jpeg.err = prepare_trouble(&d->trouble, r->name);
    expect(&d->trouble, err);
    int code = read_header(r, d, err);
    if (code < 0) close_reader(r);
    return code;
}

static int read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    decoder *d = r->state;
    expect(&d->trouble, err);
    if (setjmp(d->trouble.jump)) return d->trouble.code;
    if (!d->started) jpeg_start_decompress(&d->jpeg);
    d->started = true;
    for (int32_t i = 0; i < lines; i++) {
        JSAMPROW row = (JSAMPROW)to + (size_t)i * hg__image_line_bytes(&r->info);
        jpeg_read_scanlines(&d->jpeg, &row, 1);
    }
    // The end of the file as well. Not jpeg_finish_decompress(): it would forget the markers, which a writer wants.
    while (d->jpeg.output_scanline == d->jpeg.output_height && !jpeg_input_complete(&d->jpeg)) {
        if (jpeg_consume_input(&d->jpeg) == JPEG_SUSPENDED) break;
    }
    return HG_OK;
}

// ---- writing ------------------------------------------------------------------------------------

static void open_output(j_compress_ptr jpeg) {
    encoder *e = (encoder *)(void *)jpeg;
    e->destination.next_output_byte = e->buffer;
    e->destination.free_in_buffer = OUTPUT_BUFFER;
}

static void flush_output(encoder *e, size_t size) {
    e->trouble.code = hg__writer_add(e->file, e->buffer, size, e->trouble.err);
    if (e->trouble.code < 0) leave((j_common_ptr)&e->jpeg);
}

static boolean pass_output(j_compress_ptr jpeg) {
    encoder *e = (encoder *)(void *)jpeg;
    flush_output(e, OUTPUT_BUFFER);
    open_output(jpeg);
    return TRUE;
}

static void close_output(j_compress_ptr jpeg) {
    encoder *e = (encoder *)(void *)jpeg;
    flush_output(e, OUTPUT_BUFFER - e->destination.free_in_buffer);
}

// As fine as both: element by element the smaller step. 8-bit, since those of quality 90 are.
static void refine_tables(struct jpeg_compress_struct *to,
                          const struct jpeg_decompress_struct *from) {
    for (int i = 0; i < to->num_components; i++) {
        const jpeg_component_info *c = &from->comp_info[i];
        const JQUANT_TBL *old = c->quant_table; // where pixels have been read
        const int number = c->quant_tbl_no;     // any byte, until pixels are read
        if (!old && number < NUM_QUANT_TBLS) old = from->quant_tbl_ptrs[number];
        JQUANT_TBL *new = to->quant_tbl_ptrs[to->comp_info[i].quant_tbl_no];
        for (int k = 0; old && k < DCTSIZE2; k++) {
            if (old->quantval[k] && old->quantval[k] < new->quantval[k]) {
                new->quantval[k] = old->quantval[k];
            }
        }
    }
}

static void copy_sampling(struct jpeg_compress_struct *to,
                          const struct jpeg_decompress_struct *from) {
    int blocks = 0;
    for (int i = 0; i < from->num_components; i++) {
        blocks += from->comp_info[i].h_samp_factor * from->comp_info[i].v_samp_factor;
    }
    if (blocks > MOST_BLOCKS) return; // such a file has a scan for each colour
    for (int i = 0; i < from->num_components; i++) {
        to->comp_info[i].h_samp_factor = from->comp_info[i].h_samp_factor;
        to->comp_info[i].v_samp_factor = from->comp_info[i].v_samp_factor;
    }
}

static void copy_settings(struct jpeg_compress_struct *to,
                          const struct jpeg_decompress_struct *from) {
    jpeg_set_colorspace(to, from->jpeg_color_space);
    jpeg_set_quality(to, LEAST_QUALITY, TRUE);
    refine_tables(to, from);
    copy_sampling(to, from);
    to->restart_interval = from->restart_interval;
    if (from->jpeg_color_space == JCS_RGB) return; // has no JFIF
    to->write_JFIF_header = from->saw_JFIF_marker;
    to->density_unit = from->density_unit;
    to->X_density = from->X_density;
    to->Y_density = from->Y_density;
}

static void copy_markers(struct jpeg_compress_struct *to,
                         const struct jpeg_decompress_struct *from) {
    for (jpeg_saved_marker_ptr m = from->marker_list; m; m = m->next) {
        const bool adobe = m->marker == JPEG_APP0 + 14; // libjpeg's own
        const bool more_pictures = m->marker == JPEG_APP0 + 2 && m->data_length >= 4 &&
                                   memcmp(m->data, "MPF", 4) == 0; // by their places in the file
        if (!adobe && !more_pictures) jpeg_write_marker(to, m->marker, m->data, m->data_length);
    }
}

static void start(encoder *e, const hg__image_info *info,
                  const struct jpeg_decompress_struct *like) {
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg->image_width = (JDIMENSION)info->width;
    jpeg->image_height = (JDIMENSION)info->height;
    jpeg->input_components = info->channels;
    jpeg->in_color_space = info->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, NEW_QUALITY, TRUE);
    for (int i = 0; i < jpeg->num_components; i++) {
        jpeg->comp_info[i].h_samp_factor = 1;
        jpeg->comp_info[i].v_samp_factor = 1;
    }
    if (like) copy_settings(jpeg, like);
    jpeg_start_compress(jpeg, TRUE);
    e->started = true;
    if (like) copy_markers(jpeg, like);
    if (!like && info->orientation > 1) {
        uint8_t marker[6 + HG_EXIF_SIZE] = "Exif";
        hg__exif_make(marker + 6, info->orientation);
        jpeg_write_marker(jpeg, JPEG_APP0 + 1, marker, sizeof marker);
    }
}

static int start_file(hg__image_writer *w, encoder *e, const hg__image_reader *like) {
    if (setjmp(e->trouble.jump)) return e->trouble.code;
    jpeg_create_compress(&e->jpeg);
    e->jpeg.dest = &e->destination;
    const decoder *from = like ? like->state : NULL;
    start(e, &w->info, from ? &from->jpeg : NULL);
    return HG_OK;
}

static void drop(hg__image_writer *w) {
    encoder *e = w->state;
    if (!e) return;
    jpeg_destroy_compress(&e->jpeg);
    hg__free(e->buffer);
    hg__free(e);
    w->state = NULL;
}

static int create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    const hg__image_info *i = &w->info;
    if (i->dtype != HG_U8 || i->alpha) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected 8-bit samples without alpha for JPEG, got %s", w->file.path,
                        i->alpha ? "alpha" : hg__dtype_name(i->dtype));
    }
    encoder *e = hg__alloc(1, sizeof *e, err);
    if (!e) return HG_ERR_MEMORY;
    w->state = e;
    e->buffer = hg__alloc(OUTPUT_BUFFER, 1, err);
    e->file = &w->file;
    e->destination = (struct jpeg_destination_mgr){.init_destination = open_output,
                                                   .empty_output_buffer = pass_output,
                                                   .term_destination = close_output};
    e->jpeg.err = prepare_trouble(&e->trouble, w->file.path);
    expect(&e->trouble, err);
    // A like of another format, or of another kind of colours, says nothing to JPEG.
    const bool same = like && like->codec == &hg__codec_jpeg && like->info.channels == i->channels;
    int code = e->buffer ? start_file(w, e, same ? like : NULL) : HG_ERR_MEMORY;
    if (code < 0) drop(w);
    return code;
}

static int write_lines(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    encoder *e = w->state;
    expect(&e->trouble, err);
    if (setjmp(e->trouble.jump)) return e->trouble.code;
    for (int32_t i = 0; i < lines; i++) {
        const uint8_t *row = (const uint8_t *)from + (size_t)i * hg__image_line_bytes(&w->info);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): only to drop the const, which libjpeg keeps to
        JSAMPROW line = (JSAMPROW)(uintptr_t)row;
        jpeg_write_scanlines(&e->jpeg, &line, 1);
    }
    return HG_OK;
}

static int finish(hg__image_writer *w, hg_error *err) {
    encoder *e = w->state;
    expect(&e->trouble, err);
    if (setjmp(e->trouble.jump)) return e->trouble.code;
    jpeg_finish_compress(&e->jpeg);
    return HG_OK;
}

const hg__codec hg__codec_jpeg = {
    .name = "jpeg",
    .extensions = ".jpg.jpeg.jpe.jfif.jif.pjpeg.jpg_large.",
    .sniff = sniff,
    .open = open_reader,
    .read = read_lines,
    .close = close_reader,
    .create = create,
    .write = write_lines,
    .finish = finish,
    .drop = drop,
};
