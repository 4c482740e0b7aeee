/*
 * Messages: which there are, when they may come, and what they get back. The
 * requests themselves are in files of their own.
 *
 * What the editor changes is only noted; diagnostics follow when nothing more
 * comes for now, so that fast typing is looked at once.
 */
#include "lsp/server.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/answer.h"
#include "lsp/frame.h"
#include "lsp/uri.h"

enum {
	PARSE_ERROR = -32700,
	INVALID_REQUEST = -32600,
	METHOD_NOT_FOUND = -32601,
	INVALID_PARAMS = -32602,
	INTERNAL_ERROR = -32603,
	NOT_INITIALIZED = -32002,
};

void server_init(struct server *s)
{
	*s = (struct server){ .state = SERVER_NEW };
	list_init(&s->documents);
	forest_init(&s->forest, &s->documents);
}

void server_fini(struct server *s)
{
	struct document *d, *next;

	list_for_each_safe (d, next, &s->documents, link)
		document_free(d);
	forest_fini(&s->forest);
	text_fini(&s->out);
	free(s->directory);
}

/* ---- writing ---- */

static void send_text(struct server *s, const struct text *body)
{
	frame_write(&s->out, body);
}

static void id_write(const struct json5_value *id, struct text *t)
{
	if (!id || id->type == JSON5_NULL)
		text_puts(t, "null");
	else if (id->type == JSON5_STRING)
		text_json_bytes(t, id->string.bytes, id->string.n);
	else
		text_printf(t, "%.0f", id->number);
}

static void send_error(struct server *s, const struct json5_value *id, int code,
		       const char *message)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"jsonrpc\":\"2.0\",\"id\":");
	id_write(id, &t);
	text_printf(&t, ",\"error\":{\"code\":%d,\"message\":", code);
	text_json(&t, message);
	text_puts(&t, "}}");
	send_text(s, &t);
}

static void send_result(struct server *s, const struct json5_value *id,
			const struct text *result)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"jsonrpc\":\"2.0\",\"id\":");
	id_write(id, &t);
	text_puts(&t, ",\"result\":");
	text_append(&t, text_string(result), result->n);
	text_puts(&t, "}");
	t.failed = t.failed || text_is_failed(result);
	send_text(s, &t);
}

void server_notify(struct server *s, const char *method,
		   const struct text *params)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_printf(&t, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":",
		    method);
	text_append(&t, text_string(params), params->n);
	text_puts(&t, "}");
	t.failed = t.failed || text_is_failed(params);
	send_text(s, &t);
}

void server_show(struct server *s, const char *message)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"type\":1,\"message\":");
	text_json(&t, message);
	text_puts(&t, "}");
	server_notify(s, "window/showMessage", &t);
}

/* ---- the session ---- */

/* The strings of @list that are paths; at most as many as there is room. */
static size_t paths_read(const struct json5_value *list, const char **ret)
{
	const char *path;
	size_t n = 0;

	json5_for_each(element, list)
	{
		path = json5_string(element);
		if (path && *path && n < FOREST_PATHS_MAX)
			ret[n++] = path;
	}
	return n;
}

static int settings_read(struct server *s, const struct json5_value *settings)
{
	const struct json5_value *own = json5_get(settings, "reeve"), *v;
	const char *paths[FOREST_PATHS_MAX];
	int r = 0;

	settings = own ? own : settings;
	v = json5_get(settings, "packages");
	if (v && v->type == JSON5_ARRAY)
		r = forest_set_packages(&s->forest, paths, paths_read(v, paths),
					s->directory);
	v = json5_get(settings, "includes");
	if (!r && v && v->type == JSON5_ARRAY)
		r = forest_set_includes(&s->forest, paths, paths_read(v, paths),
					s->directory);
	v = json5_get(settings, "roots");
	if (!r && v && v->type == JSON5_ARRAY)
		r = forest_set_roots(&s->forest, paths, paths_read(v, paths),
				     s->directory);
	return r;
}

/* The client's encodings are in the order of its preference. */
static enum encoding encoding_choose(const struct json5_value *params)
{
	static const char *const names[] = {
		[ENCODING_UTF16] = "utf-16",
		[ENCODING_UTF8] = "utf-8",
		[ENCODING_UTF32] = "utf-32",
	};
	const struct json5_value *general =
		json5_get(json5_get(params, "capabilities"), "general");
	const char *name;
	size_t i;

	json5_for_each(element, json5_get(general, "positionEncodings"))
	{
		name = json5_string(element);
		for (i = 0; name && i < N_ELEMENTS(names); i++)
			if (!strcmp(name, names[i]))
				return (enum encoding)i;
	}
	return ENCODING_UTF16;
}

static const char *encoding_name(enum encoding encoding)
{
	if (encoding == ENCODING_UTF8)
		return "utf-8";
	return encoding == ENCODING_UTF32 ? "utf-32" : "utf-16";
}

