// SPDX-License-Identifier: Apache-2.0
// file.h - files: whole or not at all; streams; what a file is by its first bytes, and what one of data may ask for.
#ifndef HG_BASE_FILE_H
#define HG_BASE_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

// A whole file in memory, read at once: whatever becomes of the file meanwhile, these are its bytes. An empty file has size 0 and
// data "".
typedef struct hg__content {
    const uint8_t *data; // owned, (size)
    size_t size;
} hg__content;

int hg__content_read(hg__content *c, const char *path, hg_error *err);
// No more than its first `most` bytes.
int hg__content_read_head(hg__content *c, const char *path, size_t most, hg_error *err);
int hg__content_read_descriptor(hg__content *c, int fd, const char *path, size_t most,
                                hg_error *err);
void hg__content_free(hg__content *c); // {0} is fine

// Reads exactly `size` bytes at `offset`, through short reads and EINTR.
int hg__read_at(int fd, void *buffer, size_t size, uint64_t offset, const char *path,
                hg_error *err);
int hg__write_all(int fd, const void *bytes, size_t size, const char *path, hg_error *err);

// Reads from a pipe or standard input: *got is less than `size` only at its end. While it waits, a listener that asks to
// stop ends it with HG_ERR_STOPPED; NULL: none does.
int hg__read_stream(int fd, void *buffer, size_t size, size_t *got, const hg_listener *listener,
                    const char *name, hg_error *err);

// The same, but with what is there: waits for the first byte only. *got is 0 at its end.
int hg__read_some(int fd, void *buffer, size_t size, size_t *got, const hg_listener *listener,
                  const char *name, hg_error *err);

// Opens for reading (close-on-exec). Negative code on failure, else the descriptor: of a folder too. "-" is standard input; of
// that and of a pipe it is a copy in a file (below), so that all that can be done with files can be done with it.
int hg__open_read(const char *path, hg_error *err);

enum { HG_PLACE = 2048 }; // bytes of a path that links led to

// A file being written (writer.c): commit syncs it, renames it over `path` and syncs the folder. Until then `path` is what it
// was; abort leaves no trace. Where `path` is a link, what it leads to is replaced.
// path "-" is standard output, and a device or pipe is itself: bytes pass straight through.
typedef struct hg__writer {
    int fd;          // to read and write, but where bytes pass straight through
    char path[1024]; // as it was given, for messages
    char *place;     // (HG_PLACE): what is renamed over
    char *temporary; // (HG_PLACE): "<place>.<pid>.tmp" (".<pid>.1.tmp" ...); "": it has no name
    bool is_direct;  // a device or pipe
    // borrowed: where the bytes go instead of a file, or NULL
    hg__text *memory;
    size_t used;
    char *buffer; // owned: what is not written yet, and behind it place and temporary
} hg__writer;

// Who may read what is written, from its first byte on.
typedef enum hg__file_mode {
    HG_MODE_KEEP,    // whoever may read what it replaces; a new file: as the umask has it
    HG_MODE_PRIVATE, // the owner alone
    HG_MODE_OPEN     // as the umask has it
} hg__file_mode;

int hg__writer_open(hg__writer *w, const char *path, hg_error *err); // HG_MODE_KEEP
int hg__writer_open_mode(hg__writer *w, const char *path, hg__file_mode mode, hg_error *err);
// No file: what is added goes to the end of `to` (text.h), as bytes pass straight through. name: for messages.
int hg__writer_open_memory(hg__writer *w, const char *name, hg__text *to, hg_error *err);
int hg__writer_add(hg__writer *w, const void *bytes, size_t size, hg_error *err);
int hg__writer_flush(hg__writer *w, hg_error *err);  // whoever reads along has all that was added
int hg__writer_commit(hg__writer *w, hg_error *err); // closes in every case
void hg__writer_abort(hg__writer *w);                // after any failure of add; {0} is fine

// The sentence for a file that could not be made (errno `number`): which folder is missing, is none, or must not be written into.
int hg__fail_create(const char *path, int number, hg_error *err);
// The same for one that could not be opened for reading: with the nearest name that is there.
int hg__fail_open(const char *path, int number, hg_error *err);
// Whether a file could be made there, as far as can be told without making one: asked before work is done for it. "-", devices and
// pipes are fine.
int hg__check_creatable(const char *path, hg_error *err);
// The same for a folder that is made with its parents, and written into.
int hg__check_folder_creatable(const char *path, hg_error *err);

// All of it in one call.
int hg__write_file(const char *path, const void *bytes, size_t size, hg_error *err);

// Appends one line to a log that is kept (results.csv); flushed to the kernel at once.
int hg__append_line(const char *path, const char *line, hg_error *err);

int hg__make_folder(const char *path, hg_error *err); // with parents; existing is fine
bool hg__is_folder(const char *path);
bool hg__is_file(const char *path);
// Paths in one text, with commas between: "mon.pcap,tue.pcap". A path may have commas itself, where there is something of
// that name. False behind the last. at: where to go on, at first the text. What is empty is passed over; what does not fit is cut.
bool hg__path_list_next(const char **at, char *path, size_t size);
// Whether two paths lead to one regular file, over links of any kind. "-": standard input for `in`, standard output for `out`.
bool hg__is_same_file(const char *in, const char *out);

