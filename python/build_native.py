# SPDX-License-Identifier: Apache-2.0
"""The module hourglass._native: cffi's API mode over hourglass.h, linked with the static library.

What cffi is told of the interface is read from the header itself, so that there is one place for it.
HOURGLASS_BUILD names another build folder than build/gcc, such as build/gcc-address of a sanitizer build.
"""
import os
import re
import subprocess
from pathlib import Path

import cffi

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = "zlib yaml-0.1 libzip libpng libwebp libjpeg libtiff-4 libpcap".split()


def declarations(header: str) -> str:
    """The header without comments, preprocessor lines and what only C++ reads."""
    text = re.sub(r"//[^\n]*", "", header)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    return "typedef int... sig_atomic_t;\n" + text.replace("HG_API ", "")


def arrow_structs(header: str) -> str:
    """Arrow's three structs, which hourglass.h only names."""
    found = re.findall(r"^struct Arrow\w+ \{.*?^\};\n", header, flags=re.S | re.M)
    assert len(found) == 3, "arrow.h has Arrow's structs"
    return "".join(found)


def libraries() -> list[str]:
    found = subprocess.run(["pkg-config", "--libs", *PACKAGES], check=True, capture_output=True, text=True)
    return found.stdout.split()


def sanitizer(folder: Path) -> list[str]:
    return ["-fsanitize=address,undefined"] if folder.name.endswith("-address") else []


# Called by C on the thread that runs the job; _run.py has what they do. hg_python_abort() comes in between: it is asked
# after each step, and asks Python twenty times a second.
CALLBACKS = """
typedef struct hg_python_run {
    void *handle;      // ffi.new_handle() of the run
    bool stop;         // a callback raised
    double looked;     // s, when Python was asked last
} hg_python_run;
extern "Python" {
    void hg_python_train(void *context, const hg_train_event *e);
    void hg_python_note(void *context, const char *sentence);
    void hg_python_progress(void *context, const hg_progress_event *e);
    bool hg_python_step(void *context, const hg_step_event *e);
    bool hg_python_signals(void *context);
}
bool hg_python_abort(void *context);
"""
# A stream of one batch that _data_frames.py made: it is borrowed, what it points at lives as long as the table. Arrow's
# structs are those of arrow.h.
FRAME = """
typedef struct hg_python_frame {
    struct ArrowSchema schema;
    struct ArrowArray array;
    bool given;
} hg_python_frame;
"""
FRAME_GLUE = """
static void hg_python_release_schema(struct ArrowSchema *s) { s->release = NULL; }
static void hg_python_release_array(struct ArrowArray *a) { a->release = NULL; }
static void hg_python_release_stream(struct ArrowArrayStream *s) { s->release = NULL; }
static const char *hg_python_last_error(struct ArrowArrayStream *s) { (void)s; return NULL; }
static int hg_python_get_schema(struct ArrowArrayStream *s, struct ArrowSchema *to) {
    *to = ((hg_python_frame *)s->private_data)->schema;
    to->release = hg_python_release_schema;
    return 0;
}
static int hg_python_get_next(struct ArrowArrayStream *s, struct ArrowArray *to) {
    hg_python_frame *f = s->private_data;
    *to = f->array;
    to->release = f->given ? NULL : hg_python_release_array;
    f->given = true;
    return 0;
}
static void hg_python_stream(hg_python_frame *f, struct ArrowArrayStream *s) {
    *s = (struct ArrowArrayStream){hg_python_get_schema, hg_python_get_next, hg_python_last_error,
    hg_python_release_stream, f};
}
"""
GLUE = """
#include "hourglass.h"
#include <time.h>
typedef struct hg_python_run {
    void *handle;
    bool stop;
    double looked;
} hg_python_run;
static bool hg_python_signals(void *context);
static bool hg_python_abort(void *context) {
    hg_python_run *run = context;
    struct timespec now;
    if (run->stop) return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    if (seconds - run->looked < 0.05) return false;
    run->looked = seconds;
    return hg_python_signals(context);
}
"""

build = ROOT / os.environ.get("HOURGLASS_BUILD", "build/gcc")
ffi = cffi.FFI()
ffi.cdef(declarations((ROOT / "include/hourglass.h").read_text()))
ffi.cdef(re.sub(r"//[^\n]*", "", CALLBACKS))
arrow = arrow_structs((ROOT / "src/table/arrow.h").read_text()) + FRAME
ffi.cdef(arrow + "void hg_python_stream(hg_python_frame *f, struct ArrowArrayStream *s);")
ffi.set_source(
    "hourglass._native",
    GLUE + arrow + FRAME_GLUE,
    include_dirs=[str(ROOT / "include")],
    extra_objects=[str(build / "libhourglass.a")],
    extra_compile_args=["-std=c11", "-O2", *sanitizer(build)],
    extra_link_args=[*libraries(), "-lm", "-pthread", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-s",
                     *sanitizer(build)],
)
if __name__ == "__main__":
    ffi.compile(verbose=True)
