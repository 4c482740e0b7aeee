/*
 * Bytes -> values.
 *
 * The mirror image of encode.c. The bytes are a stranger's: each length is
 * compared with what is left before anything is done with it, and everything
 * that the writer would not have written is refused, so what was read and is
 * written again has the same bytes. At the end nothing may be left.
 */
#include <errno.h>

#include "base/utf8.h"
#include "wire/codec.h"
#include "wire/layout.h"

struct decoder {
	const uint8_t *bytes;
	uint32_t n_bytes, n_handles;
	uint32_t depth;
	/* How much was consumed: everything before is inside some object. */
	uint32_t at, handle;
};

static int field_read(struct decoder *d, const struct wire_field *f,
		      uint32_t at, uint8_t *ret);

static int zero_check(const struct decoder *d, uint32_t from, uint32_t to)
{
	for (; from < to; from++) {
		if (d->bytes[from])
			return -EBADMSG;
	}
	return 0;
}

/* The next object, of @n bytes and the padding behind it. */
static int object_next(struct decoder *d, uint64_t n, uint32_t *ret)
{
	uint64_t padded = (n + 7) & ~UINT64_C(7);
	uint32_t at = d->at;

	if (d->depth > WIRE_DEPTH_MAX || n > MESSAGE_BYTES_MAX ||
	    padded > d->n_bytes - d->at)
		return -EBADMSG;
	if (zero_check(d, at + (uint32_t)n, at + (uint32_t)padded))
		return -EBADMSG;
	d->at += (uint32_t)padded;
	*ret = at;
	return 0;
}

static int struct_read(struct decoder *d, const struct wire_type *t,
		       uint32_t at, uint8_t *ret)
{
	uint32_t n = 0, end;
	int r;

	for (uint32_t i = 0; i < t->n_fields; i++) {
		const struct wire_field *f = &t->fields[i];

		end = n;
		n = wire_align(n, wire_field_alignment(f));
		r = zero_check(d, at + end, at + n);
		if (!r)
			r = field_read(d, f, at + n, ret + f->offset);
		if (r)
			return r;
		n += wire_field_size(f);
	}
	return zero_check(d, at + n, at + wire_struct_size(t));
}

static int number_read(struct decoder *d, const struct wire_field *f,
		       uint32_t at, uint8_t *ret)
{
	uint32_t size = wire_field_size(f);
	uint64_t v = 0;

	memcpy(&v, d->bytes + at, size);
	if (f->max && v > f->max)
		return -EBADMSG;
	if (f->kind == WIRE_BOOL && v > 1)
		return -EBADMSG;
	memcpy(ret, d->bytes + at, size);
	return 0;
}

static int handle_read(struct decoder *d, const struct wire_field *f,
		       uint32_t at, uint8_t *ret)
{
	uint32_t presence = wire_get32(d->bytes + at);
	uint32_t index = WIRE_NO_HANDLE;

	if (presence == WIRE_HANDLE_PRESENT) {
		if (d->handle >= d->n_handles)
			return -EBADMSG;
		index = d->handle++;
	} else if (presence || !f->optional) {
		return -EBADMSG;
	}
	wire_put32(ret, index);
	return 0;
}

static int bytes_read(struct decoder *d, const struct wire_field *f,
		      uint32_t at, const uint8_t **ret, uint32_t *ret_n)
{
	uint64_t n = wire_get64(d->bytes + at);
	uint64_t presence = wire_get64(d->bytes + at + 8);
	uint32_t object;
	int r;

	if (!presence && !n && f->optional) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	if (presence != WIRE_PRESENT || n > f->max)
		return -EBADMSG;

	d->depth++;
	r = object_next(d, n, &object);
	d->depth--;
	if (r)
		return r;
	if (f->kind == WIRE_STRING &&
	    !utf8_is_valid((const char *)d->bytes + object, (size_t)n))
		return -EBADMSG;

	*ret = d->bytes + object;
	*ret_n = (uint32_t)n;
	return 0;
}

static int string_read(struct decoder *d, const struct wire_field *f,
		       uint32_t at, struct wire_string *ret)
{
	const uint8_t *bytes;
	int r;

	r = bytes_read(d, f, at, &bytes, &ret->n);
	if (!r)
		ret->bytes = (const char *)bytes;
	return r;
}

static int vector_read(struct decoder *d, const struct wire_field *f,
		       uint32_t at, uint8_t *ret, uint8_t *ret_count)
{
	uint64_t n = wire_get64(d->bytes + at);
	uint32_t size = wire_struct_size(f->type);
	uint32_t object;
	int r;

	if (wire_get64(d->bytes + at + 8) != WIRE_PRESENT || n > f->max)
		return -EBADMSG;

	d->depth++;
	r = object_next(d, n * size, &object);
	for (uint32_t i = 0; !r && i < n; i++)
		r = struct_read(d, f->type, object + i * size,
				ret + (size_t)i * f->type->size);
	d->depth--;
	if (r)
		return r;
	wire_put32(ret_count, (uint32_t)n);
	return 0;
}

/* The envelope of something that is not described: consume its content. */
static int envelope_skip(struct decoder *d, uint32_t at)
{
	uint32_t n = wire_get32(d->bytes + at);
	uint16_t n_handles = wire_get16(d->bytes + at + 4);
	uint16_t flags = wire_get16(d->bytes + at + 6);

	if (flags > 1 || n_handles > d->n_handles - d->handle)
		return -EBADMSG;
	if (!flags && (!n || n % 8 || n > d->n_bytes - d->at))
		return -EBADMSG;
	if (!flags)
		d->at += n;
	d->handle += n_handles;
	return 0;
}

