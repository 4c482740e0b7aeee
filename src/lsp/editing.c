/*
 * Editing: documents are opened, changed, saved and closed as the editor says.
 * What an editor can have open is bounded; above it the newest document goes.
 */
#include <string.h>

#include "lsp/answer.h"

struct document *server_document(struct server *s, const char *uri)
{
	struct document *d;

	if (!uri)
		return NULL;
	list_for_each (d, &s->documents, link)
		if (!strcmp(d->uri, uri))
			return d;
	return NULL;
}

struct document *params_document(struct server *s,
				 const struct json5_value *params)
{
	return server_document(
		s, json5_string(json5_get(json5_get(params, "textDocument"),
					  "uri")));
}

static uint32_t number_clamp(const struct json5_value *v)
{
	double number = json5_number(v, 0);

	if (!(number > 0))
		return 0;
	return number < (double)UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

struct position params_position(const struct json5_value *position)
{
	return (struct position){
		.line = number_clamp(json5_get(position, "line")),
		.character = number_clamp(json5_get(position, "character")),
	};
}

struct document *params_spot(struct server *s, const struct json5_value *params,
			     struct spot *ret)
{
	const struct json5_value *position = json5_get(params, "position");
	struct document *d = params_document(s, params);

	if (!d || !position || position->type != JSON5_OBJECT)
		return NULL;
	*ret = spot_find(
		d, document_offset(d, params_position(position), s->encoding));
	return d;
}

static int64_t version_read(const struct json5_value *document)
{
	double version = json5_number(json5_get(document, "version"), 0);

	return version > -1e15 && version < 1e15 ? (int64_t)version : 0;
}

/* Tell the editor that nothing is wrong with @d any more, and forget it. */
static void document_drop(struct server *s, struct document *d)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"uri\":");
	text_json(&t, d->uri);
	text_puts(&t, ",\"diagnostics\":[]}");
	server_notify(s, "textDocument/publishDiagnostics", &t);
	forest_touch(&s->forest, d);
	forest_forget(&s->forest, d);
	document_free(d);
	s->n_documents--;
}

static void document_give_up(struct server *s, struct document *d)
{
	document_drop(s, d);
	server_show(s, "reeve lsp: that is too much; a document was given up");
}

/* Above the bound the newest one goes. */
static void documents_bound(struct server *s, struct document *d)
{
	const struct document *other;
	size_t n = 0;

	list_for_each (other, &s->documents, link)
		n += other->text.n + other->good.n;
	if (n > SERVER_BYTES_MAX || s->n_documents > SERVER_DOCUMENTS_MAX)
		document_give_up(s, d);
}

int on_open(struct server *s, const struct json5_value *params,
	    struct text *ret)
{
	const struct json5_value *document = json5_get(params, "textDocument");
	const struct json5_value *text = json5_get(document, "text");
	const char *uri = json5_string(json5_get(document, "uri"));
	struct document *d = server_document(s, uri);
	int r;

	(void)ret;
	if (!uri || !text || text->type != JSON5_STRING)
		return ANSWER_INVALID;
	if (d)
		document_drop(s, d);
	r = document_new(uri, version_read(document), text->string.bytes,
			 text->string.n, &d);
	if (r)
		return r;
	list_link(&s->documents, &d->link);
	s->n_documents++;
	d->is_dirty = true;
	forest_stamp(d);
	documents_bound(s, d);
	return 0;
}

static int change_apply(struct server *s, struct document *d,
			const struct json5_value *change)
{
	const struct json5_value *text = json5_get(change, "text");
	const struct json5_value *range = json5_get(change, "range");
	size_t from, to;

	if (!text || text->type != JSON5_STRING)
		return ANSWER_INVALID;
	if (!range || range->type != JSON5_OBJECT)
		return document_set(d, text->string.bytes, text->string.n);
	from = document_offset(d, params_position(json5_get(range, "start")),
			       s->encoding);
	to = document_offset(d, params_position(json5_get(range, "end")),
			     s->encoding);
	return document_edit(d, from, to, text->string.bytes, text->string.n);
}

int on_change(struct server *s, const struct json5_value *params,
	      struct text *ret)
{
	struct document *d = params_document(s, params);
	size_t work = 0;
	int r = 0;

	(void)ret;
	if (!d)
		return ANSWER_INVALID;
	d->version = version_read(json5_get(params, "textDocument"));
	json5_for_each(change, json5_get(params, "contentChanges"))
	{
		/* Each edit copies the text. */
		work += d->text.n;
		if (work > SERVER_WORK_MAX) {
			document_give_up(s, d);
			return 0;
		}
		r = change_apply(s, d, change);
		if (r)
			break;
	}
	d->is_dirty = true;
	documents_bound(s, d);
	return r;
}

int on_save(struct server *s, const struct json5_value *params,
	    struct text *ret)
{
	struct document *d = params_document(s, params);

	(void)ret;
	if (!d)
		return ANSWER_INVALID;
	/* It may be a new file, or one that took the place of the old. */
	forest_stamp(d);
	forest_touch_all(&s->forest);
	return 0;
}

int on_close(struct server *s, const struct json5_value *params,
	     struct text *ret)
{
	struct document *d = params_document(s, params);

	(void)ret;
	if (!d)
		return ANSWER_INVALID;
	document_drop(s, d);
	return 0;
}
