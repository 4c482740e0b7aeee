/*
 * The FIDL wire format, version 2: frames and values <-> bytes.
 *
 * A message is a 16-byte header (transaction id, flags, magic, ordinal) and a
 * body: little-endian values, naturally aligned, every out-of-line object
 * 8-aligned and in depth-first order. The encoding is canonical: for one value
 * there is one sequence of bytes, and the reader accepts no other.
 *
 * A body is described by a struct wire_type, a list of fields; one interpreter
 * reads and writes all of them, so the two directions cannot drift apart.
 * Reading allocates nothing: strings and byte vectors point into the message
 * (and are not zero-terminated), vectors of other things are copied to arrays
 * of a fixed size inside the C struct.
 *
 * Handles: in C structs a handle is its index in the message's handle table.
 * Writing: put the descriptor into the message first (message_put_handle) and
 * name its index. Reading: the message goes on owning it until it is taken
 * (message_take_handle). So whatever happens, message_close_handles() leaks
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

/* The verdict of all readers of one protocol: a well-formed frame whose ordinal
 * is not one of that protocol's. Everything malformed is the fault -EBADMSG. */
enum wire_verdict {
	WIRE_UNKNOWN = 1,
};

enum {
	WIRE_HEADER_SIZE = 16,
	WIRE_EPITAPH_SIZE = 24,
	WIRE_DEPTH_MAX = 32,
};

/* ---- values ---- */

/* @bytes is NULL for an absent optional string, and only then. */
struct wire_string {
	const char *bytes;
	uint32_t n;
};

struct wire_bytes {
	const uint8_t *bytes;
	uint32_t n;
};

/* In the place of an index: no handle. */
#define WIRE_NO_HANDLE UINT32_MAX

/* The string @s, which must outlive the result. NULL becomes an absent one. */
struct wire_string wire_string_of(const char *s);
bool wire_string_equals(struct wire_string a, const char *b);
/* As much of @s as is UTF-8 and whole characters within @max bytes: of a
 * sentence for people, that much is better than nothing. */
struct wire_string wire_string_cut(struct wire_string s, uint32_t max);
/*
 * Copy to a zero-terminated string of at most @capacity bytes, terminator
 * included. False, and nothing copied, when it does not fit, is absent or
 * contains a zero byte.
 */
bool wire_string_copy(struct wire_string s, char *buffer, size_t capacity);

/* The index of @take_fd, which the message owns now; WIRE_NO_HANDLE, and the
 * caller keeps it, when it is negative or the message is full. */
uint32_t message_put_handle(struct message *m, int take_fd);

/* ---- headers and epitaphs ---- */

/* The bits of the header's third flag byte. */
enum wire_flag {
	/* In an epitaph: written by the manager, not by a provider. Diagnostic
	 * only: whoever holds a server end can forge it. */
	WIRE_FLAG_MANAGER = 0x01,
	/* The method is flexible: a peer that does not know it may go on. */
	WIRE_FLAG_FLEXIBLE = 0x80,
};

#define WIRE_ORDINAL_EPITAPH UINT64_MAX
#define WIRE_ORDINAL_MAX     UINT64_C(0x7fffffffffffffff)

struct wire_header {
	uint32_t txid; /* 0 for one-way messages and events; below 2^31 */
	uint8_t flags; /* enum wire_flag */
	uint64_t ordinal;
};

/* 0 or -EBADMSG. Only the first 16 bytes are looked at. */
int wire_header_read(const struct message *m, struct wire_header *ret);

/* Begin the message anew with this header: n_bytes becomes 16, handles stay.
 * -EMSGSIZE when the buffer is too small. */
int wire_header_write(struct message *m, const struct wire_header *h);

/* Change the transaction id of a message that has a header. */
void wire_header_set_txid(struct message *m, uint32_t txid);

/* The last message of a server, saying why it closes. */
struct wire_epitaph {
	int32_t status; /* enum reeve_status; REEVE_OK is an orderly close */
	bool by_manager;
};

/* 0 or -EMSGSIZE. */
int wire_epitaph_write(struct message *m, const struct wire_epitaph *e);

/* WIRE_UNKNOWN for a good frame that is no epitaph; -EBADMSG. */
int wire_epitaph_read(const struct message *m, struct wire_epitaph *ret);

/* ---- descriptions of bodies ---- */

