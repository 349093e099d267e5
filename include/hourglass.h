// SPDX-License-Identifier: Apache-2.0
// hourglass.h - the whole public interface of libhourglass. Plain C11, also valid C++.
//
// Three ways in:
//   jobs    hg_run() does what the command's modes do: options in, files and an hg_result out;
//   memory  hg_fit() trains on an array, hg_fit_table() on a data frame; hg_model_new(), hg_model_load() ... make models, and of
//           these scorers (rows of numbers), denoisers (pixels) and detectors (rows of a table, and why);
//   tables  hg_job_at(), hg_option_at() ... say what there is, for help texts and bindings.
// docs/LIBRARY.md shows each, examples/ too.
//
// Conventions. A function that does something returns HG_OK (0) or a negative hg_code; one that
// makes something returns a pointer or NULL. Both take `hg_error *err` last, which may be NULL and
// is filled on failure only. The library never prints, exits or aborts. Unless a comment says
// otherwise, a function may be called from several threads as long as they do not share an object.
//
// What a host may rely on:
//   locale        numbers are read and written with a point, whatever setlocale() or uselocale() say. The host's locale is back
//                 when a call returns, and in callbacks.
//   arithmetic    the host's rounding mode, flush-to-zero and floating-point traps change no bit; they too come back.
//   allocators    malloc() and free(). No other library's allocator or settings are changed.
//   stack         128 KB are enough for any call.
//   threads       those of scorers, detectors, monitors, denoisers and jobs block all signals that are not about themselves, and end with
//                 hg_scorer_free(), hg_detector_free(), hg_denoiser_free() or the job. A model may be used by any number of them
//                 at once.
//   signals       no handler is set. Writing to a pipe (out=) whose reader has left raises SIGPIPE as write() does; where the
//                 host ignores it the call gives HG_ERR_IO. Stop a job by hg_listener.stop, which a handler may set, or by hg_listener.abort.
//   cancellation  pthread_cancel() takes effect when the call has returned: nothing leaks, but a job runs to its end unless
//                 hg_listener.stop or abort asks it not to. A callback returns: no longjmp(), no exceptions through it.
//   fork          a child may use and free what its parent made; scorers, detectors, monitors and denoisers run there on one thread. What holds for every
//                 library with threads holds here: a child forked while another thread is within a call may only exec() or _exit(), and
//                 so may one that is forked in a callback.
//   dlclose       may be called once every object is freed; nothing of the library stays. Libraries that it opened when they
//                 were needed (LAPACK, SQLite, ODBC, DCMTK) do. libmatio is opened in a process of its own; in the host's only
//                 by the job "checks".
//   pipes         what is read of standard input or a pipe is kept, for all jobs that name it, until the hg_options that named
//                 it first is freed.
#ifndef HG_HOURGLASS_H
#define HG_HOURGLASS_H
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
# define HG_API __attribute__((visibility("default")))
#else
# define HG_API
#endif

// The version of this header. The three numbers are its only place: all else is made of them.
#define HG_VERSION_MAJOR   0
#define HG_VERSION_MINOR   1
#define HG_VERSION_PATCH   0
#define HG_QUOTE(x)        #x
#define HG_DOTTED(a, b, c) HG_QUOTE(a) "." HG_QUOTE(b) "." HG_QUOTE(c)
#define HG_VERSION         HG_DOTTED(HG_VERSION_MAJOR, HG_VERSION_MINOR, HG_VERSION_PATCH) // "0.1.0"
// 100 for 0.1.0: grows with each version, for #if.
#define HG_VERSION_NUMBER  (HG_VERSION_MAJOR * 10000 + HG_VERSION_MINOR * 100 + HG_VERSION_PATCH)

// The same of the library that is linked, which may be another than the header's.
HG_API const char *hg_version(void);
HG_API int32_t hg_version_number(void);

// Structs that a call fills begin with `size_t size`, which the caller sets to sizeof before each first use: the library
// writes no more than that, so that a program keeps working when a later library knows more fields. What the caller's
// header knows and the library does not is set to zero. A size of 0 is HG_ERR_USAGE, or false where a call gives a bool.
// Of hg_listener, which a call reads, it reads no more than that: what lies behind a smaller size counts as zero.

// ---- errors -------------------------------------------------------------------------------------

typedef enum hg_code {
    HG_OK = 0,
    HG_ERR_MEMORY = -1,  // allocation failed
    HG_ERR_IO = -2,      // could not open, read, write, sync or rename
    HG_ERR_USAGE = -3,   // an option or argument that cannot be meant
    HG_ERR_DATA = -4,    // the data is not what its format, or the model, asks for
    HG_ERR_MODEL = -5,   // the model file is refused
    HG_ERR_MISSING = -6, // a device or library is not there
    HG_ERR_STOPPED =
        -7, // stopped on request (see hg_listener.stop, abort); of training a checkpoint was written
    HG_ERR_DIVERGED = -8, // training met a value that is not finite
} hg_code;

// Filled on failure, untouched on success. Plain data: nothing to free.
typedef struct hg_error {
    hg_code code;
    // one sentence: where, what was expected, what came
    char message[500];
} hg_error;

