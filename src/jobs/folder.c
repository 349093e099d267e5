// SPDX-License-Identifier: Apache-2.0
// folder.c - the results folder of one training run.
#include "jobs/folder.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"

static bool is_link_name(const char *name, const void *context) {
    (void)context;
    return strcmp(name, "latest") == 0;
}

// Where PROJECT/latest leads; "": nowhere.
static void read_latest(const char *project, char name[256]) {
    char link[1024];
    const bool fits = hg__join_path(link, sizeof link, project, "latest", NULL) == HG_OK;
    const ssize_t n = fits ? readlink(link, name, 255) : 0;
    name[n > 0 ? n : 0] = '\0';
}

// Points PROJECT/latest at the folder; a file system without links goes without. What is there and no link stays.
static void point_latest(const char *project, const char *name) {
    char link[1024], temporary[1088];
    struct stat s;
    if (hg__join_path(link, sizeof link, project, "latest", NULL) < 0) return;
    if (lstat(link, &s) == 0 && !S_ISLNK(s.st_mode)) return;
    hg__sweep(project, false, is_link_name, NULL);
    snprintf(temporary, sizeof temporary, "%s.%ld.tmp", link, (long)getpid());
    if (symlink(name, temporary) == 0 && rename(temporary, link) != 0) unlink(temporary);
}

// What a run writes, and into which folder of its own. Beside them weights/epochN.safetensors (save_period=).
static const char *const own_files[] = {"args.yaml",
                                        "results.csv",
                                        "run.json",
                                        "metrics.json",
                                        "samples.npy",
                                        "samples.png",
                                        "training.png",
                                        "left_out.csv",
                                        "mlflow.json",
                                        "report.html",
                                        "weights/best.safetensors",
                                        "weights/last.safetensors",
                                        "weights/pca.safetensors"};

enum { OWN_FILES = sizeof own_files / sizeof *own_files };

// Whether the run that writes into `folder` would write over `path`, or over one of the images of a folder `path`.
static bool is_written(const char *folder, const char *path) {
    const char *slash = strrchr(path, '/'), *own = slash ? slash + 1 : path;
    char written[1024], read[1024];
    for (size_t i = 0; i < OWN_FILES; i++) {
        if (hg__join_path(written, sizeof written, folder, own_files[i], NULL) < 0) continue;
        if (hg__is_same_file(path, written)) return true;
    }
    if (strncmp(own, "epoch", 5) == 0 && // save_period=
        snprintf(written, sizeof written, "%.500s/weights/%.500s", folder, own) > 0 &&
        hg__is_same_file(path, written)) {
        return true;
    }
    return hg__join_path(written, sizeof written, folder, "samples.png", NULL) == HG_OK &&
           hg__join_path(read, sizeof read, path, "samples.png", NULL) == HG_OK &&
           hg__is_same_file(read, written);
}

static bool is_own_name(const char *name, const void *context) {
    (void)context;
    for (size_t i = 0; i < OWN_FILES; i++) {
        const char *slash = strrchr(own_files[i], '/');
        if (strcmp(name, slash ? slash + 1 : own_files[i]) == 0) return true;
    }
    if (strncmp(name, "epoch", 5) != 0) return false;
    const size_t digits = strspn(name + 5, "0123456789");
    return digits > 0 && strcmp(name + 5 + digits, ".safetensors") == 0;
}

int hg__folder_lock(hg__lock *l, const char *folder, hg_error *err) {
    char weights[1024];
    HG_TRY(hg__lock_folder(l, folder, err));
    const bool is_alone = l->fd >= 0;
    hg__sweep(folder, is_alone, is_own_name, NULL);
    if (hg__join_path(weights, sizeof weights, folder, "weights", NULL) == HG_OK) {
        hg__sweep(weights, is_alone, is_own_name, NULL);
    }
    return HG_OK;
}

