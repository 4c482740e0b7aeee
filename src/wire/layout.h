/*
 * What the reader and the writer of bodies share: sizes and alignments on the
 * wire, and little-endian numbers at any address.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "wire/codec.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the wire's numbers are copied as they stand in memory");

#define WIRE_PRESENT	    UINT64_MAX
#define WIRE_HANDLE_PRESENT UINT32_MAX

/* The header of a string, a vector or a table: count and presence. */
enum { WIRE_VECTOR_SIZE = 16, WIRE_ENVELOPE_SIZE = 8 };

static inline uint32_t wire_align(uint32_t n, uint32_t alignment)
{
	return (n + alignment - 1) & ~(alignment - 1);
}

static inline uint16_t wire_get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t wire_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t wire_get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void wire_put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void wire_put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* Inline size and alignment of a field, and of a struct with its padding. */
uint32_t wire_field_size(const struct wire_field *f);
uint32_t wire_field_alignment(const struct wire_field *f);
uint32_t wire_struct_size(const struct wire_type *t);
uint32_t wire_struct_alignment(const struct wire_type *t);

/* The member of a union or the field of a table; NULL for an unknown one. */
const struct wire_field *wire_field_find(const struct wire_type *t,
					 uint64_t ordinal);