// Makes a text that came from outside (a column's name, a path) fit for a terminal, in place and no longer than before: ? for
// each control character but line ends and tabs, each mark that turns the direction of writing and each byte that is no
// UTF-8; *** for passwords of connection strings and addresses. Messages and notes are so already.
HG_API void hg_text_clean(char *text);

// ---- options ------------------------------------------------------------------------------------

// The settings of one job, made from the option table. Every value is checked when it is set.
typedef struct hg_options hg_options;

// All options of `job` ("train", "predict", ...; hg_job_at()) at their defaults; NULL for an unknown one.
HG_API hg_options *hg_options_new(const char *job, hg_error *err);
HG_API void hg_options_free(hg_options *o); // NULL is fine; what was read of its pipes goes too

// Sets one option from text, exactly as the command line would. An unknown name or a value out of
// range leaves everything as it was and names the nearest option.
HG_API int hg_options_set(hg_options *o, const char *name, const char *value, hg_error *err);

// Sets every option named in a YAML mapping (`lr: 1e-3`); file:line in the error.
HG_API int hg_options_load(hg_options *o, const char *path, hg_error *err);

// The same from ./hourglass.yaml if there is one. It serves every job: an option that only another job
// has is passed over.
HG_API int hg_options_load_folder(hg_options *o, hg_error *err);

// Sets every option that has an environment variable (HG_LR=1e-3 for `lr`), but for `data`: a job says itself what it
// works on.
HG_API int hg_options_environment(hg_options *o, hg_error *err);

// The i-th variable of the environment that begins with HG_, is not empty and means nothing here, as a sentence with the nearest
// name; false past the last.
enum { HG_SENTENCE = 256 };
HG_API bool hg_environment_at(size_t i, char sentence[HG_SENTENCE]);

// The value as text that hg_options_set() would take; NULL for an unknown name. Valid until the
// next call on `o`.
HG_API const char *hg_options_get(hg_options *o, const char *name);

// Whether the option was set by anyone (as opposed to standing at its default).
HG_API bool hg_options_is_set(const hg_options *o, const char *name);

// Whether everything the job cannot do without was set, and out= is none of the files to read; hg_run() asks this first.
HG_API int hg_options_check(const hg_options *o, hg_error *err);

// All options as YAML that hg_options_load() takes: a heap string for hg_text_free(), or NULL.
HG_API char *hg_options_format(const hg_options *o, hg_error *err);

// One row of the option table, for help texts, completion and bindings.
typedef struct hg_option_info {
    // sizeof(hg_option_info)
    size_t size;
    // "training": see hg_group_at()
    const char *group;
    // "lr"
    const char *name;
    // "int", "size", "float", "bool", "text", "choice"
    const char *type;
    // default, as text
    const char *standard;
    // "0 to 10", "mse|mae|bce|huber"; "" where anything goes
    const char *range;
    // "rows", "s"; "" where there is none
    const char *unit;
    // another name that is taken; ""
    const char *alias;
    // one line
    const char *help;
} hg_option_info;

// A job: a mode of the command. Its name is what hg_options_new() takes.
typedef struct hg_job_info {
    // sizeof(hg_job_info)
    size_t size;
    // "train"
    const char *name;
    // "model data": options that must be set
    const char *needs;
    // one line
    const char *summary;
    // on request (hg_listener.stop, abort); else it is over before anybody would ask
    bool stops;
} hg_job_info;

HG_API bool hg_job_at(size_t i, hg_job_info *info);                        // false past the end
HG_API size_t hg_option_count(const char *job);                            // 0 for an unknown job
HG_API bool hg_option_at(const char *job, size_t i, hg_option_info *info); // false past the end

// What options are grouped by.
typedef struct hg_group_info {
    // sizeof(hg_group_info)
    size_t size;
    // "training"
    const char *name;
    // "How long, how fast"
    const char *title;
} hg_group_info;
HG_API bool hg_group_at(size_t i, hg_group_info *info); // in the order of help; false past the end

// A line of the command as an example of a job's options of one group.
typedef struct hg_example_info {
    // sizeof(hg_example_info)
    size_t size;
    // "train", "table"
    const char *job, *group;
    // "hourglass train data=normal.csv"
    const char *line;
    // what it does
    const char *summary;
} hg_example_info;
HG_API bool hg_example_at(size_t i, hg_example_info *info); // false past the end

// The words that an option's little language has: presets and layers of model=, kinds of noise=, losses of loss=.
typedef struct hg_word_info {
    // sizeof(hg_word_info)
    size_t size;
    // "presets", "layers", "kinds"
    const char *list;
    // "ae"
    const char *name;
    // what stands behind it: "units", "0 to 1000: standard deviation"; ""
    const char *takes;
    // one line
    const char *summary;
    // "dense 64 relu"; ""
    const char *example;
} hg_word_info;
HG_API bool hg_word_at(const char *option, size_t i, hg_word_info *info); // false past the end

// ---- what a job tells while it runs -------------------------------------------------------------

// Events begin with the size that the library's own has: a field lies in it where it ends within that size. A program that
// runs with the library it was compiled for, or a later one, need not ask.
typedef struct hg_train_event {
    size_t size;
    // epoch counts from 1
    int32_t epoch, epochs;
    // within the epoch
    int64_t step, steps;
    // val_loss, is_best and seconds are filled only here
    bool epoch_end;
    // mean per row and feature; val_loss is NaN without validation
    double train_loss, val_loss;
    bool is_best;
    double lr;
    // since training began
    double seconds;
    // of this epoch so far
    double rows_per_second;
    // mean over what the discriminator of adversary= judged in this epoch so far; NaN without one
    double adversary_loss;
} hg_train_event;