// A results folder that is there (exist_ok=true) may hold what the run reads. Of cfg= it keeps the record: args.yaml.
static int check_inputs(const hg_options *o, const char *folder, hg_error *err) {
    const char *value, *what;
    for (size_t i = 0; (value = hg__options_input(o, i, &what)); i++) {
        if (!*value || value == o->values.cfg || !is_written(folder, value)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a results folder other than %s, which would write over the "
                        "%s that is read",
                        value, folder, what);
    }
    return HG_OK;
}

// PROJECT/NAME, or the first of NAME2 ... that is not there yet, is made.
static int claim(const hg_options *o, char name[HG_MAX_VALUE + 16], char *path, bool *is_new,
                 hg_error *err) {
    for (int number = 1;; number++) {
        snprintf(name, HG_MAX_VALUE + 16, number > 1 ? "%s%d" : "%s", o->values.name, number);
        HG_TRY(hg__join_path(path, 1024, o->values.project, name, err));
        *is_new = mkdir(path, 0777) == 0;
        if (*is_new) return HG_OK;
        if (errno != EEXIST) return hg__fail_create(path, errno, err);
        if (o->values.exist_ok && hg__is_folder(path)) return HG_OK;
    }
}

bool hg__folder_is_there(const hg_options *o, char *path) {
    return o->values.exist_ok &&
           hg__join_path(path, 1024, o->values.project, o->values.name, NULL) == HG_OK &&
           hg__is_folder(path);
}

int hg__folder_make(const hg_options *o, char *path, hg__lock *l, hg__folder_made *made,
                    hg_error *err) {
    char name[HG_MAX_VALUE + 16], weights[1024];
    made->is_project_new = !hg__is_folder(o->values.project);
    HG_TRY(hg__make_folder(o->values.project, err));
    read_latest(o->values.project, made->before);
    HG_TRY(claim(o, name, path, &made->is_new, err));
    if (l->fd < 0 && !l->why) HG_TRY(hg__folder_lock(l, path, err));
    HG_TRY(check_inputs(o, path, err));
    HG_TRY(hg__join_path(weights, sizeof weights, path, "weights", err));
    HG_TRY(hg__make_folder(weights, err));
    point_latest(o->values.project, name);
    return HG_OK;
}

// What a run writes before there are weights.
static const char *const records[] = {"args.yaml", "results.csv", "run.json", "left_out.csv"};
enum { RECORDS = sizeof records / sizeof *records };

static bool is_record(const char *name) {
    for (size_t i = 0; i < RECORDS; i++) {
        if (strcmp(name, records[i]) == 0) return true;
    }
    return false;
}

// Whether nothing is in a folder but, where asked, records, the lock and weights/.
static bool is_bare(const char *path, bool with_records) {
    bool bare = true;
    DIR *dir = opendir(path);
    if (!dir) return false;
    for (const struct dirent *e = readdir(dir); e && bare; e = readdir(dir)) {
        const char *name = e->d_name;
        const bool is_own =
            is_record(name) || strcmp(name, ".lock") == 0 || strcmp(name, "weights") == 0;
        bare = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (with_records && is_own);
    }
    closedir(dir);
    return bare;
}

// PROJECT/latest as it was before the run that has `path`.
static void restore_latest(const char *project, const char *path, const char *before) {
    char now[256], link[1024];
    const char *slash = strrchr(path, '/');
    read_latest(project, now);
    if (!*now || strcmp(now, slash ? slash + 1 : path) != 0) return;
    if (*before) {
        point_latest(project, before);
    } else if (hg__join_path(link, sizeof link, project, "latest", NULL) == HG_OK) {
        unlink(link);
    }
}

bool hg__folder_unmake(const hg_options *o, const char *path, hg__lock *l,
                       const hg__folder_made *made) {
    char weights[1024], record[1024];
    if (!made->is_new || !is_bare(path, true)) return false;
    if (hg__join_path(weights, sizeof weights, path, "weights", NULL) < 0) return false;
    if (hg__is_folder(weights) && !is_bare(weights, false)) return false;
    for (size_t i = 0; i < RECORDS; i++) {
        if (hg__join_path(record, sizeof record, path, records[i], NULL) == HG_OK) unlink(record);
    }
    rmdir(weights);
    hg__lock_release(l);
    if (rmdir(path) != 0) return false; // somebody put something there
    restore_latest(o->values.project, path, made->before);
    if (made->is_project_new) rmdir(o->values.project); // if it is empty
    return true;
}

