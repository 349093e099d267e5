// SPDX-License-Identifier: Apache-2.0
// write_npy.c - the header of a .npy file (numpy/lib/format.py describes it).
#include "array/write_npy.h"

#include <stdio.h>
#include <string.h>

int hg__npy_add_header(hg__writer *w, hg__dtype dtype, const hg__shape *shape, hg_error *err) {
    enum { MAGIC = 10, MAX = 512 };
    char header[MAX] = "\x93NUMPY\x01", dims[160] = "";
    size_t used = 0;
    for (int32_t i = 0; i < shape->rank; i++) {
        used += (size_t)snprintf(dims + used, sizeof dims - used, "%lld,%s",
                                 (long long)shape->dim[i], i + 1 < shape->rank ? " " : "");
    }
    if (shape->rank > 1) dims[used - 1] = '\0'; // a tuple of one keeps its comma
    const int text = snprintf(header + MAGIC, MAX - MAGIC,
                              "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                              dtype == HG_U8 ? "|u1" : "<f4", dims);
    const size_t whole = (MAGIC + (size_t)text + 1 + 63) / 64 * 64;
    memset(header + MAGIC + text, ' ', whole - MAGIC - (size_t)text);
    header[whole - 1] = '\n';
    header[8] = (char)(unsigned char)((whole - MAGIC) & 255);
    header[9] = (char)(unsigned char)((whole - MAGIC) >> 8);
    return hg__writer_add(w, header, whole, err);
}