// A step of training, just made.
typedef struct hg_step_event {
    size_t size;
    // From 1: over the whole run; the epoch that it is of.
    int64_t step;
    int32_t epoch;
    // The batch's, and its mean loss per row and feature, before the weights were changed.
    int32_t rows;
    double loss;
    double lr;
    // Since training began.
    double seconds;
} hg_step_event;

// A stage of a job: "reading", "scoring", "denoising". How training goes is an hg_train_event.
typedef struct hg_progress_event {
    size_t size;
    // what is done to what: "reading", "rows"; valid during the call
    const char *stage, *unit;
    // total 0: nobody knows, as of what comes from a pipe
    int64_t done, total;
    // from 0 to 1; of a file by its bytes; below 0: not known
    double part;
    // since the stage began
    double seconds;
    // units, since then
    double per_second;
    // the stage is over, and done is all
    bool end;
} hg_progress_event;

// Callbacks are called on the thread that called the job; any may be NULL. The listener is copied at the start of the job.
typedef struct hg_listener {
    // sizeof(hg_listener).
    size_t size;
    // Borrowed, handed back.
    void *context;
    void (*train)(void *context, const hg_train_event *e);
    // Something a user should know.
    void (*note)(void *context, const char *sentence);
    // Becomes non-zero: finish the step, checkpoint, return HG_ERR_STOPPED. A signal handler may set it. While train takes packets from
    // a pipe or an interface it ends that alone: what came is learned, and stop is not looked at again.
    const volatile sig_atomic_t *stop;
    // True: the same. Asked where stop is looked at, between steps, blocks of rows or windows of a picture: it should be quick.
    // Once it has said true it is not asked again.
    bool (*abort)(void *context);
    // What only some want to know: a line a file.
    void (*detail)(void *context, const char *sentence);
    // How far a stage is: about ten times a second at most, and once at its end.
    void (*progress)(void *context, const hg_progress_event *e);
    // After each step of training, however short: true ends it early. The epoch begun is validated as it is, and the best weights so
    // far are the result, with exit_reason "callback".
    bool (*step)(void *context, const hg_step_event *e);
    // watch: whenever it has become another number, a note says how the job is. A signal handler may set it.
    const volatile sig_atomic_t *report;
    // watch: whenever it has become another number, the model file is read anew and goes to work; where it cannot, a note says why and
    // the one at work goes on. A signal handler may set it.
    const volatile sig_atomic_t *reload;
} hg_listener;

// ---- jobs: one per mode of the command ----------------------------------------------------------

// What came of a job, for all jobs alike: what is not its own is NaN, 0 or "".
typedef struct hg_result {
    // In: sizeof(hg_result).
    size_t size;
    // In: the text is to be one JSON object, not lines for people.
    bool json;
    // The job's answer, a heap string for hg_text_free(): of val, calibrate, compare, info, verify, checks and bench. NULL of
    // those that write files, and of a job that failed.
    char *text;
    // train: the results folder; "" if none was made.
    char folder[1024];
    // train: why it ended: "done", "early stopping", "time", "callback", "stopped".
    char exit_reason[64];
    // train: the epoch of the best weights, and epochs trained; 0 where it was solved (PCA).
    int32_t best_epoch, epochs;
    // train: mean loss per row and feature: the best of the validation rows, and the last epoch's.
    double best_val_loss, train_loss;
    // train: mean squared error of the best weights on the validation rows, per row and feature.
    double val_mse;
    // train: that of PCA with the same code size on the same rows; NaN if not fitted.
    double pca_mse;
    // train: s, with those before resume=; denoise: s, of all of it.
    double seconds;
    // train: rows a second trained on, validation and checkpoints within; since it began or was resumed.
    double rows_per_second;
    // train: rows trained on; val: measured, where it measures how rows are given back; predict: scored.
    int64_t rows;
    // train: numbers in the model that were learned.
    int64_t parameters;
    // val, where it measures how rows are given back: features a row; watch, of a signal: channels.
    int32_t width;
    // val, likewise: mean squared and mean absolute error over rows and features.
    double mse, mae;
    // val, likewise: the mean squared error of the worst row, and the median over rows.
    double row_mse_max, row_mse_median;
    // val, likewise: the mean squared error of the rows that went in, where noise= corrupted them.
    double input_mse;
    // predict: rows above the threshold; 0 where the model has none.
    int64_t alarms;
    // predict: cells with a level that training never saw.
    int64_t unseen;
    // predict: cells without a value.
    int64_t missing;
    // predict: cells taken as missing because they were not what their column holds.
    int64_t strange;
    // predict: rows left out (on_bad=skip).
    int64_t left_out;
    // predict: the model has thresholds: alarms were looked for.
    bool has_thresholds;
    // denoise: image files; of them, those that could not be cleaned.
    int32_t images, failed;
    // denoise: frames of video.
    int64_t frames;
    // denoise: pixels of all pages or frames that were cleaned.
    int64_t pixels;
    // denoise: noise as a model with a level estimates it, the mean of pictures and frames, grey levels of 8 bits; else NaN.
    double level;
} hg_result;

