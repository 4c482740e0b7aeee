/*
 * Hover: what is wrong here, in the words of its rule; what the key means;
 * where the capability comes from.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/answer.h"
#include "manifest/rules.h"

static const char *rule_text_of(const char *id)
{
	size_t i;

	for (i = 0; i < N_RULES; i++)
		if (!strcmp(rule_id((enum rule)i), id))
			return rule_text((enum rule)i);
	return NULL;
}

/* Paragraphs of markdown. */
static void paragraph(struct text *t)
{
	if (t->n)
		text_puts(t, "\n\n");
}

/* Is @at in what @diagnostic is about? */
static bool diagnostic_is_at(const struct document *d,
			     const struct diagnostic *diagnostic, size_t at)
{
	size_t from = document_place_offset(d, diagnostic->place);

	return diagnostic->place.line && at >= from &&
	       at <= document_token_end(d, from);
}

static int hover_rules(struct server *s, const struct spot *spot,
		       struct text *t)
{
	const struct diagnostic *it;
	struct report report;
	const char *rule;
	int r = document_diagnose(s, spot->document, &report);

	if (r)
		return r;
	for (it = report.first; it; it = it->next) {
		if (!diagnostic_is_at(spot->document, it, spot->at))
			continue;
		rule = rule_text_of(it->rule);
		paragraph(t);
		text_printf(t, "**%s**: %s", it->rule, rule ? rule : it->text);
	}
	report_fini(&report);
	return 0;
}

static void hover_words(const char *words, struct text *t)
{
	const char *end;

	for (; *words; words = *end ? end + 1 : end) {
		end = strchrnul(words, ' ');
		text_printf(t, " `%.*s`", (int)(end - words), words);
	}
}

static void hover_key(const struct spot *spot, struct text *t)
{
	const char *key = spot->node->key, *words;
	const struct description *d =
		spot->shape ? describe_key(spot->shape, key) : NULL;

	if (!d)
		return;
	paragraph(t);
	text_printf(t, "`%s`: %s", key, d->text);
	words = describe_words(d, spot->document->dialect);
	if (!words)
		return;
	text_puts(t, " One of");
	hover_words(words, t);
}

/* "#NAME" and the like: what it is, and its URL if it has one. */
static void hover_reference(const struct spot *spot, struct text *t)
{
	const struct node *name;
	const char *url, *section;

	name = document_find_reference(spot->document, spot->node->text);
	if (!name)
		return;
	url = node_text(node_object(name), "url");
	section = node_key(node_object(name));
	paragraph(t);
	text_printf(t, "`%s`, of `%s`", name->text, section ? section : "?");
	if (url)
		text_printf(t, ": `%s`", url);
}

static void hover_walked(const struct seat *seat, const struct decl *d,
			 const struct route *route, int verdict, struct text *t)
{
	bool is_parents = verdict == ROUTE_BROKEN && seat->tree->is_lone &&
			  rule_is_of_parent(route->why.rule);

	text_printf(t, "**%s** %s\n\n```text\n",
		    is_parents		     ? "from the parent"
		    : verdict == ROUTE_ENDED ? "routed"
					     : "broken",
		    d->target_name);
	if (is_parents)
		route_render_hops(route, t);
	else
		route_render(route, verdict, t);
	text_puts(t, "```");
	if (is_parents)
		text_puts(t, "\n\nWhat the parent gives is not known: name the "
			     "root of the tree in the setting `roots`.");
}

static int hover_route(struct server *s, const struct spot *spot,
		       struct text *t)
{
	struct route *route;
	const struct decl *d;
	struct seat seat;
	int verdict, r;

	r = forest_find(&s->forest, spot->document, &seat);
	if (r)
		return r < 0 ? r : 0;
	d = spot_decl(spot, seat.realm->manifest);
	if (!d)
		return 0;
	route = calloc(1, sizeof(*route));
	if (!route)
		return -ENOMEM;
	paragraph(t);
	r = source_route(seat.realm, d, route, &verdict);
	if (!r) {
		hover_walked(&seat, d, route, verdict, t);
	} else if (r > 0) {
		text_printf(t, "**%s** ", decl_kind_name(d->kind));
		decl_render(d, t);
		text_printf(t, ", of %s", seat.realm->moniker);
	}
	route_fini(route);
	free(route);
	return r < 0 ? r : 0;
}

static int hover_write(struct server *s, const struct spot *spot,
		       struct text *t)
{
	const struct node *node = spot->node;
	int r = hover_rules(s, spot, t);

	if (r || !node)
		return r;
	if (spot->is_on_key)
		hover_key(spot, t);
	else if (spot_is_name(spot))
		r = hover_route(s, spot, t);
	else if (node->kind == NODE_STRING)
		hover_reference(spot, t);
	return r;
}

int hover_answer(struct server *s, const struct json5_value *params,
		 struct text *ret)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	const struct node *node;
	struct spot spot;
	int r;

	if (!params_spot(s, params, &spot))
		return ANSWER_INVALID;
	r = hover_write(s, &spot, &t);
	if (r || text_is_failed(&t))
		return r ? r : -ENOMEM;
	if (!t.n) {
		text_puts(ret, "null");
		return 0;
	}
	text_puts(ret, "{\"contents\":{\"kind\":\"markdown\",\"value\":");
	text_json_bytes(ret, text_string(&t), t.n);
	text_puts(ret, "}");
	node = spot.node;
	if (node && (spot.is_on_key || node->kind == NODE_STRING)) {
		text_puts(ret, ",\"range\":");
		range_write(s, spot.document,
			    spot.is_on_key ? node->key_start : node->start,
			    spot.is_on_key ? node->key_end : node->end, ret);
	}
	text_puts(ret, "}");
	return 0;
}
