/* Names and paths are the manifests' authors': nothing of theirs reaches a
 * terminal or a JSON reader as it is. */
#include "cmd/reach_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/check.h"

/* ---- trees ---- */

static void tree_tell(struct offline *o)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	report_sort(&o->report);
	report_render(&o->report, &t);
	cmd_print_error(&t);
}

int reach_tree_load(const char *file, const struct cmd_options *options,
		    struct reach_tree *ret)
{
	struct offline *o = &ret->offline;
	int k;

	*ret = (struct reach_tree){ 0 };
	if (!offline_init(o, file, options))
		return cmd_fail("out of memory");
	k = check_resolve(&o->tree, resolver_check, &o->resolver, &o->report);
	tree_tell(o);
	if (k < 0 || o->tree.root->state != REALM_RESOLVED) {
		offline_fini(o);
		return k < 0 ? cmd_fail("%s: %s", file, strerror(-k))
			     : EXIT_NOT;
	}
	k = reach_take(&o->tree, NULL, NULL, &ret->reach);
	if (k) {
		offline_fini(o);
		return cmd_fail("%s: %s", file, strerror(-k));
	}
	return -1;
}

void reach_tree_fini(struct reach_tree *t)
{
	reach_fini(&t->reach);
	offline_fini(&t->offline);
}

/* ---- places and things ---- */

void place_render(const char *file, struct place place, struct text *t)
{
	text_safe(t, file, strlen(file));
	if (place.line)
		text_printf(t, ":%u:%u", place.line, place.column);
}

void place_json(const char *file, struct place place, struct text *t)
{
	text_puts(t, "\"file\":");
	text_json(t, file);
	text_printf(t, ",\"line\":%u,\"column\":%u", place.line, place.column);
}

static void member_json(const char *name, const char *value, struct text *t)
{
	text_printf(t, ",\"%s\":", name);
	if (value)
		text_json(t, value);
	else
		text_puts(t, "null");
}

static const char *hold_word(enum reach_hold hold)
{
	static const char *const words[N_REACH_HOLDS] = {
		[REACH_USES] = "use",
		[REACH_EXPOSES] = "expose",
		[REACH_OFFERED] = "offer",
		[REACH_MEMBER] = "member",
	};

	return words[hold];
}

void record_json(const struct reach_record *r, struct text *t)
{
	_cleanup_text_ struct text rights = TEXT_INIT;

	rights_render(r->rights, &rights);
	text_printf(t, "\"holds\":\"%s\"", hold_word(r->hold));
	member_json("type", capability_type_name(reach_type(r)), t);
	member_json("name", r->name, t);
	member_json("as", r->decl->target_name, t);
	member_json("source", reach_source_moniker(r), t);
	member_json("rights", r->rights ? text_string(&rights) : NULL, t);
	member_json("subdir", *r->subdir ? r->subdir : NULL, t);
	text_printf(t, ",\"weak\":%s,\"transfer\":%s,",
		    r->is_weak ? "true" : "false",
		    r->no_transfer ? "false" : "true");
	place_json(reach_record_file(r), r->decl->place, t);
	text_puts(t, ",\"origin\":{");
	place_json(reach_origin_file(r), r->origin_decl->place, t);
	text_puts(t, "}");
	t->failed = t->failed || text_is_failed(&rights);
}

/* ---- steps ---- */

static const char *kind_word(enum reach_kind kind)
{
	static const char *const words[N_REACH_KINDS] = {
		[REACH_SERVICE] = "service", [REACH_DIRECTORY] = "directory",
		[REACH_CONTROL] = "control", [REACH_CHILD] = "child",
		[REACH_NAME] = "name",	     [REACH_REGISTERED] = "registered",
		[REACH_RUNNER] = "runner",   [REACH_SHARED] = "shared",
	};

	return words[kind];
}