// Runs the job that `o` was made for. `l` and `result` may be NULL. result is filled in on failure too, as far as the job came
// (and where its size is not refused). HG_ERR_USAGE: an option that is needed and not set, a size of 0; else what the job
// meets. Several threads may run jobs at once, each with options of its own.
//
//   train        trains as the options say and writes the results folder
//   reconstruct  x -> x̂; encode: x -> code; decode: code -> x̂; to out=
//   predict      a score a row to out=: the higher, the more unusual. Where the model came from a table also its p-value, whether
//                it is an alarm and the columns that made it so
//   val          how well a model does, as a text and, of rows, as figures. data= of whole images and a model that can take them
//                in any size: PSNR and SSIM of what goes in (corrupted by noise=, or partners of target=) and of what comes out,
//                per image and as means with 95 % intervals, beside classical filters at their best setting. A table with
//                label=, and a model that scores its rows: AUROC, average precision and the like with bootstrap intervals, false
//                alarms and hits at the threshold. Else how well rows are given back
//   calibrate    new thresholds from new normal rows: writes the model file anew
//   compare      detectors side by side on labelled tables: data= is a table, a folder of them, or several with commas
//   denoise      cleans an image, a folder of them, or video
//   import       another program's weights -> a model file
//   watch        judges packets as they come and writes alerts to out=. Unless drop=false, the process gives its rights up (of an
//                interface) and the calling thread most system calls, for good
//   info, verify, checks, bench   answer with a text
HG_API int hg_run(const hg_options *o, const hg_listener *l, hg_result *result, hg_error *err);
HG_API void hg_text_free(char *text); // NULL is fine

// Writes RUN/samples.png: up to `n` validation rows, each input above its reconstruction. Rows that
// are not images are drawn as curves.
HG_API int hg_report_samples(const char *folder, int32_t n, hg_error *err);

// Writes RUN/training.png: the losses by epoch and, where the model has a threshold, the held-out rows' scores with it.
// A run without an epoch (PCA) has nothing to draw.
HG_API int hg_report_training(const char *folder, hg_error *err);

// ---- models -------------------------------------------------------------------------------------

// Weights and what is needed to use them. Nothing changes a model but hg_model_tensor_set() and hg_model_set_module(); else any number of threads,
// scorers, denoisers and detectors may use it at once.
typedef struct hg_model hg_model;

HG_API hg_model *hg_model_load(const char *path, hg_error *err);

// The same of a model file's bytes (size), at any address, which may be freed afterwards. What is refused is refused with
// the same sentence, in which "memory" stands for the path.
HG_API hg_model *hg_model_load_memory(const void *bytes, size_t size, hg_error *err);

// A model that ships, by its name: "fast", "default" (which `hourglass denoise` takes where model= names none), "best". It is looked
// for in the folder HG_MODELS names, else beside the program or the library, else where `make install` puts it.
// HG_ERR_MISSING: it is not there.
HG_API hg_model *hg_model_load_shipped(const char *name, hg_error *err);

// A fresh model for rows of `shape` (rank): (N) numbers, an image (H, W) or (H, W, C), a signal (T, C). spec: a network such
// as "dense 64 relu | dense input sigmoid", or a preset's name (hg_word_at("model", ...)). latent: the code size that a
// preset gets; 0: its own. The weights are drawn from `seed` as PyTorch draws its defaults. HG_ERR_USAGE for a spec that
// cannot be meant.
HG_API hg_model *hg_model_new(const char *spec, const int64_t *shape, int32_t rank, int32_t latent,
                              uint64_t seed, hg_error *err);
HG_API void hg_model_free(hg_model *m); // NULL is fine; after all that was made from it

// Writes a model file, whole or not at all; "-" is standard output. What is there is replaced, and keeps its mode; a model
// that holds rows it was trained on (hg_model_info.holds_rows) gets a file that is its owner's alone. A model that was
// loaded gives the file it came from, but for the optimiser's state in a checkpoint.
HG_API int hg_model_save(const hg_model *m, const char *path, hg_error *err);

// The bytes of that file (*size) in memory, for hg_bytes_free(); NULL on failure.
HG_API void *hg_model_save_memory(const hg_model *m, size_t *size, hg_error *err);
HG_API void hg_bytes_free(void *bytes); // NULL is fine

// Rows in memory, borrowed: data (rows, width), every number finite. shape: of one row, 0 behind its last: {12}, or {28, 28} or
// {28, 28, 3} (height, width, channels) of an image; width is their product.
typedef struct hg_array {
    const float *data;
    int64_t rows;
    int32_t shape[3];
} hg_array;

// Trains on an array as `o` (mode "train") says, as hg_run() does, but reads no file except that of pretrained=, writes none and makes
// no folder: project=, name=, samples=, save_period= and pca= mean nothing here, data=, resume= and what is said of a table's columns
// is HG_ERR_USAGE, and val= is a fraction. Columns are numbers as they are: no schema, no detector. target: what each row is to
// become, of the same rows and shape; NULL: itself. The model is the caller's, of the best epoch, and may be used at once.
// NULL: HG_ERR_STOPPED where hg_listener.stop or abort asked for it (hg_listener.step ends early and leaves a model), HG_ERR_DIVERGED,
// HG_ERR_USAGE, HG_ERR_DATA (a number that is not finite, shapes that differ), HG_ERR_MEMORY. l and result may be NULL; result has
// no folder and no pca_mse.
HG_API hg_model *hg_fit(const hg_options *o, const hg_array *x, const hg_array *target,
                        const hg_listener *l, hg_result *result, hg_error *err);