// "folder/name" in buffer (size); an error if it does not fit.
int hg__join_path(char *buffer, size_t size, const char *folder, const char *name, hg_error *err);

// A descriptor as it came from open(), on another number where it is one of the standard streams, which a host may have closed: what
// somebody prints is not to end up in our file. Negative, and errno, as it is.
int hg__off_standard(int fd);

// An anonymous temporary file in $TMPDIR (or /tmp), gone when closed; the descriptor.
int hg__open_spill(hg_error *err);
int hg__spill(int fd, const void *bytes, size_t size, hg_error *err); // adds to it

// Fault injection, as mem.h: HG_FAIL_IO=n (or n+) makes the n-th call of write, fsync, rename, read or
// open in these files fail (writes with ENOSPC, the rest with EIO). True where it strikes; errno is `number`.
bool hg__io_is_refused(int number);

// What can be read but once, standard input or a pipe, kept as a file for as many readings as it takes.
//
// hg__open_read() comes here by itself. A stream that was announced is copied at its first reading and stands, in a
// temporary file without a name, until it is forgotten; any other is copied at each.

bool hg__is_stream(const char *path);         // "-", a pipe, a device; not what is not there
const char *hg__input_name(const char *path); // for messages: "standard input" for "-"
int hg__named_descriptor(const char *path);   // 1 of "/dev/stdout", 63 of "/dev/fd/63"; -1: none

// Announces it; what is no stream is passed over, and so is one that another owner keeps already.
int hg__stream_keep(const char *path, const void *owner, hg_error *err);
void hg__stream_forget(const void *owner); // what this owner announced

// A descriptor of its own, at the beginning of the copy.
int hg__stream_open(const char *path, hg_error *err);
// The stream itself, for what is read once, as it comes: no copy, unless one was made already. A descriptor of its own, which reads
// from its beginning; whoever opens the stream afterwards gets what is left.
int hg__stream_open_once(const char *path, hg_error *err);

// The first bytes of a pipe or a socket, which stay in it: waits for `least` of them, its end, or until a listener (may be NULL) asks
// to stop. How many there are, up to size; negative where nothing can be said.
int64_t hg__stream_peek(const char *path, void *bytes, size_t size, size_t least,
                        const hg_listener *listener);

// Takes away what killed processes left of files they were writing: "<name>.<pid>.tmp", "<name>.<pid>.<n>.tmp".

// In `folder`, of names for which is_ours() is true. Somebody else's files, and what a living process is writing, stay.
// is_alone: nobody else writes such files here (the folder is locked), whatever process has that number today.
void hg__sweep(const char *folder, bool is_alone,
               bool (*is_ours)(const char *name, const void *context), const void *context);
// Of the one file `path`, which is about to be written.
void hg__sweep_beside(const char *path);

// What a file is by its first bytes: the one table of formats that messages name.

// "a BMP file", "an Excel workbook" ..., or NULL where nothing is recognised. A few kilobytes are enough; no bytes behind the
// first 4096 are looked at. A text that happens to begin with a magic number's letters ("BMI,age") is not taken for it.
const char *hg__magic_name(const uint8_t *head, size_t size);

// What to do with a file of that kind, "convert it to PNG or TIFF first"; NULL where nothing is known.
const char *hg__magic_advice(const uint8_t *head, size_t size);

// Whether it is video (of a kind that is read through ffmpeg only).
bool hg__magic_is_video(const uint8_t *head, size_t size);

// One sentence's end for any file: its name; else "text", "an empty file" or "a file that begins with 01 02 03 04".
void hg__magic_describe(const uint8_t *head, size_t size, char text[64]);

// No control characters but those of texts; in UTF-8 or any 8-bit encoding. Of the first 512 bytes.
bool hg__magic_is_text(const uint8_t *head, size_t size);

// What a file of data may ask for.

enum {
    HG_MAX_WIDTH = 1 << 24, // features a row
    HG_MAX_COLUMNS = 65536, // of a table
};

// What a file may ask for. Everything is checked before memory is taken.
typedef struct hg__data_limits {
    uint64_t rows;
    int64_t width;     // features a row
    size_t line, cell; // CSV: bytes of a record, bytes of a cell that is a number
    size_t header;     // NPY: bytes of the header text
    uint64_t entries;  // NPZ: arrays in an archive
} hg__data_limits;

extern const hg__data_limits hg__data_limit;

// Where paths lead, and whether one leads into a folder that another names. None of them need exist.

// Whether a relative path leaves the folder it begins in.
bool hg__path_is_climbing(const char *name);
// Whether `place` is `folder` or lies in it, links followed; true where that cannot be told.
bool hg__path_is_inside(const char *place, const char *folder);
// Whether two paths lead to one place; false where that cannot be told. Of names of one file (links that are not symbolic)
// hg__is_same_file() knows.
bool hg__path_is_same(const char *one, const char *other);
// Where two paths lead: the second PATH_MAX bytes behind the first, for hg__free(). NULL where that cannot be told.
char *hg__resolve_both(const char *first, const char *second);
#endif
