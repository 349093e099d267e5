// SPDX-License-Identifier: Apache-2.0
// proto.h - writes Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding): a message is a text of bytes
// (base/text.h), to whose end each call adds one field. What fails, fails there.
#ifndef HG_LOGS_PROTO_H
#define HG_LOGS_PROTO_H
#include "base/text.h"

void hg__proto_add_integer(hg__text *t, int field, int64_t x); // int32, int64, enum, bool
void hg__proto_add_double(hg__text *t, int field, double x);
void hg__proto_add_float(hg__text *t, int field, float x);
void hg__proto_add_bytes(hg__text *t, int field, const void *bytes, size_t size); // bytes, string
void hg__proto_add_string(hg__text *t, int field, const char *text);
// A message within: its text is added and cleared.
void hg__proto_add_message(hg__text *t, int field, hg__text *message);
#endif