// hg_fit() that begins with the network and weights of `start` (NULL: hg_fit()), which stays as it is and is not needed afterwards: to the bit what
// pretrained= of its file gives. model= and pretrained= are HG_ERR_USAGE, latent= too where it is another. What is known of the
// module its weights came from is kept (hg_model_set_module()).
HG_API hg_model *hg_fit_from(const hg_model *start, const hg_options *o, const hg_array *x,
                             const hg_array *target, const hg_listener *l, hg_result *result,
                             hg_error *err);

HG_API int32_t hg_model_width(const hg_model *m);     // features a row
HG_API int32_t hg_model_code_size(const hg_model *m); // numbers in a code
HG_API const char *hg_model_spec(const hg_model *m);  // "dense 64 relu | dense input sigmoid"

enum {
    HG_MAX_RANK = 8,     // dimensions of a shape, at most
    HG_TENSOR_NAME = 64, // bytes of a tensor's name, with its end
    HG_LAYER_SPEC = 320, // bytes of a layer's spec, with its end
};

// What a model is. Its texts are the model's.
typedef struct hg_model_info {
    // sizeof(hg_model_info)
    size_t size;
    // "autoencoder", "pca" or "features"
    const char *kind;
    const char *spec;
    // of a row (rank): (N), an image (H, W) or (H, W, C), a signal (T, C)
    int64_t shape[HG_MAX_RANK];
    int32_t rank;
    // numbers in a row: the product of its shape; and in a code
    int32_t width, code_size;
    int32_t layers, tensors;
    // numbers in all tensors
    int64_t parameters;
    // what a stored unit of the training data was worth: 1/255 for bytes, else 1
    double input_scale;
    // names of columns that it has: 0 for images and arrays
    int32_t columns;
    // rows are a table's: their cells are encoded before the network sees them (hg_detector_new())
    bool is_table;
    // it says which rows are alarms
    bool has_thresholds;
    // rows it was trained on can be read back from its file
    bool holds_rows;
} hg_model_info;
HG_API int hg_model_get_info(const hg_model *m, hg_model_info *info, hg_error *err);

// The i-th column's name: of a table's columns that the model knows, in training's order without the label; of rows of
// numbers, of each number. The model's; NULL past the last.
HG_API const char *hg_model_column_at(const hg_model *m, int32_t i);

// A layer of the network: an activation is one of its own.
typedef struct hg_layer_info {
    // sizeof(hg_layer_info)
    size_t size;
    // as the model's spec has it: "conv 16 k=3 s=2"
    char spec[HG_LAYER_SPEC];
    // "conv"; the library's
    const char *type;
    // "encoder" or "decoder"; "body" where the spec has no "|". With `index` the start of its tensors' names: encoder.0
    const char *side;
    int32_t index;
    // of one row behind it (rank): (N), or (H, W, C)
    int64_t shape[HG_MAX_RANK];
    int32_t rank;
    // of its own, and the numbers in them
    int32_t tensors;
    int64_t parameters;
} hg_layer_info;
HG_API bool hg_model_layer_at(const hg_model *m, int32_t i,
                              hg_layer_info *info); // false past the last

// A tensor of the weights.
typedef struct hg_tensor_info {
    // sizeof(hg_tensor_info)
    size_t size;
    // as in PyTorch's state_dict: "encoder.0.weight"
    char name[HG_TENSOR_NAME];
    // of its elements, as safetensors calls them: "F32"; the library's
    const char *dtype;
    // (rank), as PyTorch has it: of a dense layer (out, in)
    int64_t shape[HG_MAX_RANK];
    int32_t rank;
    // how many elements: the product of the shape
    size_t count;
    // what PyTorch calls a buffer: measured while training (a running mean), not trained
    bool is_buffer;
    // what the module that it came from calls it (hg_model_set_module()); "" where there is none. The model's
    const char *module_name;
} hg_tensor_info;
HG_API bool hg_model_tensor_at(const hg_model *m, int32_t i,
                               hg_tensor_info *info); // false past the last

// Copies a tensor out: to (count), in C order. count must be the tensor's. A name that is not there is HG_ERR_USAGE and
// names the nearest.
HG_API int hg_model_tensor_get(const hg_model *m, const char *name, float *to, size_t count,
                               hg_error *err);

// Copies a tensor in: from (shape), in C order, all finite (else HG_ERR_DATA). The shape must be the tensor's. Only before
// anything is made of the model: a scorer or detector has copies of some weights and looks at others. What else the model
// has stays, thresholds too, which are those of the old weights until they are calibrated anew. On failure the model is
// as it was.
HG_API int hg_model_tensor_set(hg_model *m, const char *name, const float *from,
                               const int64_t *shape, int32_t rank, hg_error *err);

// Keeps what is known of the PyTorch module that the weights came from, as JSON (docs/MODELFILE.md, "module"): it stands in the
// model's file, goes on through further training of the same network, and says how to get back. NULL: nothing is known.
// HG_ERR_USAGE where it is not that; the model is then as it was.
HG_API int hg_model_set_module(hg_model *m, const char *json, hg_error *err);
HG_API const char *hg_model_module(const hg_model *m); // that text; NULL: nothing. The model's