/* The directory of the workspace; none is as good. 0 or -ENOMEM. */
static int directory_read(struct server *s, const struct json5_value *params)
{
	const struct json5_value *folder =
		json5_first(json5_get(params, "workspaceFolders"));
	const char *uri = json5_string(json5_get(folder, "uri"));

	free(s->directory);
	s->directory = NULL;
	if (!uri)
		uri = json5_string(json5_get(params, "rootUri"));
	return uri && uri_path(uri, &s->directory) < 0 ? -ENOMEM : 0;
}

/* Can the client be asked to watch files? */
static bool watches_are_wanted(const struct json5_value *params)
{
	const struct json5_value *workspace =
		json5_get(json5_get(params, "capabilities"), "workspace");
	const struct json5_value *watches =
		json5_get(workspace, "didChangeWatchedFiles");

	return json5_bool(json5_get(watches, "dynamicRegistration"), false);
}

static int on_initialize(struct server *s, const struct json5_value *params,
			 struct text *ret)
{
	int r;

	if (!params || params->type != JSON5_OBJECT)
		return ANSWER_INVALID;
	r = directory_read(s, params);
	if (!r)
		r = settings_read(s,
				  json5_get(params, "initializationOptions"));
	s->encoding = encoding_choose(params);
	s->watches = watches_are_wanted(params);
	s->state = SERVER_RUNNING;
	text_printf(
		ret,
		"{\"capabilities\":{\"positionEncoding\":\"%s\","
		"\"textDocumentSync\":{\"openClose\":true,\"change\":2,"
		"\"save\":{\"includeText\":false}},"
		"\"hoverProvider\":true,\"definitionProvider\":true,"
		"\"completionProvider\":{\"triggerCharacters\":"
		"[\"\\\"\",\"'\",\"#\"]},"
		"\"documentSymbolProvider\":true,"
		"\"codeActionProvider\":{\"codeActionKinds\":[\"quickfix\"]"
		"}},\"serverInfo\":{\"name\":\"reeve\",\"version\":\"%s\"}}",
		encoding_name(s->encoding), REEVE_VERSION);
	return r;
}

/* Now the client may be asked for something: to tell when manifests change that
 * are not open. */
static int on_initialized(struct server *s, const struct json5_value *params,
			  struct text *ret)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)params;
	(void)ret;
	if (!s->watches)
		return 0;
	text_puts(&t, "{\"jsonrpc\":\"2.0\",\"id\":\"watch\",\"method\":"
		      "\"client/registerCapability\",\"params\":"
		      "{\"registrations\":[{\"id\":\"watch\",\"method\":"
		      "\"workspace/didChangeWatchedFiles\","
		      "\"registerOptions\":{\"watchers\":[{\"globPattern\":"
		      "\"**/*.{cml,cm}\"}]}}]}}");
	send_text(s, &t);
	return 0;
}

static int on_shutdown(struct server *s, const struct json5_value *params,
		       struct text *ret)
{
	(void)params;
	s->state = SERVER_SHUT;
	text_puts(ret, "null");
	return 0;
}

static int on_exit_wish(struct server *s, const struct json5_value *params,
			struct text *ret)
{
	(void)params;
	(void)ret;
	s->was_shut = s->state == SERVER_SHUT;
	s->state = SERVER_OVER;
	return 0;
}

static int on_configuration(struct server *s, const struct json5_value *params,
			    struct text *ret)
{
	(void)ret;
	return settings_read(s, json5_get(params, "settings"));
}

static int on_files_changed(struct server *s, const struct json5_value *params,
			    struct text *ret)
{
	struct document *d;

	(void)params;
	(void)ret;
	list_for_each (d, &s->documents, link)
		forest_stamp(d);
	forest_touch_all(&s->forest);
	return 0;
}

/* ---- diagnostics ---- */

int server_freshen(struct server *s)
{
	struct document *d;
	int r = 0;

	list_for_each (d, &s->documents, link) {
		if (!d->is_dirty)
			continue;
		r = document_refresh(d);
		if (!r)
			r = forest_check(&s->forest, d);
		if (r)
			return r;
		forest_touch(&s->forest, d);
		d->is_dirty = false;
	}
	return 0;
}

static int document_publish(struct server *s, struct document *d)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct report report;
	uint64_t hash;
	int r = document_diagnose(s, d, &report);

	if (r)
		return r;
	diagnostics_write(s, d, &report, &t);
	report_fini(&report);
	hash = map_hash(text_string(&t), t.n);
	if (hash != d->published)
		server_notify(s, "textDocument/publishDiagnostics", &t);
	d->published = hash;
	return 0;
}

int server_settle(struct server *s)
{
	struct document *d;
	int r;

	if (s->state != SERVER_RUNNING)
		return 0;
	r = server_freshen(s);
	if (r == -ENOMEM)
		return r;
	list_for_each (d, &s->documents, link) {
		r = document_publish(s, d);
		if (r == -ENOMEM)
			return r;
	}
	return text_is_failed(&s->out) ? -ENOMEM : 0;
}

/* ---- messages ---- */