int hg__folder_weights(const char *folder, const char *name, char *buffer, hg_error *err) {
    char file[128];
    snprintf(file, sizeof file, "weights/%s.safetensors", name);
    return hg__join_path(buffer, 1024, folder, file, err);
}

static int write_text(const char *folder, const char *name, hg__text *text, hg_error *err) {
    char path[1024];
    int code = hg__join_path(path, sizeof path, folder, name, err);
    if (code == HG_OK && text->failed) {
        code = hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", path);
    }
    if (code == HG_OK) code = hg__write_file(path, text->data, text->length, err);
    hg__text_clear(text);
    return code;
}

int hg__folder_write_args(const char *folder, const hg_options *o, const char *run, hg_error *err) {
    hg__text text = {0};
    hg__run_write(&text, run);
    hg__options_format_yaml(o, &text);
    return write_text(folder, "args.yaml", &text, err);
}

int hg__folder_cut_results(const char *folder, int32_t epoch, bool has_adversary, hg_error *err) {
    char path[1024];
    hg__content old = {0};
    HG_TRY(hg__join_path(path, sizeof path, folder, "results.csv", err));
    if (epoch > 0 && hg__is_file(path)) HG_TRY(hg__content_read(&old, path, err));
    hg__text kept = {0};
    hg__text_add(&kept, "epoch,time,train/loss,val/loss,lr%s\n",
                 has_adversary ? ",adversary/loss" : "");
    for (const char *line = (const char *)old.data, *end = line + old.size; line && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) break; // a line cut short by a crash
        const long number = *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : 0;
        if (number >= 1 && number <= epoch) {
            hg__text_add_bytes(&kept, line, (size_t)(stop + 1 - line));
        }
        line = stop + 1;
    }
    hg__content_free(&old);
    return write_text(folder, "results.csv", &kept, err);
}

int hg__folder_add_result(const char *folder, const hg__result_row *row, hg_error *err) {
    char path[1024], line[256], val[32] = "", adversary[32] = "";
    HG_TRY(hg__join_path(path, sizeof path, folder, "results.csv", err));
    if (!isnan(row->val_loss)) snprintf(val, sizeof val, "%.9g", row->val_loss);
    if (!isnan(row->adversary_loss)) {
        snprintf(adversary, sizeof adversary, ",%.9g", row->adversary_loss);
    }
    snprintf(line, sizeof line, "%d,%.3f,%.9g,%s,%.9g%s\n", row->epoch, row->time, row->train_loss,
             val, row->lr, adversary);
    return hg__append_line(path, line, err);
}

// The number between `from` and the next comma.
static bool read_cell(const char *from, const char *stop, double *value) {
    char cell[64];
    const char *comma = memchr(from, ',', (size_t)(stop - from));
    const int length = (int)((comma ? comma : stop) - from);
    snprintf(cell, sizeof cell, "%.*s", length, from);
    return hg__parse_float(cell, value);
}

// The largest second column of results.csv.
static double seconds_of_results(const char *folder) {
    char path[1024];
    hg__content m;
    double most = 0;
    if (hg__join_path(path, sizeof path, folder, "results.csv", NULL) < 0) return 0;
    if (!hg__is_file(path) || hg__content_read(&m, path, NULL) < 0) return 0;
    const char *line = (const char *)m.data, *end = line + m.size;
    for (const char *stop; line < end && (stop = memchr(line, '\n', (size_t)(end - line)));
         line = stop + 1) {
        const char *comma = memchr(line, ',', (size_t)(stop - line));
        double seconds = 0;
        if (comma && read_cell(comma + 1, stop, &seconds) && seconds > most) most = seconds;
    }
    hg__content_free(&m);
    return most;
}

