/* Frames: headers, epitaphs, and which method a message is for. Bodies are in
 * encode.c and decode.c. */
#include "wire/codec.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/layout.h"

/* Where things are in the header. */
enum {
	AT_TXID = 0,
	AT_REST_FLAGS = 4,
	AT_DYNAMIC_FLAGS = 6,
	AT_MAGIC = 7,
	AT_ORDINAL = 8,
	AT_STATUS = 16,
};

enum {
	/* In the first at-rest byte: the body is in version 2. */
	REST_V2 = 0x02,
	MAGIC = 1,
	TXID_MAX = 0x7fffffff,
	DYNAMIC_FLAGS = WIRE_FLAG_MANAGER | WIRE_FLAG_FLEXIBLE,
};

struct wire_string wire_string_of(const char *s)
{
	return (struct wire_string){ s, s ? (uint32_t)strlen(s) : 0 };
}

bool wire_string_equals(struct wire_string a, const char *b)
{
	return a.bytes && strlen(b) == a.n && memcmp(a.bytes, b, a.n) == 0;
}

struct wire_string wire_string_cut(struct wire_string s, uint32_t max)
{
	uint32_t n = 0, length;

	while (n < s.n) {
		length = (uint32_t)utf8_length(s.bytes + n, s.n - n);
		if (!length || n + length > max)
			break;
		n += length;
	}
	s.n = n;
	return s;
}

bool wire_string_copy(struct wire_string s, char *buffer, size_t capacity)
{
	if (!s.bytes || s.n >= capacity || memchr(s.bytes, 0, s.n))
		return false;
	memcpy(buffer, s.bytes, s.n);
	buffer[s.n] = 0;
	return true;
}

uint32_t message_put_handle(struct message *m, int take_fd)
{
	if (take_fd < 0 || m->n_handles >= MESSAGE_HANDLES_MAX)
		return WIRE_NO_HANDLE;
	m->handles[m->n_handles] = take_fd;
	return m->n_handles++;
}

int wire_header_read(const struct message *m, struct wire_header *ret)
{
	const uint8_t *b = m->bytes;

	if (m->n_bytes < WIRE_HEADER_SIZE || m->n_bytes > MESSAGE_BYTES_MAX ||
	    m->n_handles > MESSAGE_HANDLES_MAX)
		return -EBADMSG;
	if (b[AT_REST_FLAGS] != REST_V2 || b[AT_REST_FLAGS + 1] ||
	    b[AT_MAGIC] != MAGIC || b[AT_DYNAMIC_FLAGS] & ~DYNAMIC_FLAGS)
		return -EBADMSG;
	if (wire_get32(b + AT_TXID) > TXID_MAX || !wire_get64(b + AT_ORDINAL))
		return -EBADMSG;

	*ret = (struct wire_header){
		.txid = wire_get32(b + AT_TXID),
		.flags = b[AT_DYNAMIC_FLAGS],
		.ordinal = wire_get64(b + AT_ORDINAL),
	};
	return 0;
}

int wire_header_write(struct message *m, const struct wire_header *h)
{
	uint8_t *b = m->bytes;

	if (m->capacity < WIRE_HEADER_SIZE)
		return -EMSGSIZE;
	wire_put32(b + AT_TXID, h->txid);
	b[AT_REST_FLAGS] = REST_V2;
	b[AT_REST_FLAGS + 1] = 0;
	b[AT_DYNAMIC_FLAGS] = h->flags;
	b[AT_MAGIC] = MAGIC;
	wire_put64(b + AT_ORDINAL, h->ordinal);
	m->n_bytes = WIRE_HEADER_SIZE;
	return 0;
}

void wire_header_set_txid(struct message *m, uint32_t txid)
{
	wire_put32(m->bytes + AT_TXID, txid);
}

int wire_epitaph_write(struct message *m, const struct wire_epitaph *e)
{
	struct wire_header h = {
		.flags = e->by_manager ? WIRE_FLAG_MANAGER : 0,
		.ordinal = WIRE_ORDINAL_EPITAPH,
	};

	if (m->capacity < WIRE_EPITAPH_SIZE)
		return -EMSGSIZE;
	wire_header_write(m, &h);
	wire_put32(m->bytes + AT_STATUS, (uint32_t)e->status);
	wire_put32(m->bytes + AT_STATUS + 4, 0);
	m->n_bytes = WIRE_EPITAPH_SIZE;
	return 0;
}

int wire_epitaph_read(const struct message *m, struct wire_epitaph *ret)
{
	struct wire_header h;
	int r;

	r = wire_header_read(m, &h);
	if (r)
		return r;
	if (h.ordinal != WIRE_ORDINAL_EPITAPH)
		return WIRE_UNKNOWN;
	if (m->n_bytes != WIRE_EPITAPH_SIZE || m->n_handles || h.txid ||
	    h.flags & ~WIRE_FLAG_MANAGER ||
	    wire_get32(m->bytes + AT_STATUS + 4))
		return -EBADMSG;

	ret->status = (int32_t)wire_get32(m->bytes + AT_STATUS);
	ret->by_manager = h.flags & WIRE_FLAG_MANAGER;
	return 0;
}

int wire_method_read(const struct wire_method *methods, size_t n,
		     const struct message *m, bool is_request,
		     const struct wire_method **ret, uint32_t *ret_txid)
{
	struct wire_header h;
	bool has_txid;
	size_t i;
	int r;

	r = wire_header_read(m, &h);
	if (r)
		return r;

	for (i = 0; i < n; i++) {
		if (methods[i].ordinal == h.ordinal)
			break;
	}
	if (i == n)
		return WIRE_UNKNOWN;
	if (is_request ? !methods[i].has_request : !methods[i].has_reply)
		return WIRE_UNKNOWN;

	has_txid = methods[i].has_request && methods[i].has_reply;
	if (h.flags || has_txid != (h.txid != 0))
		return -EBADMSG;

	*ret = &methods[i];
	*ret_txid = h.txid;
	return 0;
}

static const struct wire_method *method_at(const struct wire_method *methods,
					   size_t n, int method)
{
	return method > 0 && (size_t)method <= n ? &methods[method - 1] : NULL;
}

static int method_write(const struct wire_method *me,
			const struct wire_type *type, uint32_t txid,
			struct message *m, const void *value)
{
	if ((me->has_request && me->has_reply) != (txid != 0))
		return -EINVAL;
	return wire_write(
		m,
		&(struct wire_header){ .txid = txid, .ordinal = me->ordinal },
		type, value);
}

int wire_request_write(const struct wire_method *methods, size_t n, int method,
		       uint32_t txid, struct message *m, const void *value)
{
	const struct wire_method *me = method_at(methods, n, method);

	if (!me || !me->has_request)
		return -EINVAL;
	return method_write(me, me->request, txid, m, value);
}

int wire_reply_write(const struct wire_method *methods, size_t n, int method,
		     uint32_t txid, struct message *m, const void *value)
{
	const struct wire_method *me = method_at(methods, n, method);

	if (!me || !me->has_reply)
		return -EINVAL;
	return method_write(me, me->reply, txid, m, value);
}
