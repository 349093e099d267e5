// SPDX-License-Identifier: Apache-2.0
// job_checks.c - what this machine and this build have: `hourglass checks`.
#include <dlfcn.h>
#include <jpeglib.h>
#include <png.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <webp/decode.h>
#include <yaml.h>
#include <zlib.h>

#include "backend/kernels.h"
#include "backend/pool.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "files/zip_api.h"
#include "image/image.h"
#include "jobs/job.h"
#include "logs/curl_api.h"
#include "packets/pcap_api.h"
#include "signal/sndfile_api.h"
#include "table/mat.h"
#include "table/odbc_api.h"
#include "table/sqlite_api.h"

#define TEXT(x)    #x
#define TEXT_OF(x) TEXT(x)

#if defined(__clang__)
# define COMPILER "clang " __clang_version__
#else
# define COMPILER "gcc " __VERSION__
#endif

typedef struct library {
    const char *name, *version, *package; // package: the Debian name; version "": not there
    const char *use;
} library;

enum { LIBRARIES = 16 };

// The training images of the built-in example, as Debian's package installs them.
static const char fashion[] = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";

typedef struct facts {
    struct utsname system;
    char cpu[128], tables[128], lapack[32], curl[32], sound[32], yaml[16], webp[16], tiff[16];
    const char *table; // in use
    int32_t threads;
    double memory; // bytes
    library libraries[LIBRARIES];
} facts;

// The value of the first line `name : value` of a file as /proc/cpuinfo; "" if there is none.
static void find_line(const char *path, const char *name, char *value, size_t size) {
    char line[512];
    value[0] = '\0';
    FILE *f = fopen(path, "re");
    while (f && !value[0] && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, name, strlen(name)) != 0) continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(value, size, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
    if (f) fclose(f);
}

static void find_machine(facts *f) {
    if (uname(&f->system) != 0) f->system = (struct utsname){0};
    find_line("/proc/cpuinfo", "model name", f->cpu, sizeof f->cpu);
    size_t used = 0;
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        int length = snprintf(f->tables + used, sizeof f->tables - used, "%s%s", used ? " " : "",
                              (*k)->name);
        used += length > 0 && (size_t)length < sizeof f->tables - used ? (size_t)length : 0;
    }
    f->table = hg__kernels_pick()->name;
    f->threads = hg__usable_cpus();
    f->memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

