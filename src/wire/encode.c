/*
 * Values -> bytes.
 *
 * The body grows behind the header: an object is reserved and zeroed, then its
 * fields are written one after the other; a field that has content out of line
 * writes that at once, behind everything so far. That is the depth-first order
 * of the format, for objects and for handles alike.
 */
#include <errno.h>

#include "base/utf8.h"
#include "wire/codec.h"
#include "wire/layout.h"

struct encoder {
	struct message *m;
	uint32_t limit; /* of the bytes */
	uint32_t depth;
	/* The indices of the handles in the order of the format, and the set of
	 * those that were named. */
	uint8_t order[MESSAGE_HANDLES_MAX];
	uint32_t n_order;
	uint64_t named;
};

static int field_write(struct encoder *e, const struct wire_field *f,
		       uint32_t at, const uint8_t *value);

/* Reserve @n zeroed bytes, padded to 8, behind everything else. */
static int object_new(struct encoder *e, uint64_t n, uint32_t *ret)
{
	struct message *m = e->m;
	uint64_t padded = (n + 7) & ~UINT64_C(7);

	if (e->depth > WIRE_DEPTH_MAX)
		return -EINVAL;
	if (padded > e->limit - m->n_bytes)
		return -EMSGSIZE;
	*ret = m->n_bytes;
	memset(m->bytes + m->n_bytes, 0, (size_t)padded);
	m->n_bytes += (uint32_t)padded;
	return 0;
}

static int struct_write(struct encoder *e, const struct wire_type *t,
			uint32_t at, const uint8_t *value)
{
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < t->n_fields; i++) {
		const struct wire_field *f = &t->fields[i];

		n = wire_align(n, wire_field_alignment(f));
		r = field_write(e, f, at + n, value + f->offset);
		if (r)
			return r;
		n += wire_field_size(f);
	}
	return 0;
}

static int number_write(struct encoder *e, const struct wire_field *f,
			uint32_t at, const uint8_t *value)
{
	uint32_t size = wire_field_size(f);
	uint64_t v = 0;

	memcpy(&v, value, size);
	if (f->max && v > f->max)
		return -EINVAL;
	memcpy(e->m->bytes + at, value, size);
	return 0;
}

static int handle_write(struct encoder *e, const struct wire_field *f,
			uint32_t at, uint32_t index)
{
	if (index == WIRE_NO_HANDLE)
		return f->optional ? 0 : -EINVAL;
	if (index >= e->m->n_handles || e->m->handles[index] < 0 ||
	    e->named & UINT64_C(1) << index)
		return -EINVAL;

	e->named |= UINT64_C(1) << index;
	e->order[e->n_order++] = (uint8_t)index;
	wire_put32(e->m->bytes + at, WIRE_HANDLE_PRESENT);
	return 0;
}

/* Strings and byte vectors. NULL where something is required means empty. */
static int bytes_write(struct encoder *e, const struct wire_field *f,
		       uint32_t at, const void *bytes, uint32_t n)
{
	uint32_t object = 0;
	int r;

	if (n > f->max || (n && !bytes))
		return -EINVAL;
	if (!bytes && f->optional)
		return 0;
	if (f->kind == WIRE_STRING && n && !utf8_is_valid(bytes, n))
		return -EINVAL;

	wire_put64(e->m->bytes + at, n);
	wire_put64(e->m->bytes + at + 8, WIRE_PRESENT);
	e->depth++;
	r = object_new(e, n, &object);
	e->depth--;
	if (r)
		return r;
	if (n)
		memcpy(e->m->bytes + object, bytes, n);
	return 0;
}

static int vector_write(struct encoder *e, const struct wire_field *f,
			uint32_t at, const uint8_t *elements, uint32_t n)
{
	uint32_t size = wire_struct_size(f->type);
	uint32_t object = 0;
	int r;

	if (n > f->max)
		return -EINVAL;
	wire_put64(e->m->bytes + at, n);
	wire_put64(e->m->bytes + at + 8, WIRE_PRESENT);

	e->depth++;
	r = object_new(e, (uint64_t)n * size, &object);
	for (uint32_t i = 0; !r && i < n; i++)
		r = struct_write(e, f->type, object + i * size,
				 elements + (size_t)i * f->type->size);
	e->depth--;
	return r;
}

