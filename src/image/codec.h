// SPDX-License-Identifier: Apache-2.0
// codec.h - what an image format must be able to do; codecs.def lists them. Only src/image includes this.
//
// A format is one file codec_<name>.c and one line in codecs.def. Formats whose library may be missing
// (DICOM) say so in `open`.
#ifndef HG_IMAGE_CODEC_H
#define HG_IMAGE_CODEC_H
#include "base/error.h"
#include "base/file.h"
#include "image/image.h"

// The bytes of a file (image_file.c).
typedef struct hg__image_file {
    const char *name; // borrowed, for messages
    size_t size;
    // all of it: the caller's, a small file's or that of a format that asks for it; else NULL
    const uint8_t *bytes;
    hg_error why;    // a piece could not be read; code 0: none such
    int fd;          // owned; -1: the bytes are the caller's
    uint8_t *own;    // owned, (size), or NULL: bytes
    uint8_t *window; // owned, (room): `held` bytes from `first` on
    size_t room, held;
    uint64_t first;
} hg__image_file;

int hg__image_file_open(hg__image_file *f, const char *path, hg_error *err);
int hg__image_file_hold(hg__image_file *f, hg_error *err); // all of it in memory, if it is not
void hg__image_file_drop(hg__image_file *f);               // gives that memory back
void hg__image_file_close(hg__image_file *f);              // {.fd = -1} is fine
// A piece that lies within the file; good until the next call. NULL: it could not be read. The codec then fails with whatever
// sentence it has, or none: who called the codec says why.
const uint8_t *hg__image_file_at(hg__image_file *f, uint64_t at, size_t size);
bool hg__image_file_copy(hg__image_file *f, uint64_t at, void *to, size_t size);

struct hg__image_reader {
    const struct hg__codec *codec;
    hg__image_info info;
    char name[1024];      // for messages
    hg__image_file *file; // owned
    int32_t next_line;    // of this page
    int32_t pixel_bits;   // of a pixel in the file, where that is less than info says; else 0
    uint64_t unpacked;    // bytes of pixels of all pages so far, as pixel_bits counts
    size_t held;
    // what of this page a file written like it will not have, without the name; or ""
    char note[200];
    void *state; // the codec's, owned; codec->close frees it
};

struct hg__image_writer {
    const struct hg__codec *codec;
    hg__image_info info;
    hg__writer file;
    int32_t next_line;
    bool is_quick; // rather quick than small
    void *state;
};

typedef struct hg__codec {
    const char *name;       // also info.format
    const char *extensions; // ".tif.tiff.": each between dots, lower case
    bool (*sniff)(const uint8_t *head, size_t size);
    bool (*guess)(const uint8_t *head, size_t size); // NULL; asked where no format's sign is there
    bool is_whole;                                   // needs all of the file in memory
    // Fills r->info from the header and sets r->state. hg__image_check() must be asked before pixels are allocated.
    int (*open)(hg__image_reader *r, hg_error *err);
    int (*read)(hg__image_reader *r, void *to, int32_t lines, hg_error *err);
    int (*next_page)(hg__image_reader *r, hg_error *err); // NULL: one page
    void (*close)(hg__image_reader *r);                   // called where r->state is not NULL
    // like may be NULL (a new file), of any format.
    int (*create)(hg__image_writer *w, const hg__image_reader *like, hg_error *err);
    int (*write)(hg__image_writer *w, const void *from, int32_t lines, hg_error *err);
    int (*start_page)(hg__image_writer *w, const hg__image_reader *like,
                      hg_error *err); // NULL: one page
    int (*finish)(hg__image_writer *w,
                  hg_error *err);      // all bytes handed to w->file; the caller commits
    void (*drop)(hg__image_writer *w); // frees w->state if it is not NULL; also after finish
} hg__codec;

#define CODEC(name) extern const hg__codec hg__codec_##name;
#include "image/codecs.def"
#undef CODEC

// Refuses what hg__image_limit does not allow: "x.png: expected at most ... pixels, got 100000 x 100000".
int hg__image_check(const hg__image_reader *r, hg_error *err);

// What an EXIF block says that matters here: which way up the picture is, and how sensitive the camera was.

// 1 .. 8 from a TIFF-shaped block (with or without "Exif\0\0" before it); 1 where it says nothing or is damaged.
int32_t hg__exif_orientation(const uint8_t *block, size_t size);

// The ISO that the camera was set to; 0 where it is not said.
int32_t hg__exif_iso(const uint8_t *block, size_t size);

// The smallest block that says an orientation, without "Exif\0\0".
enum { HG_EXIF_SIZE = 26 };
void hg__exif_make(uint8_t block[HG_EXIF_SIZE], int32_t orientation);
#endif
