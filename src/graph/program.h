// SPDX-License-Identifier: Apache-2.0
// program.h - networks lowered to one flat array of operations on values, which executors walk.
//
//   spec text --parse--> layers --apply--> forward operations --loss, differentiate--> training
//
// A value is what goes from operation to operation: so many numbers a row. Here is decided what is computed when, which values
// share memory because one is computed in another's place, and from which operation to which each is needed; where it lies
// is the executor's affair (hg__places_find()), for it knows how many rows there are at once.
//
// Built in this order: begin, load and apply as wanted, loss as wanted, then differentiate or finish. Nothing here looks at
// weights, and nothing is written into the networks: as many programs as wanted are made of one.
#ifndef HG_GRAPH_PROGRAM_H
#define HG_GRAPH_PROGRAM_H
#include "base/error.h"
#include "graph/spec.h"
#include "nn/loss.h"

typedef enum hg__op_kind {
    HG_OP_INPUT,   // y = the rows that came
    HG_OP_TARGET,  // y = what is to be made of them
    HG_OP_FORWARD, // y = layer(x, x2)
    HG_OP_NUDGE,   // y = x as the layer changes it, for a second run of what is before it
    HG_OP_PENALTY, // the layer's penalty on x and x2, added to the loss
    HG_OP_MEASURE, // what a layer that sees the whole batch has to know of x. Behind it the statistics of the batch are made
    HG_OP_LOSS, // objective(x, x2) added to the loss, y its slope; x2 < 0: the rows' target itself
    HG_OP_SUM,  // y = x + x2: gradients of a value that is taken more than once
    HG_OP_MEASURE_BACK, // as HG_OP_MEASURE, of x and the gradient dy
    HG_OP_BACKWARD, // dx, dx2 from dy, and from what forward had; gradients of parameters that are summed up on the way
} hg__op_kind;

enum { HG_NO_VALUE = -1, HG_MAX_BLOCKS = 4, HG_MAX_LOSSES = 4, HG_AT_END = INT32_MAX };

// What it does not use is HG_NO_VALUE.
typedef struct hg__op {
    hg__op_kind kind;
    const hg__layer *layer;        // borrowed
    bool is_second;                // in a second run, where nothing is paid
    int32_t block;                 // whose parameters: 0 the network's, others of frozen networks
    int32_t loss;                  // number of the objective
    int32_t x, x2, y, dy, dx, dx2; // values
    int32_t segment;               // how often statistics of the batch were made before it
    size_t transposed;             // elements: where its transposed weights lie among the program's
    size_t partial;                // where its gradient lies in a chunk's partial gradients
    size_t statistics;             // where what it knows of the batch lies
    size_t prepared;               // where its prepared weights lie, of forward and backward alike
    bool has_prepared;             // it has some
    size_t noted;                  // elements a row before what it noted of each row
} hg__op;

typedef struct hg__value {
    hg__shape shape; // of a row
    int32_t n, ld;   // numbers a row; with padding
    int32_t op;      // that makes it
    int32_t last;    // that reads it last; HG_AT_END: it is needed behind them all
    // the value in whose place it is computed: itself, or one before it whose time is over
    int32_t alias_of;
    bool is_wanted; // so is its gradient: something before it is trained
    // Of a value that lies in itself, with those that lie in it: the last that reads any of them, and whether all rows of a
    // batch are there at once, not only a chunk's: read in another segment, or at the end.
    int32_t until;
    bool is_whole;
} hg__value;

// Where the gradient of a layer's parameters comes from, once all rows have been through.
typedef struct hg__trained {
    const hg__layer *layer;                 // borrowed
    int32_t x, dy;                          // values: its input, and the gradient at its output
    size_t transposed, partial, statistics; // as its operations have them
    bool has_transposed;
    // Of a layer that runs more than once: the entry of its next run, whose gradient is added; else 0. Whether it is such a run
    int32_t next;
    bool is_again;
} hg__trained;

typedef struct hg__program {
    hg__op *op;           // owned, (ops)
    hg__value *value;     // owned, (values)
    hg__trained *trained; // owned, (layers): runs of those with parameters of block 0, in order
    hg__objective objective[HG_MAX_LOSSES];
    int32_t ops, values, layers, losses;
    int32_t forward; // operations before the way back
    bool trains;
    bool runs_again; // some layers run a second time
    bool is_second;  // while building: such a run is being added, and nothing is paid in it
    // one more than statistics of the batch are made; the losses are in the middle one
    int32_t segments;
    // training: who reads the input at the end takes it from the rows themselves, some columns at a time
    bool widens_again;
    size_t transposed_count, partial_count, statistics_count; // elements
    size_t prepared_count; // elements: weights as ways of computing want them
    size_t scratch_count;  // elements: the most that a layer takes
    size_t measured_count; // numbers a row: the most that a layer measures
    size_t noted_count;    // elements a row that layers note, all together
    // Finish and differentiate say so: an operation did not fit; there were more than HG_MAX_LOSSES.
    bool is_out_of_memory, has_too_many_losses;
} hg__program;

void hg__program_begin(hg__program *p, const hg__shape *row, bool trains); // value 0 is the input
// The rows' target, for networks to be applied to it.
int32_t hg__program_target(hg__program *p, const hg__shape *row);
// Puts x through the first `layers` of a network, whose parameters will be block `block`; returns what comes out. at (layers + 1),
// or NULL: the value at each boundary, before layer i and behind the last.
int32_t hg__program_apply(hg__program *p, const hg__spec *s, int32_t layers, int32_t block,
                          int32_t x, int32_t *at);
// objective(y, target): target HG_NO_VALUE is the rows' own. At most HG_MAX_LOSSES.
void hg__program_add_loss(hg__program *p, const hg__objective *o, int32_t y, int32_t target);
// The value is needed behind a program that only runs.
void hg__program_keep(hg__program *p, int32_t value);
// Ends a program that only runs: `output` is needed behind it, and so is the input.
int hg__program_finish(hg__program *p, int32_t output, hg_error *err);
// Ends one that trains block 0: adds the way back.
int hg__program_differentiate(hg__program *p, hg_error *err);
void hg__program_clear(hg__program *p);         // {0} is fine
size_t hg__program_bytes(const hg__program *p); // memory it holds
// Places for the values of a program that only runs: at (values), elements, for so many rows of each, one behind the other in
// columns of ld; rows 0: for one row, as it is, and room behind it for kernels that read on. *total: what they take together.
int hg__program_place(const hg__program *p, int32_t rows, size_t *at, size_t *total, hg_error *err);

// Memory by lifetimes: blocks whose times do not meet share it.

typedef struct hg__block {
    size_t count;        // elements
    int32_t first, last; // its time, both ends included
    size_t at;           // result: elements from the beginning
} hg__block;

// Places the largest first, each as low as it can be; *total: elements that all of them take together. Whole vectors each.
int hg__places_find(hg__block *list, int32_t count, size_t *total, hg_error *err);
#endif
