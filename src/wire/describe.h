/*
 * Shorthand for describing bodies: each yields a struct wire_field for member
 * @f of struct @s. Used only where protocols are written down.
 */
#pragma once

#include "base/own.h"
#include "wire/codec.h"

#define WIRE_AT(s, f) .offset = offsetof(struct s, f)

#define F_BOOL(s, f)                                                           \
	{                                                                      \
		.kind = WIRE_BOOL, WIRE_AT(s, f)                               \
	}
#define F_U8(s, f)                                                             \
	{                                                                      \
		.kind = WIRE_U8, WIRE_AT(s, f)                                 \
	}
#define F_U16(s, f)                                                            \
	{                                                                      \
		.kind = WIRE_U16, WIRE_AT(s, f)                                \
	}
#define F_U32(s, f)                                                            \
	{                                                                      \
		.kind = WIRE_U32, WIRE_AT(s, f)                                \
	}
#define F_I32(s, f)                                                            \
	{                                                                      \
		.kind = WIRE_I32, WIRE_AT(s, f)                                \
	}
#define F_U64(s, f)                                                            \
	{                                                                      \
		.kind = WIRE_U64, WIRE_AT(s, f)                                \
	}

#define F_STRING(s, f, limit)                                                  \
	{                                                                      \
		.kind = WIRE_STRING, WIRE_AT(s, f), .max = (limit)             \
	}
#define F_STRING_OPTIONAL(s, f, limit)                                         \
	{                                                                      \
		.kind = WIRE_STRING, .optional = true, WIRE_AT(s, f),          \
		.max = (limit)                                                 \
	}
#define F_BYTES(s, f, limit)                                                   \
	{                                                                      \
		.kind = WIRE_BYTES, WIRE_AT(s, f), .max = (limit)              \
	}

#define F_HANDLE(s, f)                                                         \
	{                                                                      \
		.kind = WIRE_HANDLE, WIRE_AT(s, f)                             \
	}
#define F_HANDLE_OPTIONAL(s, f)                                                \
	{                                                                      \
		.kind = WIRE_HANDLE, .optional = true, WIRE_AT(s, f)           \
	}

#define F_STRUCT(s, f, t)                                                      \
	{                                                                      \
		.kind = WIRE_STRUCT, WIRE_AT(s, f), .type = (t)                \
	}
#define F_VECTOR(s, f, count, limit, t)                                        \
	{                                                                      \
		.kind = WIRE_VECTOR, WIRE_AT(s, f), .max = (limit),            \
		.count_offset = offsetof(struct s, count), .type = (t)         \
	}
#define F_UNION(s, f, t)                                                       \
	{                                                                      \
		.kind = WIRE_UNION, WIRE_AT(s, f), .type = (t)                 \
	}
#define F_UNION_OPTIONAL(s, f, t)                                              \
	{                                                                      \
		.kind = WIRE_UNION, .optional = true, WIRE_AT(s, f),           \
		.type = (t)                                                    \
	}
#define F_TABLE(s, f, t)                                                       \
	{                                                                      \
		.kind = WIRE_TABLE, WIRE_AT(s, f), .type = (t)                 \
	}

/* The type made of the fields in array @a. */
#define WIRE_TYPE(a)                                                           \
	{                                                                      \
		.fields = (a), .n_fields = N_ELEMENTS(a)                       \
	}
/* The same for the elements of a vector, which are struct @s in C. */
#define WIRE_ELEMENT(a, s)                                                     \
	{                                                                      \
		.fields = (a), .n_fields = N_ELEMENTS(a),                      \
		.size = sizeof(struct s)                                       \
	}