// ---- tables in memory: data frames --------------------------------------------------------------

// Columns of numbers, texts, times, as pandas, Polars, DuckDB and others have them. Nothing changes a table: any number of threads,
// detectors and trainings may read it at once.
typedef struct hg_table hg_table;

// Arrow's C stream interface (https://arrow.apache.org/docs/format/CStreamInterface.html), which whoever makes one defines.
struct ArrowArrayStream;

// A table of all rows of a stream of record batches. The stream is taken over (its release becomes NULL, on failure too), read to its
// end and released; the columns stay where they are until hg_table_free(), nothing is copied. Columns may be booleans, integers, floats,
// decimals, texts (utf8, large_utf8, utf8_view), dates, times, timestamps, durations (they become seconds), null, and dictionaries of
// these. Each cell is what it is in a CSV file of the table, as pandas' to_csv() writes it, and so is what is learned of it, to the bit:
// null and NaN are missing, and so is a text such as "" or "NA"; a text that reads as a number is one. Names are told apart as those of
// a CSV file are: the second "x" is "x.2". HG_ERR_DATA: another type (the sentence names column and format), texts that are not UTF-8
// or have a zero byte, offsets, indices or lengths that do not fit together; HG_ERR_IO: the stream failed; HG_ERR_USAGE: it was taken
// before; HG_ERR_MEMORY.
HG_API hg_table *hg_table_new(struct ArrowArrayStream *stream, hg_error *err);
HG_API void hg_table_free(hg_table *t); // NULL is fine; after all that reads it

HG_API int64_t hg_table_rows(const hg_table *t);
HG_API int32_t hg_table_columns(const hg_table *t);
HG_API const char *hg_table_column_at(const hg_table *t,
                                      int32_t i); // its name, the table's; NULL past the last

// Trains on a table as `o` (mode "train") says: what `hourglass train` does with data= a file of it, schema, detector and thresholds
// included, to the bit; label=, normal=, ignore=, columns=, groupby=, clean=, fpr= ... mean what they do there. No file is read or
// written, as with hg_fit(); data=, resume=, target=, query=, table= and prepare=none are HG_ERR_USAGE, and val= is a fraction. The
// model is the caller's and keeps nothing of the table. NULL: as hg_fit(). l and result may be NULL.
HG_API hg_model *hg_fit_table(const hg_options *o, const hg_table *t, const hg_listener *l,
                              hg_result *result, hg_error *err);

// ---- scorers: arrays in memory ------------------------------------------------------------------

typedef struct hg_scorer hg_scorer; // a model with its buffers, for one thread at a time

// A scorer that runs up to `threads` threads (0: as many as this process may use; 1: the caller's).
// Everything is allocated here: the calls below cannot fail. Borrows `m`.
HG_API hg_scorer *hg_scorer_new(const hg_model *m, int32_t threads, hg_error *err);
HG_API void hg_scorer_free(hg_scorer *s); // NULL is fine

// x: (rows, width). score: (rows), the mean squared error of each row against its reconstruction: higher is more anomalous.
// Where the model is a table's, x is a row as the network sees it, numbers scaled and categories one-hot, and this is the
// distance to the y below. The score of `hourglass predict`, in which an ordinary row has about 1, is another one: hg_detect().
HG_API void hg_score(hg_scorer *s, const float *x, int64_t rows, float *score);
// y: (rows, width), in the units of x; of a table's categories and missing values the probabilities. z: (rows, code).
HG_API void hg_reconstruct_rows(hg_scorer *s, const float *x, int64_t rows, float *y);
HG_API void hg_encode_rows(hg_scorer *s, const float *x, int64_t rows, float *z);
HG_API void hg_decode_rows(hg_scorer *s, const float *z, int64_t rows, float *y);

// ---- pixels: an image or a frame in memory ------------------------------------------------------

typedef struct hg_denoiser hg_denoiser; // a model with its buffers, for one thread at a time

// A denoiser that runs up to `threads` threads (0: as many as this process may use; 1: the caller's). max_mem: bytes it may take for images
// beside the model itself, 0: 192 MiB; where an image is too large for it the model sees windows, which leave no trace. (Those of models with
// groupnorm are blended.) m takes images of 1 or 3 channels in any size, else HG_ERR_MODEL; any number of denoisers and scorers may share it.
HG_API hg_denoiser *hg_denoiser_new(const hg_model *m, int32_t threads, size_t max_mem,
                                    hg_error *err);
HG_API void hg_denoiser_free(hg_denoiser *d); // NULL is fine; before its model
// How strongly it cleans (docs/RECIPES.md): strength 0 to 2, sigma in grey levels of 8 bits, 0: not known, detail 0 to 1. HG_ERR_USAGE.
HG_API int hg_denoiser_set(hg_denoiser *d, double strength, double sigma, double detail,
                           hg_error *err);
// The noise that a model with a level found in the last image or frame, in grey levels of 8 bits; else not a number.
HG_API double hg_denoiser_level(const hg_denoiser *d);

