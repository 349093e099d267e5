// SPDX-License-Identifier: Apache-2.0
// model.h - a network with its weights, and the file it lives in.
#ifndef HG_MODEL_MODEL_H
#define HG_MODEL_MODEL_H
#include "base/json.h"
#include "graph/network.h"
#include "image/range.h"
#include "model/safetensors.h"

enum { HG_RUN_ID = 17 };

// What another room keeps in a model beside the network: an entry of the JSON object in the model's file, and what is made of it.
typedef struct hg__attachment {
    // of the entry
    const char *key;
    // Checks the entry and makes of it what free() takes away; NULL where it fails. where: begins sentences.
    void *(*parse)(hg__json *entry, const char *where, hg_error *err);
    hg__json *(*format)(void *value, hg_error *err);
    void (*free)(void *value);
} hg__attachment;

typedef struct hg__attached {
    const hg__attachment *type;
    void *value;
} hg__attached;

enum { HG_MAX_ATTACHED = 4 };

struct hg_model {
    hg__network net;
    // "autoencoder", "pca" or "features": outputs are no rows, and no side is a decoder
    char kind[16];
    // what a stored unit of the training data was worth: 1/255 for bytes
    float input_scale;
    // owned, (width) names, or NULL
    char **column;
    // owned JSON text: the training options, or NULL
    char *options;
    // owned: what is known of the PyTorch module that weights came from (module.c), as JSON and as its text; or NULL
    hg__json *module;
    char *module_text;
    // of the training data, hex; "" if none
    char fingerprint[24];
    // which training run it is of, hex; "" if that is not known
    char run[HG_RUN_ID];
    // rows it was trained on can be read back from it, exactly, or will be once training is over: its file is the owner's alone
    // unless it is shared
    bool holds_rows;
    // share=: others may read such a file
    bool is_shared;
    // what 0 and 1 were in the images it was trained on
    hg__range_rule range;
    // values owned, (attachments): in the order of the file
    hg__attached attached[HG_MAX_ATTACHED];
    int32_t attachments;
    // owned with its data, (parts): tensors that are no weights (hg__model_add_part())
    hg__tensor *part;
    int32_t parts;
    // hg__model_read(): net.params is NULL, and the parts' data is the file's
    bool is_look;
};

// Attaches value, which becomes m's, in place of what there was of that type.
void hg__model_attach(hg_model *m, const hg__attachment *type, void *value);
void *hg__model_attached(const hg_model *m, const hg__attachment *type); // NULL if there is none
void *hg__model_detach(hg_model *m, const hg__attachment *type);         // the caller's from now on

// A model with its weights drawn (PyTorch's default initialisation) from seed. spec: a spec or a preset's
// name; no file is touched.
hg_model *hg__model_from_spec(const char *spec, const hg__shape *input, int32_t latent,
                              uint64_t seed, hg_error *err);

// A model of features with this network (hg__network_init_features()), which becomes the model's, also on failure.
hg_model *hg__model_from_features(hg__network *net, hg_error *err);

// Reads what is in t, refusing anything that is not a whole Hourglass model file. types: what may be attached, NULL behind the
// last. is_look: checks all of it, but leaves weights and parts where they are, so that nothing is held twice; borrows t.
int hg__model_read(hg_model **m, const hg__tensors *t, const hg__attachment *const *types,
                   bool is_look, hg_error *err);

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

// Whether `name` is a word for a model that ships: fast, default, best (base/shipped.def).
bool hg__model_is_shipped(const char *name);
// Where the model that ships under this name, or its file's without the extension, lies; fails where it is not there.
int hg__model_find_shipped(const char *name, char path[1024], hg_error *err);

// The same loaded; of another name the model of that file. detect/table_model.c
hg_model *hg__model_load_named(const char *name, hg_error *err);

// Takes weights by name from a file: "encoder.0.weight", or "encoder.weight" where a side has one layer with
// parameters. Every parameter must be there with its shape; what is left over is an error that names it.
int hg__model_take_weights(hg_model *m, const hg__tensors *t, hg_error *err);

// Keeps what `json` says of the PyTorch module that weights came from, checked; where: begins sentences. HG_ERR_MODEL.
int hg__model_take_module(hg_model *m, const char *json, const char *where, hg_error *err);
// The same as `from` has, if that is the same network.
int hg__model_keep_module(hg_model *m, const hg_model *from, hg_error *err);
void hg__model_drop_module(hg_model *m);
// What the module calls our tensor `name`; "" where it has none.
const char *hg__model_module_name(const hg_model *m, const char *name);

// Weights of another model of the same network; refused where a tensor has another shape.
int hg__model_copy_weights(hg_model *m, const hg_model *from, hg_error *err);

// Tensors that a model keeps beside the weights, for whoever attaches something: named "detector.".

// Keeps a copy of a tensor; its name begins with "detector.". What had that name goes.
int hg__model_add_part(hg_model *m, const hg__tensor *tensor, hg_error *err);
// The same of numbers with the shape (rows, columns), or (rows) where columns is 0: what hg__model_take_part() takes.
int hg__model_keep_part(hg_model *m, const char *name, hg__dtype dtype, int64_t rows,
                        int64_t columns, const void *data, hg_error *err);
// hg__model_add_part() without a copy: what tensor->data points at, for hg__free(), becomes m's, unless this fails.
int hg__model_give_part(hg_model *m, const hg__tensor *tensor, hg_error *err);
const hg__tensor *hg__model_part(const hg_model *m, const char *name); // NULL if there is none
void hg__model_drop_parts(hg_model *m, const char *prefix);
bool hg__is_part(const char *name); // whether a tensor of that name is no weight but a part

// The part of that name, if it is of that type and has the shape (rows, columns), or (rows) where columns is 0. A
// size of -1 is any. HG_ERR_MODEL says what was expected; `where` starts the sentence.
int hg__model_take_part(const hg_model *m, const char *name, hg__dtype dtype, int64_t rows,
                        int64_t columns, const char *where, const hg__tensor **part, hg_error *err);
// The same of F32, every number finite.
int hg__model_take_numbers(const hg_model *m, const char *name, int64_t rows, int64_t columns,
                           const char *where, const hg__tensor **part, hg_error *err);
#endif