static void step_sentence(const struct reach_step *s, struct text *t)
{
	const struct reach_record *by = s->by;
	_cleanup_text_ struct text rights = TEXT_INIT;

	text_printf(t, "%s ", s->from->moniker);
	switch (s->kind) {
	case REACH_CONTROL:
		text_printf(t, "controls %s by ", s->to->moniker);
		reach_render(by, t);
		break;
	case REACH_CHILD:
		text_puts(t, "may open ");
		reach_render(by, t);
		text_printf(t, ", which %s exposes", by->realm->moniker);
		break;
	case REACH_NAME:
		text_puts(t, "may open ");
		reach_render(by, t);
		text_printf(t, ", which %s is offered, by its name",
			    by->realm == s->from ? "it" : by->realm->moniker);
		break;
	case REACH_REGISTERED:
		text_printf(t, "may open what %s registers by ",
			    s->to->moniker);
		reach_render(s->with, t);
		break;
	case REACH_RUNNER:
		text_printf(t, "is the %s of %s", by->decl->keyword,
			    s->to->moniker);
		break;
	case REACH_SHARED:
		text_puts(t, "writes to ");
		reach_render(by, t);
		rights_render(s->with->rights, &rights);
		text_printf(t, ", which %s reads [%s]", s->to->moniker,
			    text_string(&rights));
		break;
	default:
		text_puts(t, "opens ");
		reach_render(by, t);
		break;
	}
	t->failed = t->failed || text_is_failed(&rights);
}

static void step_line(const char *word, const char *file, struct place place,
		      struct text *t)
{
	text_printf(t, "      %-8s ", word);
	place_render(file, place, t);
	text_puts(t, "\n");
}

void step_render(const struct reach_step *s, struct text *t)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_puts(t, "  ");
	step_sentence(s, &line);
	text_safe(t, text_string(&line), line.n);
	text_puts(t, "\n");
	step_line(hold_word(s->by->hold), reach_record_file(s->by),
		  s->by->decl->place, t);
	if (s->with)
		step_line(hold_word(s->with->hold), reach_record_file(s->with),
			  s->with->decl->place, t);
	if (s->by->origin_decl != s->by->decl)
		step_line("source", reach_origin_file(s->by),
			  s->by->origin_decl->place, t);
	t->failed = t->failed || text_is_failed(&line);
}

void step_json(const struct reach_step *s, struct text *t)
{
	text_printf(t, "{\"kind\":\"%s\"", kind_word(s->kind));
	member_json("from", s->from->moniker, t);
	member_json("to", s->to->moniker, t);
	text_puts(t, ",\"by\":{");
	record_json(s->by, t);
	text_puts(t, "},\"with\":");
	if (s->with) {
		text_puts(t, "{");
		record_json(s->with, t);
		text_puts(t, "}");
	} else {
		text_puts(t, "null");
	}
	text_puts(t, "}");
}

/* ---- who is not there ---- */

int reach_no_such(const struct reach_tree *t, const char *pattern,
		  const char *option, const char *why)
{
	const struct reach *g = &t->reach;
	const char **monikers, *near = NULL;
	_cleanup_text_ struct text absolute = TEXT_INIT;
	size_t i;

	if (why)
		return cmd_usage("reach", "%s \"%s\" %s", option, pattern, why);
	monikers = calloc(g->n_realms + 1, sizeof(*monikers));
	for (i = 0; i < g->n_realms && monikers; i++)
		monikers[i] = g->realms[i]->moniker;
	if (monikers)
		near = text_nearest(pattern, monikers, g->n_realms);
	text_safe(&absolute, pattern, strlen(pattern));
	cmd_fail("there is no component %s in this tree%s%s%s; see reeve tree "
		 "%s",
		 text_string(&absolute), near ? " (did you mean " : "",
		 near ? near : "", near ? "?)" : "", t->offline.tree.root->url);
	free(monikers);
	return EXIT_UNKNOWN;
}
