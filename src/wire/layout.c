/* Sizes and alignments on the wire. Types are small and not recursive, so they
 * are added up each time instead of being kept. */
#include "wire/layout.h"

uint32_t wire_struct_alignment(const struct wire_type *t)
{
	uint32_t alignment = 1;

	for (uint32_t i = 0; i < t->n_fields; i++) {
		uint32_t a = wire_field_alignment(&t->fields[i]);

		if (a > alignment)
			alignment = a;
	}
	return alignment;
}

uint32_t wire_struct_size(const struct wire_type *t)
{
	uint32_t n = 0;

	/* A struct without fields is one byte of zero. */
	if (!t->n_fields)
		return 1;

	for (uint32_t i = 0; i < t->n_fields; i++) {
		const struct wire_field *f = &t->fields[i];

		n = wire_align(n, wire_field_alignment(f));
		n += wire_field_size(f);
	}
	return wire_align(n, wire_struct_alignment(t));
}

uint32_t wire_field_alignment(const struct wire_field *f)
{
	switch (f->kind) {
	case WIRE_BOOL:
	case WIRE_U8:
		return 1;
	case WIRE_U16:
		return 2;
	case WIRE_U32:
	case WIRE_I32:
	case WIRE_HANDLE:
		return 4;
	case WIRE_STRUCT:
		return wire_struct_alignment(f->type);
	default:
		return 8;
	}
}

uint32_t wire_field_size(const struct wire_field *f)
{
	switch (f->kind) {
	case WIRE_STRING:
	case WIRE_BYTES:
	case WIRE_VECTOR:
	case WIRE_UNION:
	case WIRE_TABLE:
		return WIRE_VECTOR_SIZE;
	case WIRE_STRUCT:
		return wire_struct_size(f->type);
	default:
		/* Numbers and handles are as large as they are aligned. */
		return wire_field_alignment(f);
	}
}

const struct wire_field *wire_field_find(const struct wire_type *t,
					 uint64_t ordinal)
{
	for (uint32_t i = 0; i < t->n_fields; i++) {
		if (t->fields[i].ordinal == ordinal)
			return &t->fields[i];
	}
	return NULL;
}