// U16: in the machine's byte order.
typedef enum hg_pixel_type { HG_PIXELS_U8, HG_PIXELS_U16, HG_PIXELS_F32 } hg_pixel_type;

// The samples of a pixel, in memory's order.
typedef enum hg_pixel_layout {
    HG_PIXELS_GREY,
    HG_PIXELS_RGB,
    HG_PIXELS_BGR,
    HG_PIXELS_RGBA,
    HG_PIXELS_BGRA,
} hg_pixel_layout;

// An image in memory of the caller's, or a cut-out of one. {0} all that you do not set.
typedef struct hg_pixels {
    void *data;            // the first pixel of the top line; borrowed during the call
    int32_t width, height; // pixels
    hg_pixel_layout layout;
    hg_pixel_type type;
    // Bytes from a line to the one below it; negative where lines are stored from the bottom up. 0: width * pixel_stride.
    ptrdiff_t line_stride;
    // Bytes from a pixel to the next in its line, no fewer than it has; 4 for RGB bytes with an unused fourth. 0: packed.
    ptrdiff_t pixel_stride;
    // The sample that is full white, 0 being black: 1023 or 4095 for 10 or 12 bits in U16. 0: 255, 65535, 1.
    float white;
} hg_pixels;

// Cleans one image: `from` is read, `to` written. Both have one width, height, type and white, and channels of the same number; RGB may
// become BGR. They may be the same pixels (data and strides alike: in place); else they must have none in common, HG_ERR_USAGE. Alpha and
// bytes between pixels or lines stay: alpha is copied from `from`, the others are not touched. A grey model cleans each colour by itself;
// a colour model sees grey as three equal colours, and their mean is taken. What comes out is rounded and clipped to 0 .. white; floats
// are neither, and those that are not finite go in as 0. For 8-bit samples it is, to the bit, what `hourglass denoise` writes. (Files of
// other samples are taken by the range they use, which nobody looks for here.) The first call of a size makes buffers, HG_ERR_MEMORY, or
// HG_ERR_USAGE where max_mem is too small; later ones of the same size and samples allocate nothing and cannot fail.
HG_API int hg_denoise_pixels(hg_denoiser *d, const hg_pixels *from, const hg_pixels *to,
                             hg_error *err);
// From now on images are frames of one video, of which a running average holds up to `frames` (2 to 64: temporal= of the command), or
// (0) each by itself, as at first. Also for a cut: the next has none before it. An image of another size is one too.
HG_API int hg_denoiser_temporal(hg_denoiser *d, int32_t frames, hg_error *err);

// ---- detectors: what is unusual, and why --------------------------------------------------------

// A model with its thresholds and buffers, for one thread at a time. Rows come one at a time, as they are met, or many together:
// what is said of a row does not depend on those beside it, on the order or on the number of threads.
typedef struct hg_detector hg_detector;

// What is thought of a row.
typedef struct hg_verdict {
    // sizeof(hg_verdict), which the caller sets: no more than that is written. Of several verdicts that of the first counts.
    size_t size;
    // The higher, the more unusual: that of `hourglass predict`, to the bit. Of a table's row an ordinary one scores about 1; of
    // a row of numbers, or where training did not end, it is the error of the reconstruction. NaN where a model of rows of
    // numbers has one missing.
    double score;
    // how often a normal row scores as high; NaN without thresholds
    double p_value;
    // of the row's group, where thresholds go by one; NaN where training held no rows out
    double threshold;
    // the part of the score that the column below has, from 0 to 1
    double reason_share;
    // the column with the largest share of the score, "" for none; as long as model and detector live
    const char *reason;
    // which of the caller's columns that is, from 0; -1: none
    int32_t column;
    // cells of a category or constant with a value training never saw
    int32_t unseen;
    // cells taken as missing where training missed none
    int32_t missing;
    // score > threshold
    bool alarm;
    // What was expected in that column, given the others, as `hourglass predict` says it; ends in "..." where it is longer. Of
    // alarms and, without thresholds, of all rows; else "": it takes longer than the score.
    char expected[64];
} hg_verdict;

// A detector of rows whose columns are called `name` (columns), in any order; what the model does not know is passed over.
// name NULL: as training's table had them, with or without its label; columns 0: with it. A model of rows of numbers without
// names takes its columns in their order. fpr: the rate of false alarms asked for, 0 <= fpr < 1; 0, or where the model has
// no thresholds: the model's own. threads: as hg_scorer_new(); 1 for rows one at a time. Borrows m, copies the names.
HG_API hg_detector *hg_detector_new(const hg_model *m, const char *const *name, int32_t columns,
                                    double fpr, int32_t threads, hg_error *err);
HG_API void hg_detector_free(hg_detector *d); // NULL is fine

// A row of texts, cell (columns): each as a CSV file would have it: "12.5", "tcp", "2024-05-31 14:30"; NULL, "" and "NA" are
// missing, and so is a text where a number belongs, or a number too large. The score is, to the bit, that of
// `hourglass predict on_bad=score_missing`. HG_ERR_DATA: text that is not UTF-8; HG_ERR_USAGE: v->size is 0; HG_ERR_MEMORY: no
// room to work in. After each the next row may come. Once a row was scored, none allocates anything.
HG_API int hg_detect_text(hg_detector *d, const char *const *cell, hg_verdict *v, hg_error *err);

