// SPDX-License-Identifier: Apache-2.0
// tiff.h - what reading and writing TIFF share. Only codec_tiff.c and tiff_*.c include this.
#ifndef HG_IMAGE_TIFF_H
#define HG_IMAGE_TIFF_H
#include <tiffio.h>

#include "image/codec.h"

// libtiff is opened at the first TIFF file: it and the libraries behind it take a millisecond to load, which every
// other run would pay for.
// clang-format off
#define HG_TIFF_FUNCTIONS(F)                                                                       \
    F(Cleanup) F(ClientOpenExt) F(Close) F(ComputeStrip) F(ComputeTile) F(CurrentDirOffset) F(FieldDataType)           \
    F(FieldPassCount) F(FieldReadCount) F(FindField) F(Flush) F(GetField) F(GetFieldDefaulted)     \
    F(GetTagListCount) F(GetTagListEntry) F(GetVersion) F(IsBigEndian) F(IsBigTIFF)                \
    F(IsCODECConfigured) F(IsByteSwapped) F(IsTiled) F(MergeFieldInfo) F(NumberOfDirectories) F(OpenOptionsAlloc)   \
    F(OpenOptionsFree) F(OpenOptionsSetErrorHandlerExtR) F(OpenOptionsSetMaxSingleMemAlloc)        \
    F(OpenOptionsSetWarningHandlerExtR) F(RasterScanlineSize64) F(ReadDirectory)                   \
    F(ReadEncodedStrip) F(ReadEncodedTile) F(ReadScanline) F(ScanlineSize64) F(SetDirectory) F(SetField)           \
    F(SetSubDirectory) F(TileRowSize64) F(TileSize64) F(WriteDirectory) F(WriteScanline)
// clang-format on

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define HG_TIFF_MEMBER(name) __typeof__(TIFF##name) *name;
typedef struct hg__tiff_functions {
    HG_TIFF_FUNCTIONS(HG_TIFF_MEMBER)
} hg__tiff_functions;

// Theirs once hg__tiff_need() said HG_OK: hg__tiff.Close() is TIFFClose(). path is for the message.
extern hg__tiff_functions hg__tiff;
int hg__tiff_need(const char *path, hg_error *err);

// What libtiff said: only the first sentence counts. It reports as errors what it then does without (an orientation
// of 0), so outside of pixels a sentence is no failure while the call succeeds.
typedef struct hg__tiff_messages {
    char text[200]; // "" while nothing was wrong
    // a field that could not be read: its values lie behind the end of the file; or ""
    char lost[200];
    bool strict; // a warning is an error too: while pixels are decoded
} hg__tiff_messages;

// Where libtiff gets and puts bytes. It maps nothing.
typedef struct hg__tiff_io {
    TIFFReadWriteProc read, write;
    TIFFSeekProc seek;
    TIFFSizeProc size;
    size_t most; // bytes of one block of libtiff's memory; 0: any
} hg__tiff_io;

// libtiff prints nothing and tells `messages`. NULL on failure.
TIFF *hg__tiff_open(const char *mode, thandle_t self, const hg__tiff_io *io,
                    hg__tiff_messages *messages);

enum { HG_TIFF_LAYERS = 37724 }; // Photoshop's, which it shows instead of the picture

// How one page keeps its samples.
typedef struct hg__tiff_layout {
    uint16_t bits;           // of a sample: 1 to 16, 32 or 64
    uint16_t format;         // SAMPLEFORMAT_UINT, _INT or _IEEEFP
    uint16_t photometric;    // PHOTOMETRIC_MINISBLACK, _MINISWHITE, _RGB, _PALETTE or _MASK
    uint16_t samples;        // of a pixel
    uint16_t extra;          // EXTRASAMPLE_*, where there is alpha
    uint8_t palette[256][3]; // red, green, blue
} hg__tiff_layout;

// Colours <-> colours times alpha, in place; `count` pixels of info's samples.
void hg__tiff_divide_by_alpha(const hg__image_info *info, void *pixels, size_t count);
void hg__tiff_multiply_by_alpha(const hg__image_info *info, void *pixels, size_t count);
// v = white - v for the grey samples of `count` pixels, in place: its own inverse.
void hg__tiff_turn_grey(const hg__image_info *info, void *pixels, size_t count);

// info->nodata, as samples are after all that. tiff_samples.c
void hg__tiff_read_nodata(TIFF *tiff, const hg__tiff_layout *l, hg__image_info *info);

typedef struct hg__tiff_reader {
    TIFF *tiff; // owned
    hg__tiff_messages messages;
    hg__image_file *file; // borrowed
    size_t size;
    bool is_big_end, is_big_tiff;
    uint64_t at;
    hg__tiff_layout layout;
    uint8_t *line; // owned, (line_bytes), as stored
    // Where pixels are not stored line by line (tiles, planes apart): some lines as if they were.
    uint8_t *band;  // owned, (band_lines, line_bytes), else NULL
    uint8_t *piece; // owned, (piece_bytes): one tile, or one plane's strip
    size_t line_bytes, piece_bytes;
    uint32_t band_lines;
    // pages that are planes behind one another in the file; 0: directories
    uint64_t planes_at, plane_bytes;
    bool has_left;   // the chain of directories, for a SubIFD
    uint64_t stored; // bytes of the strips and tiles of all pages so far
} hg__tiff_reader;

// tiff_kind.c: what a TIFF is beyond its directories. r->state is open at the page.
int hg__tiff_refuse_raw(const hg__image_reader *r, hg_error *err);
// Goes to the page's SubIFD where the picture is there; says in r->note what is left out.
int hg__tiff_find_picture(hg__image_reader *r, hg_error *err);
// Refuses strips, tiles and pages that are the same bytes over and over.
int hg__tiff_check_shares(hg__image_reader *r, hg_error *err);
// Planes outside the directories become pages, or are refused. After the first page's header.
int hg__tiff_find_planes(hg__image_reader *r, hg_error *err);
const uint8_t *hg__tiff_read_plane(const hg__image_reader *r, uint32_t y); // a line as stored
bool hg__tiff_is_imagej_stack(const hg__tiff_reader *t);

int hg__tiff_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err);
int hg__tiff_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err);
int hg__tiff_start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err);
int hg__tiff_finish(hg__image_writer *w, hg_error *err);
void hg__tiff_drop(hg__image_writer *w);
#endif
