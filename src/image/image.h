// SPDX-License-Identifier: Apache-2.0
// image.h - image files as lines of pixels.
//
//   file ──sniff──> codec (codecs.def) ──> hg__image_reader: the header at once, then line by line
//                                              │ what the file says beside its pixels (like)
//   hg__image_writer  <────────────────────────┘ same format, depth, alpha, orientation, resolution
//
// Lines, not pictures: a picture of 20000 x 20000 pixels passes through in the memory of a few lines wherever
// its format allows (PNG without interlace, JPEG, TIFF, PGM/PPM); else the reader holds it whole.
// Content decides the format, never the file's name. Everything is checked against hg__image_limit
// from the header, before memory is taken.
#ifndef HG_IMAGE_IMAGE_H
#define HG_IMAGE_IMAGE_H
#include "base/error.h"
#include "base/tensor.h"
#include "base/text.h"

typedef struct hg__image_limits {
    uint64_t pixels;    // of one page: width * height
    int32_t side;       // largest width or height
    uint64_t expansion; // bytes of pixels for each byte of the file, over all its pages
    uint64_t always;    // bytes of pixels that no expansion is too large for
    int32_t pages;
    uint64_t whole; // bytes of a file that is read at once; larger ones a piece at a time
} hg__image_limits;

extern hg__image_limits hg__image_limit; // fuzzers shrink it

// What a page's samples are to a model (range.h). {0}: 0 .. white become 0 .. 1, and no number is outside.
typedef struct hg__sample_range {
    double low, high;   // become 0 and 1
    double least, most; // samples beyond are no part of the picture
} hg__sample_range;

// One page. Samples are interleaved, (height, width, samples), samples = channels + alpha.
typedef struct hg__image_info {
    const char *format; // "png", "jpeg", "tiff", "webp", "pnm", "dicom", "nifti"
    int32_t width, height;
    int32_t channels; // 1 grey, 3 red green blue; palettes are resolved
    bool alpha;       // one more sample behind them, not premultiplied
    // As the file has them, so that samples nobody changes stay what they are to the bit: HG_U8, HG_U16 and HG_F32
    // everywhere, all others but BOOL and BF16 in TIFF. Fewer bits are widened: 1-bit grey gives 0 and 255.
    hg__dtype dtype;
    // The sample that is full white: 255, 65535, 4095 (12 of 16 bits), 1 for floats. Of signed whole numbers the largest
    // (32767), 0 being black: those below 0 are numbers below 0.
    float white;
    int32_t orientation; // EXIF: 1 .. 8, 1 is upright. Lines come as they are stored.
    int32_t iso;         // EXIF: the camera's sensitivity; 0: not said
    bool is_lossy;       // samples are not what was put in, but near it: JPEG
    bool is_mask;        // no picture: which pixels of another page count. To be passed on as it is
    int32_t page, pages; // counted from 0; pages as the file says
    double nodata;       // where has_nodata: a pixel with this sample in each channel is none
    bool has_nodata;
    hg__sample_range range; // no codec sets it: who knows the page does
} hg__image_info;

static inline int32_t hg__image_samples(const hg__image_info *i) {
    return i->channels + i->alpha;
}
static inline size_t hg__image_line_bytes(const hg__image_info *i) {
    return (size_t)i->width * (size_t)hg__image_samples(i) * hg__dtype_size(i->dtype);
}

typedef struct hg__image_reader hg__image_reader;

// Opens and reads the first page's header. `path` is borrowed for messages until close.
hg__image_reader *hg__image_open(const char *path, hg_error *err);
// The file's size, and a piece of it, which is the reader's until the next call; NULL where it cannot be read.
size_t hg__image_size(const hg__image_reader *r);
const uint8_t *hg__image_peek(hg__image_reader *r, uint64_t at, size_t size, hg_error *err);
// The same over bytes the caller keeps; name is for messages. This is what fuzzers call.
hg__image_reader *hg__image_open_bytes(const uint8_t *bytes, size_t size, const char *name,
                                       hg_error *err);
const hg__image_info *hg__image_info_of(const hg__image_reader *r);
// What of this page is not read, and so not in a file written like it: "its SubIFDs are left out"; mostly "".
const char *hg__image_note(const hg__image_reader *r);
// The next `lines` lines of this page into `to`. A damaged or cut-off file fails; it is never filled up.
int hg__image_read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err);
// 1 and the next page's header, 0 if that was the last, negative on failure. All lines must have been read.
int hg__image_next_page(hg__image_reader *r, hg_error *err);
void hg__image_close(hg__image_reader *r); // NULL is fine
// Bytes the reader holds for a page of this file beyond a few lines (interlaced PNG, WebP, DICOM ...).
size_t hg__image_held(const hg__image_reader *r);

typedef struct hg__image_writer hg__image_writer;

// A file like `like`'s: its format, samples and depth, and what it says beside the pixels (resolution, colour
// profile, EXIF with the orientation, TIFF compression and DICOM's window, spacing and patient fields).
// JPEG is written with `like`'s own quantisation tables, but never coarser than quality 90. Written to a
// temporary name; `path` "-" is not taken.
hg__image_writer *hg__image_create(const char *path, const hg__image_reader *like, hg_error *err);
// A new file of `info`'s shape; the format is the name's extension (png, pgm, ppm, tif, tiff, jpg, jpeg, webp).
hg__image_writer *hg__image_create_new(const char *path, const hg__image_info *info, hg_error *err);
// The same to the end of a text (base/text.h), to memory. TIFF is refused, which goes to and fro in its file.
hg__image_writer *hg__image_create_memory(const char *name, const hg__image_info *info,
                                          hg__text *to, hg_error *err);