typedef int (*method_fn)(struct server *s, const struct json5_value *params,
			 struct text *ret);

static const struct method {
	const char *name;
	method_fn run;
	bool is_request;
	bool wants_fresh; /* asks about documents */
} methods[] = {
	{ "initialize", on_initialize, true, false },
	{ "initialized", on_initialized, false, false },
	{ "shutdown", on_shutdown, true, false },
	{ "exit", on_exit_wish, false, false },
	{ "workspace/didChangeConfiguration", on_configuration, false, false },
	{ "workspace/didChangeWatchedFiles", on_files_changed, false, false },
	{ "textDocument/didOpen", on_open, false, false },
	{ "textDocument/didChange", on_change, false, false },
	{ "textDocument/didSave", on_save, false, false },
	{ "textDocument/didClose", on_close, false, false },
	{ "textDocument/hover", hover_answer, true, true },
	{ "textDocument/definition", definition_answer, true, true },
	{ "textDocument/completion", completion_answer, true, true },
	{ "textDocument/documentSymbol", symbols_answer, true, true },
	{ "textDocument/codeAction", actions_answer, true, true },
};

static const struct method *method_find(const char *name, bool is_request)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(methods); i++)
		if (methods[i].is_request == is_request &&
		    !strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

/* Why @m cannot be had now; 0 if it can. */
static int state_refuses(const struct server *s, const struct method *m,
			 const char **ret)
{
	bool is_initialize = m && m->run == on_initialize;

	if (s->state == SERVER_NEW && !is_initialize) {
		*ret = "the session begins with initialize";
		return NOT_INITIALIZED;
	}
	if (s->state == SERVER_SHUT) {
		*ret = "the session was shut down";
		return INVALID_REQUEST;
	}
	if (s->state == SERVER_RUNNING && is_initialize) {
		*ret = "the session is initialized";
		return INVALID_REQUEST;
	}
	*ret = "there is no such method";
	return m ? 0 : METHOD_NOT_FOUND;
}

static int request_run(struct server *s, const struct json5_value *id,
		       const char *name, const struct json5_value *params)
{
	const struct method *m = method_find(name, true);
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *why;
	int code = state_refuses(s, m, &why), r = 0;

	if (code) {
		send_error(s, id, code, why);
		return 0;
	}
	if (m->wants_fresh)
		r = server_freshen(s);
	if (!r)
		r = m->run(s, params, &t);
	if (r == -ENOMEM || text_is_failed(&t))
		return -ENOMEM;
	if (!r)
		send_result(s, id, &t);
	else if (r > 0)
		send_error(s, id, INVALID_PARAMS,
			   "the parameters are not those of the method");
	else
		send_error(s, id, INTERNAL_ERROR, strerror(-r));
	return 0;
}

static int notification_run(struct server *s, const char *name,
			    const struct json5_value *params)
{
	const struct method *m = method_find(name, false);
	int r;

	if (!m || (m->run != on_exit_wish && s->state != SERVER_RUNNING))
		return 0;
	r = m->run(s, params, NULL);
	/* Nobody waits for an answer to a wrong one. */
	return r == -ENOMEM ? r : 0;
}

static bool id_is_valid(const struct json5_value *id)
{
	return id->type == JSON5_STRING || id->type == JSON5_NULL ||
	       (id->type == JSON5_NUMBER && fabs(id->number) < 1e15 &&
		id->number == (double)(int64_t)id->number);
}

static int message_run(struct server *s, const struct json5_value *message)
{
	const struct json5_value *id = json5_get(message, "id");
	const struct json5_value *method = json5_get(message, "method");
	const char *name = json5_string(method);

	if (message->type != JSON5_OBJECT || (id && !id_is_valid(id)) ||
	    (method && !name)) {
		send_error(s, NULL, INVALID_REQUEST, "that is no request");
		return 0;
	}
	if (!method) {
		/* An answer to what we never asked needs none. */
		if (!json5_get(message, "result") &&
		    !json5_get(message, "error"))
			send_error(s, id, INVALID_REQUEST,
				   "that is no request");
		return 0;
	}
	if (id)
		return request_run(s, id, name, json5_get(message, "params"));
	return notification_run(s, name, json5_get(message, "params"));
}

int server_read(struct server *s, const char *bytes, size_t n)
{
	struct json5_value *message = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;
	int r;

	report_init(&report);
	r = json5_read_up_to(FRAME_BODY_MAX, "message", bytes, n, &arena,
			     &message, &report);
	if (!r)
		r = message_run(s, message);
	else if (r > 0) {
		send_error(s, NULL, PARSE_ERROR,
			   report.first ? report.first->text : "no JSON");
		r = 0;
	}
	report_fini(&report);
	arena_fini(&arena);
	return r < 0 || text_is_failed(&s->out) ? -ENOMEM : 0;
}

void server_refuse(struct server *s)
{
	send_error(s, NULL, INVALID_REQUEST,
		   "the message has more than 16 MiB and was not read");
}