static int envelope_read(struct decoder *d, const struct wire_field *f,
			 uint32_t at, uint8_t *ret)
{
	uint32_t size = wire_field_size(f);
	uint32_t start = d->at, handle = d->handle, object;
	bool is_inlined = size <= 4;
	int r;

	if (wire_get16(d->bytes + at + 6) != is_inlined)
		return -EBADMSG;
	if (is_inlined) {
		r = field_read(d, f, at, ret);
		if (!r)
			r = zero_check(d, at + size, at + 4);
	} else {
		d->depth++;
		r = object_next(d, size, &object);
		if (!r)
			r = field_read(d, f, object, ret);
		d->depth--;
		if (!r && wire_get32(d->bytes + at) != d->at - start)
			r = -EBADMSG;
	}
	if (r)
		return r;
	if (wire_get16(d->bytes + at + 4) != d->handle - handle)
		return -EBADMSG;
	return 0;
}

static int union_read(struct decoder *d, const struct wire_field *f,
		      uint32_t at, uint8_t *ret)
{
	uint64_t ordinal = wire_get64(d->bytes + at);
	const struct wire_field *member;
	int r;

	if (!ordinal)
		r = f->optional ? zero_check(d, at + 8, at + 16) : -EBADMSG;
	else if ((member = wire_field_find(f->type, ordinal)))
		r = envelope_read(d, member, at + 8, ret + member->offset);
	else
		r = f->type->is_flexible ? envelope_skip(d, at + 8) : -EBADMSG;
	if (!r)
		wire_put64(ret, ordinal);
	return r;
}

/* The field with @ordinal; its bit is added to *set. */
static int table_field_read(struct decoder *d, const struct wire_type *t,
			    uint64_t ordinal, uint32_t at, uint8_t *ret,
			    uint64_t *set)
{
	const struct wire_field *field = wire_field_find(t, ordinal);

	if (!wire_get64(d->bytes + at))
		return 0;
	if (!field) {
		*set |= WIRE_TABLE_UNKNOWN;
		return envelope_skip(d, at);
	}
	*set |= UINT64_C(1) << (ordinal - 1);
	return envelope_read(d, field, at, ret + field->offset);
}

static int table_read(struct decoder *d, const struct wire_field *f,
		      uint32_t at, uint8_t *ret)
{
	uint64_t n = wire_get64(d->bytes + at), set = 0;
	uint32_t object, last;
	int r;

	if (wire_get64(d->bytes + at + 8) != WIRE_PRESENT ||
	    n > MESSAGE_BYTES_MAX / WIRE_ENVELOPE_SIZE)
		return -EBADMSG;

	d->depth++;
	r = object_next(d, n * WIRE_ENVELOPE_SIZE, &object);
	for (uint32_t i = 0; !r && i < n; i++)
		r = table_field_read(d, f->type, i + 1,
				     object + i * WIRE_ENVELOPE_SIZE, ret,
				     &set);
	d->depth--;
	if (r)
		return r;

	/* The last envelope is never an absent one. */
	last = object + ((uint32_t)n - 1) * WIRE_ENVELOPE_SIZE;
	if (n && !wire_get64(d->bytes + last))
		return -EBADMSG;
	wire_put64(ret, set);
	return 0;
}

static int field_read(struct decoder *d, const struct wire_field *f,
		      uint32_t at, uint8_t *ret)
{
	void *v = ret;

	switch (f->kind) {
	case WIRE_BOOL:
	case WIRE_U8:
	case WIRE_U16:
	case WIRE_U32:
	case WIRE_I32:
	case WIRE_U64:
		return number_read(d, f, at, ret);
	case WIRE_STRING:
		return string_read(d, f, at, v);
	case WIRE_BYTES:
		return bytes_read(d, f, at, &((struct wire_bytes *)v)->bytes,
				  &((struct wire_bytes *)v)->n);
	case WIRE_HANDLE:
		return handle_read(d, f, at, ret);
	case WIRE_STRUCT:
		return struct_read(d, f->type, at, ret);
	case WIRE_VECTOR:
		return vector_read(d, f, at, ret,
				   ret - f->offset + f->count_offset);
	case WIRE_UNION:
		return union_read(d, f, at, ret);
	case WIRE_TABLE:
		return table_read(d, f, at, ret);
	}
	return -EBADMSG;
}

int wire_read(const struct message *m, const struct wire_type *type, void *ret)
{
	struct decoder d = {
		.bytes = m->bytes,
		.n_bytes = m->n_bytes,
		.n_handles = m->n_handles,
		.at = WIRE_HEADER_SIZE,
	};
	uint32_t object;
	int r;

	if (m->n_bytes < WIRE_HEADER_SIZE || m->n_bytes > MESSAGE_BYTES_MAX ||
	    m->n_handles > MESSAGE_HANDLES_MAX)
		return -EBADMSG;
	if (type) {
		r = object_next(&d, wire_struct_size(type), &object);
		if (!r)
			r = struct_read(&d, type, object, ret);
		if (r)
			return r;
	}
	if (d.at != d.n_bytes || d.handle != d.n_handles)
		return -EBADMSG;
	return 0;
}