// Before any line: rather quick than small. Of PNG lines are less the ones above and squeezed lightly, which takes an eighth of the
// time for a tenth more bytes (of maps); no other format changes.
void hg__image_set_quick(hg__image_writer *w);
int hg__image_write_lines(hg__image_writer *w, const void *from, int32_t lines, hg_error *err);
int hg__image_start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err);
int hg__image_commit(hg__image_writer *w, hg_error *err); // frees w in every case
void hg__image_abort(hg__image_writer *w);                // NULL is fine; leaves no trace

// ---- whole pictures -----------------------------------------------------------------------------

typedef struct hg__image {
    hg__image_info info;
    void *pixels; // owned, (height, width, samples) of info.dtype
} hg__image;

// The first page, whole; upright: turned as its orientation says (info.orientation is then 1).
int hg__image_load(hg__image *image, const char *path, bool upright, hg_error *err);
int hg__image_load_bytes(hg__image *image, const uint8_t *bytes, size_t size, const char *name,
                         bool upright, hg_error *err);
int hg__image_save(const hg__image *image, const char *path, hg_error *err); // by the extension
// To the end of a text. name: for messages, and by its extension the format.
int hg__image_encode(const hg__image *image, const char *name, hg__text *to, hg_error *err);
void hg__image_clear(hg__image *image); // {0} is fine

float hg__image_white_of(hg__dtype type); // the largest whole number of the type, 1 for floats
bool hg__image_is_real(hg__dtype type);   // F16, F32, F64
bool hg__image_is_signed(hg__dtype type); // may be below 0; floats too
// Sample i of any type as a number (64 bits: the nearest double), and back: rounded to the nearest, taken into the range
// of whole numbers' type, where what is no number becomes 0.
double hg__image_sample(hg__dtype type, const void *samples, size_t i);
void hg__image_set_sample(hg__dtype type, void *samples, size_t i, double value);

// Colours of lines as numbers: to (lines, width, channels), channels 1 or 3; white is 1 unless info->range says otherwise. Grey
// becomes three equal channels; colour becomes grey by BT.601's weights 0.299 0.587 0.114. Alpha is left out. Floats
// that are not finite become 0; samples below 0 numbers below 0.
void hg__image_to_real(const hg__image_info *info, const void *lines, int32_t count,
                       int32_t channels, float *to);
// Back into samples: rounded to the nearest, clipped to 0 .. white (signed types to their own range, floats not at all);
// three channels become grey as their mean where the file is grey. Alpha already in `lines` is kept.
void hg__image_from_real(const hg__image_info *info, const float *from, int32_t count,
                         int32_t channels, void *lines);

// ---- folders ------------------------------------------------------------------------------------

// The image files in a folder and its subfolders, sorted by name, as paths relative to it: by extension (png
// jpg jpeg tif tiff webp pgm ppm pnm dcm dicom, any case), and whatever else begins as an image does (IM000001,
// scan.ima). `path` may also be one image file, or a text file with one path a line (relative to its own folder), or a
// multi-level folder; links to folders are not followed.
typedef struct hg__image_list {
    char folder[1024]; // what names are relative to, without a slash at its end
    char **name;       // owned, (count)
    int32_t count;
    int32_t others; // files of a folder that are no images
} hg__image_list;

int hg__image_list_open(hg__image_list *list, const char *path, hg_error *err);
void hg__image_list_clear(hg__image_list *list);        // {0} is fine
bool hg__image_is_image_path(const char *path);         // by its extension
const char *hg__image_format_of(const char *path);      // what its extension names, or NULL
bool hg__image_sniff(const uint8_t *head, size_t size); // by its first bytes (at least 132)
// Whether a line of the text file `list` names an image: by its extension, or by the content of the file behind it.
bool hg__image_is_named(const char *list, const char *name);
// Whether the name ends as files of pictures or video do that are not written here: .bmp, .heic, .mp4 ...
bool hg__image_is_foreign_path(const char *path);
// "x.bmp: expected an image (png ...), got a BMP file; convert it ...". HG_ERR_DATA.
int hg__image_refuse(const uint8_t *bytes, size_t size, const char *name, hg_error *err);

// What reads DICOM here, such as "3.6.7"; "" where the plug-in for it is missing. Opens the plug-in.
const char *hg__image_dicom_version(void);
// And TIFF.
const char *hg__image_tiff_version(void);

// What lies in a folder that was given as data, for messages that say what to give instead.

// Refuses a folder that holds as many tables as images, or no images at all. images: how many there are in it and below.
int hg__folder_check(const char *path, int32_t images, hg_error *err);

// The refusal where a table was wanted: which tables lie in the folder, and how to name one or join them.
int hg__folder_refuse(const char *path, const char *expected, int32_t images, hg_error *err);

// Whether rows made of what is there are images: a folder, an image, or a text file whose first line names an image.
bool hg__is_pictures(const char *path);

// Whether the path ends as files of tables do (".csv", ".jsonl", ".db" ...).
bool hg__is_named_table(const char *path);
#endif
