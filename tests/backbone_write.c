// SPDX-License-Identifier: Apache-2.0
// backbone_write.c - a backbone of random weights for scripts:
//
//   backbone_write WEIGHTS.safetensors
#include "backbone_case.h"

int main(int argc, char **argv) {
    hg_error err = {0};
    if (argc != 2) return 2;
    if (write_backbone(argv[1], &err) == HG_OK) return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
