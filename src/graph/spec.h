// SPDX-License-Identifier: Apache-2.0
// spec.h - the line that says what a network is: "dense 64 relu | dense input sigmoid".
//
//   spec  = side [ "|" side ]      the neck of the hourglass is at the bar; without one there is no code
//   side  = item { "," item }
//   item  = layer { argument } { activation }
//   argument = number | "input" (features of a row, or channels of an image) | "like" (width of what came into the
//              mirrored encoder layer; "op=like": with such an output padding that it is as long as that) | name "=" number |
//              letter number ("k3" is "k=3")
//
// An activation behind a layer is a layer of its own ("dense 64 relu" is two, as in nn.Sequential). So are the
// `flatten` between an image and a dense layer and the `unflatten` that makes an image of a vector again: where
// they are not written they are put in. "keep 1" remembers an image, "add 1", "concat 1" and "recall 1" take it up.
#ifndef HG_GRAPH_SPEC_H
#define HG_GRAPH_SPEC_H
#include "base/error.h"
#include "nn/layer.h"

enum { HG_MAX_LAYERS = 256, HG_MAX_SPEC = 4096 };

typedef struct hg__spec {
    hg__layer *layer;     // owned, (layers): in, out, params shaped; param offsets laid out
    int32_t layers, neck; // layers before the bar; all of them where there is none
    bool has_neck;
    bool
        is_features; // outputs are no rows: any number of them, and whatever is kept need not be taken
    hg__shape input;        // of one row
    int32_t width, code;    // features in, numbers in the code
    size_t params;          // elements of the parameter block, with padding
    int64_t parameters;     // numbers in the file, without padding
    char text[HG_MAX_SPEC]; // canonical: presets expanded, input and like as numbers
} hg__spec;

// Parses a spec or a preset's name for rows of shape `input`. latent: the code size a preset gets (0: its own).
int hg__spec_parse(hg__spec *s, const char *text, const hg__shape *input, int32_t latent,
                   hg_error *err);
// The same without a preset or a code: a network whose outputs are features of what comes in, of any number.
int hg__spec_parse_features(hg__spec *s, const char *text, const hg__shape *input, hg_error *err);
// The same network for rows of another shape; s->text stays. Refused where its parameters would be others.
int hg__spec_reshape(hg__spec *s, const hg__spec *from, const hg__shape *input, hg_error *err);
// Layers known by type and arguments (layer[].type and arg, layers, has_neck, neck), for rows of shape `input`.
int hg__spec_shape(hg__spec *s, const hg__shape *input, hg_error *err);
void hg__spec_clear(hg__spec *s);                // {0} is fine
int hg__spec_format(hg__spec *s, hg_error *err); // s->text: the canonical text of its layers
void hg__spec_format_layer(const hg__layer *l, char text[HG_LAYER_SPEC]); // of one: "conv 16 s=2"

// Its parts, for the parser: the input first, then layer by layer (the sentence is without its place), then the whole.
int hg__spec_set_input(hg__spec *s, const hg__shape *input, hg_error *err);
int hg__spec_shape_layer(hg__spec *s, int32_t i, bool is_decoder, hg_error *err);
int hg__spec_check(hg__spec *s, hg_error *err);
// Whether outputs are rows, as whoever compares them with rows needs them.
int hg__spec_gives_rows(const hg__spec *s, hg_error *err);

// A named network: "ae" -> "dense 64 relu | dense input sigmoid" with 64 replaced by latent.
typedef enum hg__preset_for {
    HG_FOR_ANY,
    HG_FOR_IMAGES,
    HG_FOR_TABLES,
    HG_FOR_PACKETS
} hg__preset_for;

typedef struct hg__preset {
    const char *name, *spec, *summary; // spec has "%d" once or more where the code size goes
    hg__preset_for is_for;             // what it makes sense for
    int32_t latent;                    // its own code size
    const char
        *options; // training options where nobody set them: "loss=bce; noise=mask 0.3"; NULL: none
} hg__preset;
const hg__preset *hg__presets(size_t *count);
const hg__preset *
hg__preset_find(const char *model); // of that name, with blanks around it; NULL: none

// The spec that text names if it is one word and a preset's name, else text itself, blanks around it removed.
int hg__preset_expand(const char *text, int32_t latent, char to[HG_MAX_SPEC], hg_error *err);

// Refuses a model= that is one word and no preset, file or spec, before any data is read; and one that is a preset for other
// data than `is_for`, whose name for the sentence is `what`. HG_FOR_ANY: whatever the data is.
int hg__preset_check(const char *model, hg__preset_for is_for, const char *what, hg_error *err);
hg__preset_for hg__preset_kind(const char *model); // HG_FOR_ANY: a spec, or for whatever there is
#endif