enum wire_kind {
	WIRE_BOOL,   /* bool */
	WIRE_U8,     /* uint8_t; max: the largest value, 0 for any */
	WIRE_U16,    /* uint16_t; likewise */
	WIRE_U32,    /* uint32_t; likewise */
	WIRE_I32,    /* int32_t */
	WIRE_U64,    /* uint64_t; max as above */
	WIRE_STRING, /* struct wire_string; max: bytes */
	WIRE_BYTES,  /* struct wire_bytes, a vector<uint8>; max: bytes */
	WIRE_HANDLE, /* uint32_t, an index */
	WIRE_STRUCT, /* type: its fields, embedded at offset */
	/* An array of max elements at offset, uint32_t count at count_offset;
	 * type: the element. vector<string> is one of structs with one string,
	 * which has the same layout. */
	WIRE_VECTOR,
	/* A uint64_t at offset is the ordinal of the member, 0 when absent. The
	 * members' offsets are relative to that same place. */
	WIRE_UNION,
	/* A uint64_t at offset is the set of present fields, bit (ordinal - 1);
	 * the fields' offsets are relative to that same place. */
	WIRE_TABLE,
};

struct wire_type;

struct wire_field {
	enum wire_kind kind;
	bool optional; /* strings, handles, unions */
	/* Where the value is, counted from the C struct that holds it. */
	uint32_t offset;
	uint32_t max;
	uint32_t count_offset;	      /* vectors */
	uint32_t ordinal;	      /* in a union or a table; 1 to 63 */
	const struct wire_type *type; /* structs, vectors, unions, tables */
};

/*
 * The fields of a struct in their order, the members of a union, or the fields
 * of a table by rising ordinal. Types must not be recursive.
 */
struct wire_type {
	const struct wire_field *fields;
	uint32_t n_fields;
	uint32_t size; /* of the C struct; needed for elements of vectors */
	/* Unions: an unknown ordinal is accepted, its content skipped. It
	 * cannot be written again. Tables are always flexible: bit 63 of the
	 * set is raised when there were fields that are not described. */
	bool is_flexible;
};

#define WIRE_TABLE_UNKNOWN (UINT64_C(1) << 63)

/*
 * Write the header and the body @value, described by @type (NULL: no body), to
 * @m. The handles that the value names must be exactly those in the message;
 * they are put in the order of the format. -EMSGSIZE when it does not fit;
 * -EINVAL when a value exceeds its limits, a string is not UTF-8 or a handle is
 * missing, named twice or not named. After a fault the bytes of @m mean
 * nothing; its handles are as they were.
 */
int wire_write(struct message *m, const struct wire_header *h,
	       const struct wire_type *type, const void *value);

/*
 * Read the body of @m, whose header was read before, to *ret, which must be
 * zeroed. -EBADMSG for anything that wire_write() would not have written: bytes
 * or handles too few or too many, padding that is not zero, bad presence words,
 * lengths beyond the limits, strings that are not UTF-8. *ret means nothing
 * unless 0 is returned.
 */
int wire_read(const struct message *m, const struct wire_type *type, void *ret);

/* ---- protocols ---- */

/* One method of a protocol, or one event (which has no request). */
struct wire_method {
	int method; /* the protocol's own enum; above 0 */
	uint64_t ordinal;
	bool has_request, has_reply; /* an event is a reply without request */
	const struct wire_type *request, *reply; /* NULL: no body */
};

/*
 * Find the method of a message and check that the transaction id fits it: zero
 * for one-way methods and events, not zero for calls and their replies.
 * WIRE_UNKNOWN, -EBADMSG. An epitaph is WIRE_UNKNOWN.
 */
int wire_method_read(const struct wire_method *methods, size_t n,
		     const struct message *m, bool is_request,
		     const struct wire_method **ret, uint32_t *ret_txid);

/*
 * Write a request, a reply or an event of a protocol whose methods stand in the
 * order of its enum, which begins at 1. As wire_write(); -EINVAL also if there
 * is no such message, or @txid does not fit it as above.
 */
int wire_request_write(const struct wire_method *methods, size_t n, int method,
		       uint32_t txid, struct message *m, const void *value);
int wire_reply_write(const struct wire_method *methods, size_t n, int method,
		     uint32_t txid, struct message *m, const void *value);