static double seconds_of_run(const char *folder) {
    char path[1024];
    hg__content m;
    if (hg__join_path(path, sizeof path, folder, "run.json", NULL) < 0) return 0;
    if (!hg__is_file(path) || hg__content_read(&m, path, NULL) < 0) return 0;
    hg__json *root = hg__json_read((const char *)m.data, m.size, path, NULL);
    const double seconds = hg__json_number_value(hg__json_object_get(root, "seconds"));
    hg__json_free(root);
    hg__content_free(&m);
    return seconds > 0 ? seconds : 0;
}

double hg__folder_seconds(const char *folder) {
    return fmax(seconds_of_results(folder), seconds_of_run(folder));
}

// ---- the two JSON files -------------------------------------------------------------------------

// The value of the first "model name" line of /proc/cpuinfo, or "unknown".
static void find_cpu(char *buffer, size_t size) {
    snprintf(buffer, size, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "re");
    if (!f) return;
    char line[256];
    while (fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(buffer, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    (void)fclose(f);
}

static int write_json(const char *folder, const char *name, hg__json *root, hg_error *err) {
    char *dumped = hg__json_lines(root, 9, err);
    hg__json_free(root);
    if (!dumped) return HG_ERR_MEMORY;
    hg__text text = {0};
    hg__text_add(&text, "%s\n", dumped);
    hg__free(dumped);
    return write_text(folder, name, &text, err);
}

int hg__folder_write_run(const char *folder, const hg__run_facts *f, hg_error *err) {
    char host[256] = "", cpu[256], fingerprint[32], now[32], data[2 * HG_MAX_VALUE];
    struct rusage usage;
    (void)gethostname(host, sizeof host - 1);
    find_cpu(cpu, sizeof cpu);
    hg__format_now(now);
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)f->fingerprint);
    (void)getrusage(RUSAGE_SELF, &usage);
    hg__mask_secrets(f->options->values.data, data, sizeof data);
    hg__json *root = hg__json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "version",
        hg_version(), "host", host, "cpu", cpu, "isa", f->isa, "threads", f->threads, "seed",
        (int64_t)f->options->values.seed, "data", data, "data_fingerprint", fingerprint, "start",
        f->start, "end", now, "rows", (int64_t)f->result->rows, "parameters",
        (int64_t)f->result->parameters, "peak_memory_bytes", (int64_t)usage.ru_maxrss * 1024);
    if (root) {
        hg__json_set(root, "steps", hg__json_integer((int64_t)f->steps));
        hg__json_set(root, "seconds", hg__json_real_or_null(f->result->seconds));
        hg__json_set(root, "rows_per_second", hg__json_real_or_null(f->result->rows_per_second));
        hg__json_set(root, "exit_reason",
                     f->exit_reason ? hg__json_string(f->exit_reason, NULL) : hg__json_null());
    }
    return write_json(folder, "run.json", root, err);
}

int hg__folder_write_metrics(const char *folder, const hg__run_facts *f, hg_error *err) {
    const hg_result *r = f->result;
    hg__json *baselines = hg__json_object();
    if (isfinite(r->pca_mse)) {
        hg__json_set(baselines, "pca",
                     hg__json_pack("{s:f, s:f}", "mse", r->pca_mse, "seconds", f->pca_seconds));
    }
    hg__json *root =
        hg__json_pack("{s:i, s:i, s:s, s:o}", "best_epoch", r->best_epoch, "epochs", r->epochs,
                      "loss", f->options->values.loss, "baselines", baselines);
    if (root) {
        hg__json_set(root, "val_loss", hg__json_real_or_null(r->best_val_loss));
        hg__json_set(root, "train_loss", hg__json_real_or_null(r->train_loss));
        hg__json_set(root, "mse", hg__json_real_or_null(r->val_mse));
    }
    return write_json(folder, "metrics.json", root, err);
}