// LAPACK is opened where PCA needs it, so it may be missing. version is "" then.
static void find_lapack(char *version, size_t size) {
    int major = 0, minor = 0, patch = 0; // Fortran's integers
    void (*ask)(int *, int *, int *) = NULL;
    version[0] = '\0';
    void *opened = dlopen("liblapack.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!opened) return;
    void *symbol = dlsym(opened, "ilaver_");
    memcpy(&ask, &symbol, sizeof ask); // POSIX: an object pointer holds it, ISO C has no cast
    if (ask) ask(&major, &minor, &patch);
    snprintf(version, size, "%d.%d.%d", major, minor, patch);
    dlclose(opened);
}

static void find_libraries(facts *f) {
    find_lapack(f->lapack, sizeof f->lapack);
    hg__curl_version(f->curl);
    hg__sf_version(f->sound);
    const int version = WebPGetDecoderVersion();
    snprintf(f->webp, sizeof f->webp, "%d.%d.%d", version >> 16, version >> 8 & 255, version & 255);
    // "LIBTIFF, Version 4.5.0" and a line on who owns it
    const char *tiff = hg__image_tiff_version() + strcspn(hg__image_tiff_version(), "0123456789");
    snprintf(f->tiff, sizeof f->tiff, "%.*s", (int)strspn(tiff, "0123456789."), tiff);
    const library all[LIBRARIES] = {
        {"zlib",          zlibVersion(),                           "zlib1g-dev",            ".gz files"       },
        {"libyaml",       yaml_get_version_string(),               "libyaml-dev",           "cfg= files"      },
        {"libzip",        hg__zip_version(),                       "libzip4",               ".npz files"      },
        {"libpng",        png_get_libpng_ver(NULL),                "libpng-dev",            "PNG images"      },
        {"libjpeg-turbo", TEXT_OF(LIBJPEG_TURBO_VERSION),          "libjpeg62-turbo-dev",   "JPEG images"     },
        {"libtiff",       f->tiff,                                 "libtiff6",              "TIFF images"     },
        {"libwebp",       f->webp,                                 "libwebp-dev",           "WebP images"     },
        {"DCMTK",         hg__image_dicom_version(),               "libdcmtk-dev g++",      "DICOM images"    },
        {"LAPACK",        f->lapack,                               "liblapack3",            "PCA"             },
        {"SQLite",        hg__sqlite_version(),                    "libsqlite3-0",          "SQLite files"    },
        {"ODBC",          hg__odbc_version(),                      "libodbc2",              "databases"       },
        {"libmatio",      hg__mat_version(),                       "libmatio11",            "MATLAB files 7.3"},
        {"libpcap",       hg__pcap_version(),                      "libpcap0.8",            "packet captures" },
        {"libcurl",       f->curl,                                 "libcurl4",              "mlflow="         },
        {"libsndfile",    f->sound,                                "libsndfile1",           "sound"           },
        {"Fashion-MNIST", hg__is_file(fashion) ? "installed" : "", "dataset-fashion-mnist",
         "data=fashion"                                                                                       },
    };
    memcpy(f->libraries, all, sizeof all);
}

static void write_lines(const facts *f, hg__text *out) {
    hg__text_add(out, "hourglass  %s\n", hg_version());
    hg__text_add(out, "compiler   %s\n", COMPILER);
    hg__text_add(out, "system     %s %s %s\n", f->system.sysname, f->system.release,
                 f->system.machine);
    if (f->cpu[0]) hg__text_add(out, "processor  %s\n", f->cpu);
    hg__text_add(out, "kernels    %s (can run here: %s)\n", f->table, f->tables);
    hg__text_add(out, "threads    %d\n", f->threads);
    hg__text_add(out, "memory     %.1f GiB\n", f->memory / 0x1p30);
    hg__text_add(out, "\n");
    for (size_t i = 0; i < LIBRARIES; i++) {
        const library *l = &f->libraries[i];
        hg__text_add(out, "%-14s %-10s %s", l->name, l->version[0] ? l->version : "missing",
                     l->use);
        if (!l->version[0]) hg__text_add(out, "; apt-get install %s", l->package);
        hg__text_add(out, "\n");
    }
}

static hg__json *make_json(const facts *f) {
    hg__json *list = hg__json_array();
    for (size_t i = 0; i < LIBRARIES; i++) {
        const library *l = &f->libraries[i];
        hg__json_append(list, hg__json_pack("{s:s, s:b, s:s, s:s, s:s}", "name", l->name, "found",
                                            l->version[0] != '\0', "version", l->version, "package",
                                            l->package, "use", l->use));
    }
    return hg__json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:o}", "version", hg_version(),
                         "compiler", COMPILER, "system", f->system.sysname, "processor", f->cpu,
                         "kernels", f->table, "kernels_here", f->tables, "threads", (int)f->threads,
                         "memory_bytes", (int64_t)f->memory, "libraries", list);
}

static void write_json(const facts *f, hg__text *out) {
    hg__json *object = make_json(f);
    char *text = hg__json_text(object, NULL);
    if (text) {
        hg__text_add(out, "%s\n", text);
        hg__free(text);
    } else {
        out->failed = true;
    }
    hg__json_free(object);
}

int hg__job_checks(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)o, (void)l; // have nothing to say yet
    facts f = {.threads = 1};
    hg__text out = {0};
    find_machine(&f);
    find_libraries(&f);
    if (r->json) {
        write_json(&f, &out);
    } else {
        write_lines(&f, &out);
    }
    r->text = hg__text_take(&out, err);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}