/* What a member of a union or a field of a table is wrapped in. */
static int envelope_write(struct encoder *e, const struct wire_field *f,
			  uint32_t at, const uint8_t *value)
{
	uint32_t size = wire_field_size(f), n_order = e->n_order;
	uint32_t start = e->m->n_bytes, object = 0;
	int r;

	if (size <= 4) {
		r = field_write(e, f, at, value);
		if (r)
			return r;
		wire_put16(e->m->bytes + at + 6, 1);
	} else {
		e->depth++;
		r = object_new(e, size, &object);
		if (!r)
			r = field_write(e, f, object, value);
		e->depth--;
		if (r)
			return r;
		wire_put32(e->m->bytes + at, e->m->n_bytes - start);
	}
	wire_put16(e->m->bytes + at + 4, (uint16_t)(e->n_order - n_order));
	return 0;
}

static int union_write(struct encoder *e, const struct wire_field *f,
		       uint32_t at, const uint8_t *value)
{
	const struct wire_field *member;
	uint64_t ordinal = wire_get64(value);

	if (!ordinal)
		return f->optional ? 0 : -EINVAL;
	member = wire_field_find(f->type, ordinal);
	if (!member)
		return -EINVAL;
	wire_put64(e->m->bytes + at, ordinal);
	return envelope_write(e, member, at + 8, value + member->offset);
}

static int table_write(struct encoder *e, const struct wire_field *f,
		       uint32_t at, const uint8_t *value)
{
	uint64_t set = wire_get64(value);
	uint32_t n = set ? 64 - (uint32_t)__builtin_clzll(set) : 0;
	uint32_t object = 0;
	int r;

	wire_put64(e->m->bytes + at, n);
	wire_put64(e->m->bytes + at + 8, WIRE_PRESENT);
	e->depth++;
	r = object_new(e, (uint64_t)n * WIRE_ENVELOPE_SIZE, &object);
	for (uint32_t i = 0; !r && i < n; i++) {
		const struct wire_field *field =
			wire_field_find(f->type, i + 1);

		if (!(set & UINT64_C(1) << i))
			continue;
		r = field ? envelope_write(e, field,
					   object + i * WIRE_ENVELOPE_SIZE,
					   value + field->offset)
			  : -EINVAL;
	}
	e->depth--;
	return r;
}

static int field_write(struct encoder *e, const struct wire_field *f,
		       uint32_t at, const uint8_t *value)
{
	const void *v = value;

	switch (f->kind) {
	case WIRE_BOOL:
		e->m->bytes[at] = *(const bool *)v;
		return 0;
	case WIRE_U8:
	case WIRE_U16:
	case WIRE_U32:
	case WIRE_I32:
	case WIRE_U64:
		return number_write(e, f, at, value);
	case WIRE_STRING:
		return bytes_write(e, f, at,
				   ((const struct wire_string *)v)->bytes,
				   ((const struct wire_string *)v)->n);
	case WIRE_BYTES:
		return bytes_write(e, f, at,
				   ((const struct wire_bytes *)v)->bytes,
				   ((const struct wire_bytes *)v)->n);
	case WIRE_HANDLE:
		return handle_write(e, f, at, wire_get32(value));
	case WIRE_STRUCT:
		return struct_write(e, f->type, at, value);
	case WIRE_VECTOR:
		/* The count is beside the array in the same C struct. */
		return vector_write(
			e, f, at, value,
			wire_get32(value - f->offset + f->count_offset));
	case WIRE_UNION:
		return union_write(e, f, at, value);
	case WIRE_TABLE:
		return table_write(e, f, at, value);
	}
	return -EINVAL;
}

/* Bring the handles into the order of the format. Each must have been named. */
static int handles_order(const struct encoder *e)
{
	struct message *m = e->m;
	int handles[MESSAGE_HANDLES_MAX];

	if (e->n_order != m->n_handles)
		return -EINVAL;
	for (uint32_t i = 0; i < e->n_order; i++)
		handles[i] = m->handles[e->order[i]];
	memcpy(m->handles, handles, e->n_order * sizeof(handles[0]));
	return 0;
}

int wire_write(struct message *m, const struct wire_header *h,
	       const struct wire_type *type, const void *value)
{
	struct encoder e = { .m = m, .limit = m->capacity & ~7U };
	uint32_t object = 0;
	int r;

	if (e.limit > MESSAGE_BYTES_MAX)
		e.limit = MESSAGE_BYTES_MAX;
	if (m->n_handles > MESSAGE_HANDLES_MAX)
		return -EINVAL;
	r = wire_header_write(m, h);
	if (r)
		return r;
	if (type) {
		r = object_new(&e, wire_struct_size(type), &object);
		if (!r)
			r = struct_write(&e, type, object, value);
		if (r)
			return r;
	}
	return handles_order(&e);
}
