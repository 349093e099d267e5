// SPDX-License-Identifier: Apache-2.0
// model.h - a network with its weights, and the file it lives in.
#ifndef HG_MODEL_MODEL_H
#define HG_MODEL_MODEL_H

#include "base/json.h"
#include "graph/network.h"
#include "image/range.h"
#include "model/safetensors.h"

enum { HG_RUN_ID = 17 };

struct hg_model {
    hg__network net;
    // "autoencoder" or "pca"
    char kind[16];
    // what a stored unit of the training data was worth: 1/255 for bytes
    float input_scale;
    // owned, (width) names, or NULL
    char **column;
    // owned JSON text: the training options, or NULL
    char *options;
    // of the training data, hex; "" if none
    char fingerprint[24];
    // which training run it is of, hex; "" if that is not known
    char run[HG_RUN_ID];
    // training will put rows into its file
    bool will_hold_rows;
    // share=: others may read such a file
    bool is_shared;
    // what 0 and 1 were in the images it was trained on
    hg__range_rule range;
    // owned: rows are a table's (table_model.c); NULL: rows of numbers
    struct hg__schema *schema;
    // owned: what the file says of the detector (parts.h), or NULL
    hg__json *detector;
    // owned with its data, (parts): tensors that are no weights (parts.h)
    hg__tensor *part;
    int32_t parts;
    // hg__model_look(): net.params is NULL, and the parts' data is the file's
    bool is_look;
};

// Makes m a model of a table's rows: takes s (also on failure) and makes the spans of its columns. Its width must be the schema's.
int hg__model_take_schema(hg_model *m, struct hg__schema *s, hg_error *err);

// A model with its weights drawn (PyTorch's default initialisation) from seed. spec: a spec or a preset's
// name; no file is touched.
hg_model *hg__model_from_spec(const char *spec, const hg__shape *input, int32_t latent,
                              uint64_t seed, hg_error *err);

// The same for all that model= may be: also a YAML file (`model: SPEC`, `latent: 64`) or a model file, whose
// spec is taken and whose weights are not.
hg_model *hg__model_new(const char *model, const hg__shape *input, int32_t latent, uint64_t seed,
                        hg_error *err);

// Loads, refusing anything that is not a whole Hourglass model file.
int hg__model_from_tensors(hg_model **m, const hg__tensors *t, hg_error *err);

// The same for who only looks: checks all of it, but leaves weights and parts where they are, so that nothing is held twice. Borrows t.
int hg__model_look(hg_model **m, const hg__tensors *t, hg_error *err);

// Extra tensors and metadata beside the weights: what resume= needs.
typedef struct hg__extra {
    const hg__tensor *tensor;
    size_t tensors;
    const char *const *key, *const *value;
    size_t pairs;
} hg__extra;
int hg__model_save(const hg_model *m, const char *path, const hg__extra *extra,
                   hg_error *err); // extra may be NULL
// The same over a model file that is there: who may read that may read this, and is_shared everybody.
int hg__model_save_over(const hg_model *m, const char *path, hg_error *err);

// Whether rows it was trained on can be read back from it, exactly: its file is the owner's alone unless it is shared.
bool hg__model_holds_rows(const hg_model *m);

// Takes weights by name from a file: "encoder.0.weight", or "encoder.weight" where a side has one layer with
// parameters. Every parameter must be there with its shape; what is left over is an error that names it.
int hg__model_take_weights(hg_model *m, const hg__tensors *t, hg_error *err);
#endif