// Rows of numbers, x (rows, columns), at the speed of `hourglass predict`; NaN is missing, and so is infinity. v (rows). To a
// table's model these are cells with a number in them, a category's level 3 or a time in seconds; to a model of rows of numbers
// what hg_score() takes, rounded to float. Allocates where there are more rows than in any call before. HG_ERR_USAGE and
// HG_ERR_MEMORY as above: v is then as far as it was filled, and the next rows may come.
HG_API int hg_detect(hg_detector *d, const double *x, int64_t rows, hg_verdict *v, hg_error *err);

// Rows first .. first + rows - 1 of a table, v (rows), at the speed of `hourglass predict`, whose scores on a CSV file of it these are, to the bit (with
// on_bad=score_missing). The detector's columns are found by name, in any order; those of a detector that was made without names
// are the table's in its order. HG_ERR_DATA: a column that the model has need of is not there; HG_ERR_USAGE: rows that the table
// has not; else as hg_detect().
HG_API int hg_detect_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows,
                           hg_verdict *v, hg_error *err);

// How many columns share a score: the i-th is hg_model_column_at(), where the model has names.
HG_API int32_t hg_detector_columns(const hg_detector *d);

// hg_detect() and hg_detect_table() that also say how much of each row's score each column has: share (rows,
// hg_detector_columns()), from 0 to 1, of a row 1 together; all are 0 where the score is, NaN where it is. The largest is
// hg_verdict.reason_share. v may be NULL.
HG_API int hg_explain(hg_detector *d, const double *x, int64_t rows, hg_verdict *v, float *share,
                      hg_error *err);
HG_API int hg_explain_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows,
                            hg_verdict *v, float *share, hg_error *err);

// Rows of a table as a table's model sees them, x (rows, hg_model_width()): numbers scaled, categories one-hot; what hg_score(),
// hg_encode_rows() and hg_reconstruct_rows() take. Columns are found as hg_detect_table() does. HG_ERR_MODEL: the model is
// not a table's.
HG_API int hg_encode_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows, float *x,
                           hg_error *err);

// What rows of a table's model say, y (rows, hg_model_width()) as hg_encode_table() or hg_reconstruct_rows() give them, in the table's own
// columns and units: a stream of one batch into *to, which is the caller's to release, on any thread, also when the model is gone. Numbers
// are float64, all else texts (large_utf8) as the job `reconstruct` writes them; a missing value is null. Columns that the model
// learned nothing of are left out. HG_ERR_MODEL: the model is not a table's.
HG_API int hg_decode_table(const hg_model *m, const float *y, int64_t rows,
                           struct ArrowArrayStream *to, hg_error *err);

// ---- monitors: a signal, step by step -----------------------------------------------------------

// A model of a signal (`hourglass train window=`) with what it needs of the past, for one thread at a time. A step is what all channels say at
// one time; steps lie equally far apart, as in training. Each is judged at once, by what is known then: p-values, alarms and events are those
// of `hourglass predict`, to the bit, however the steps are cut into calls and whatever the number of threads.
typedef struct hg_monitor hg_monitor;

// What is thought of a step.
typedef struct hg_step_verdict {
    // sizeof(hg_step_verdict), which the caller sets: no more than that is written. Of several verdicts that of the first counts.
    size_t size;
    // Like -log10 of the share of normal steps that are as unusual: what alarms are of. NaN where all values are missing, and until a
    // first window has ended. (The column `score` of predict also knows what came later.)
    double score;
    // how often a normal step scores as high; NaN without thresholds or score
    double p_value;
    // steps in alarm that follow each other are one event, from 1; 0: none
    int64_t event;
    // Of alarms: the channel with most of the error, its share of it from 0 to 1, and its value and the one that was expected where it is
    // furthest off in the last window; NaN: not known
    double reason_share, observed, expected;
    // its name, "" for none; as long as the monitor lives
    const char *reason;
    // and its number, from 0; -1: none
    int32_t channel;
    bool alarm;
} hg_step_verdict;

// fpr: the share of normal steps that may lie in alarms, 0 <= fpr < 1; 0, or where the model has no thresholds: the model's own. threads: as
// hg_scorer_new(); 1 for steps one at a time. Borrows m, which any number of monitors may share. HG_ERR_MODEL: no model of a
// signal, or one of sound or of averages (resample=).
HG_API hg_monitor *hg_monitor_new(const hg_model *m, double fpr, int32_t threads, hg_error *err);
HG_API void hg_monitor_free(hg_monitor *w); // NULL is fine; before its model

HG_API int32_t hg_monitor_channels(const hg_monitor *w); // numbers in a step
// What the i-th is called; NULL past the last.
HG_API const char *hg_monitor_channel_at(const hg_monitor *w, int32_t i);

// The next steps, x (steps, hg_monitor_channels()) in the units of training; NaN is missing, and so is infinity; a step that is not there is one
// of NaN. v (steps). Allocates nothing. HG_ERR_USAGE: v->size is 0, and no step was taken.
HG_API int hg_monitor_push(hg_monitor *w, const float *x, int64_t steps, hg_step_verdict *v,
                           hg_error *err);

// What comes next has no past: another machine, or a gap of more than 16 steps. The number of events goes on.
HG_API void hg_monitor_restart(hg_monitor *w);

#ifdef __cplusplus
}
#endif
#endif
