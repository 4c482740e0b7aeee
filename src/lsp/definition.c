/*
 * Definition: from a name to the declaration that it is taken from, one hop
 * along its route; from "#NAME" to where that is declared; from a child's name
 * or URL to its manifest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsp/answer.h"
#include "lsp/uri.h"
#include "sys/fd.h"

/* A file that is not open, as if it were. 0, 1 if it cannot be read, -ENOMEM.
 */
static int document_read(const char *file, struct document **ret)
{
	_cleanup_text_ struct text bytes = TEXT_INIT, uri = TEXT_INIT;
	_cleanup_fd_ int fd =
		open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return 1;
	while (bytes.n <= JSON5_SIZE_MAX) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return 1;
		if (!n)
			break;
		text_append(&bytes, chunk, (size_t)n);
	}
	uri_write(file, &uri);
	if (text_is_failed(&bytes) || text_is_failed(&uri))
		return -ENOMEM;
	return document_new(text_string(&uri), 0, text_string(&bytes), bytes.n,
			    ret);
}

static void location_in(const struct server *s, const struct document *d,
			size_t from, size_t to, struct text *t)
{
	text_puts(t, "{\"uri\":");
	text_json(t, d->uri);
	text_puts(t, ",\"range\":");
	range_write(s, d, from, to, t);
	text_puts(t, "}");
}

bool location_write(struct server *s, const char *file, struct place place,
		    struct text *t)
{
	struct document *open = forest_document(&s->forest, file), *d = open;
	size_t at;
	int r;

	if (!d) {
		r = document_read(file, &d);
		t->failed |= r < 0;
		if (r)
			return false;
	}
	at = document_place_offset(d, place);
	location_in(s, d, at, place.line ? document_token_end(d, at) : at, t);
	if (!open)
		document_free(d);
	return true;
}

/* "#NAME" and the like: of this document. False if it is no such thing. */
static bool definition_reference(struct server *s, const struct spot *spot,
				 struct text *t)
{
	const struct node *name;

	name = document_find_reference(spot->document, spot->node->text);
	if (name)
		location_in(s, spot->document, name->start, name->end, t);
	return name;
}

/* The manifest of the child whose name or URL the cursor is on. */
static int definition_child(struct server *s, const struct spot *spot,
			    bool *ret, struct text *t)
{
	const char *name = node_text(spot->object, "name");
	struct realm *child;
	struct seat seat;
	int r;

	r = forest_find(&s->forest, spot->document, &seat);
	if (r || !name)
		return r < 0 ? r : 0;
	child = realm_find_child(seat.realm, NULL, name);
	if (child && child->state == REALM_RESOLVED)
		*ret = location_write(s, child->manifest->file, place_at(0, 0),
				      t);
	return 0;
}

static int definition_source(struct server *s, const struct spot *spot,
			     bool *ret, struct text *t)
{
	const struct manifest *m;
	const struct hop *hop;
	const struct decl *d;
	struct route *route;
	struct seat seat;
	int verdict, r;

	r = forest_find(&s->forest, spot->document, &seat);
	if (r)
		return r < 0 ? r : 0;
	d = spot_decl(spot, seat.realm->manifest);
	route = d ? calloc(1, sizeof(*route)) : NULL;
	if (!route)
		return d ? -ENOMEM : 0;
	r = source_route(seat.realm, d, route, &verdict);
	hop = r ? NULL : source_hop(route, d);
	if (hop) {
		m = hop->realm->manifest;
		*ret = location_write(s,
				      manifest_file(m, hop->decl->name_place),
				      hop->decl->name_place, t);
	}
	route_fini(route);
	free(route);
	return r < 0 ? r : 0;
}

static bool names_child(const struct spot *spot)
{
	return spot->shape == &shape_child && spot->key &&
	       (!strcmp(spot->key, "name") || !strcmp(spot->key, "url"));
}

int definition_answer(struct server *s, const struct json5_value *params,
		      struct text *ret)
{
	bool is_found = false;
	struct spot spot;
	int r = 0;

	if (!params_spot(s, params, &spot))
		return ANSWER_INVALID;
	if (!spot.node || spot.is_on_key || spot.node->kind != NODE_STRING)
		;
	else if (spot_is_name(&spot))
		r = definition_source(s, &spot, &is_found, ret);
	else if (names_child(&spot))
		r = definition_child(s, &spot, &is_found, ret);
	else
		is_found = definition_reference(s, &spot, ret);
	if (!is_found)
		text_puts(ret, "null");
	return r;
}
