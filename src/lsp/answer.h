/* What the requests share: parameters read, results written. */
#pragma once

#include "lsp/server.h"
#include "lsp/spot.h"

enum {
	ANSWER_INVALID = 1, /* the parameters are not those of the method */
};

/* Frame a notification; @params is JSON. */
void server_notify(struct server *s, const char *method,
		   const struct text *params);
/* A message for the person at the editor. */
void server_show(struct server *s, const char *message);

/* NULL if the client has it not open. */
struct document *server_document(struct server *s, const char *uri);

/* The open document and the offset that textDocument and position name. NULL if
 * there is none. */
struct document *params_document(struct server *s,
				 const struct json5_value *params);
struct document *params_spot(struct server *s, const struct json5_value *params,
			     struct spot *ret);
struct position params_position(const struct json5_value *position);

/* {"start":...,"end":...} */
void range_write(const struct server *s, const struct document *d, size_t from,
		 size_t to, struct text *t);
/* A Location: the token at @place of @file. False if the file cannot be read.
 */
bool location_write(struct server *s, const char *file, struct place place,
		    struct text *t);

/* editing.c: what the editor does to documents; no results. 0, ANSWER_INVALID
 * or -ENOMEM. */
int on_open(struct server *s, const struct json5_value *params,
	    struct text *ret);
int on_change(struct server *s, const struct json5_value *params,
	      struct text *ret);
int on_save(struct server *s, const struct json5_value *params,
	    struct text *ret);
int on_close(struct server *s, const struct json5_value *params,
	     struct text *ret);

/* Bring what is derived from edited documents up to date. 0 or -ENOMEM. */
int server_freshen(struct server *s);

/* Each appends its result, a JSON value, to @ret. 0, ANSWER_INVALID or -ENOMEM.
 */
int hover_answer(struct server *s, const struct json5_value *params,
		 struct text *ret);
int definition_answer(struct server *s, const struct json5_value *params,
		      struct text *ret);
int completion_answer(struct server *s, const struct json5_value *params,
		      struct text *ret);
int symbols_answer(struct server *s, const struct json5_value *params,
		   struct text *ret);
int actions_answer(struct server *s, const struct json5_value *params,
		   struct text *ret);

/* diagnose.c: all that is wrong with @d, in order; what is in its tree
 * included. The caller owns *ret (report_fini). 0 or a fault. */
int document_diagnose(struct server *s, struct document *d, struct report *ret);
/* The params of publishDiagnostics. */
void diagnostics_write(const struct server *s, const struct document *d,
		       const struct report *report, struct text *t);
void diagnostic_write(const struct server *s, const struct document *d,
		      const struct diagnostic *diagnostic, struct text *t);

/*
 * source.c: the route of a declaration of @r, of any kind but a capability. 0;
 * SOURCE_ABSENT if nothing is known behind it; or a fault. *ret_verdict as of
 * route_walk().
 */
enum { SOURCE_ABSENT = 1 };
int source_route(struct realm *r, const struct decl *d, struct route *route,
		 int *ret_verdict);
/* The hop of such a route that @d takes from; NULL if none was found. */
const struct hop *source_hop(const struct route *route, const struct decl *d);

/* The route broke because the root's parent is not known: in a tree of one
 * document that says nothing. */
bool rule_is_of_parent(const char *rule);
