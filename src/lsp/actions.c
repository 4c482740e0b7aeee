/*
 * Code actions: what a diagnostic says was perhaps meant, put in its place.
 *
 * Diagnostics say "did you mean", and the nearest thing in quotes behind it;
 * there is no second place where the two could disagree.
 */

#include "lsp/answer.h"

static void action_write(const struct server *s, const struct document *d,
			 const struct diagnostic *it, struct text *t)
{
	size_t from = document_place_offset(d, it->place);
	size_t to = document_token_end(d, from), n = 0;
	const char *bytes = text_string(&d->text), *suggestion = "";
	_cleanup_text_ struct text title = TEXT_INIT, edit = TEXT_INIT;
	bool is_quoted =
		from < to && (bytes[from] == '"' || bytes[from] == '\'');

	diagnostic_suggestion(it, &suggestion, &n);
	text_printf(&title, "Change to \"%.*s\"", (int)n, suggestion);
	text_printf(&edit, "%s%.*s%s", is_quoted ? "\"" : "", (int)n,
		    suggestion, is_quoted ? "\"" : "");
	text_puts(t, "{\"title\":");
	text_json(t, text_string(&title));
	text_puts(t, ",\"kind\":\"quickfix\",\"isPreferred\":true,"
		     "\"diagnostics\":[");
	diagnostic_write(s, d, it, t);
	text_puts(t, "],\"edit\":{\"changes\":{");
	text_json(t, d->uri);
	text_puts(t, ":[{\"range\":");
	range_write(s, d, from, to, t);
	text_puts(t, ",\"newText\":");
	text_json(t, text_string(&edit));
	text_puts(t, "}]}}}");
	t->failed =
		t->failed || text_is_failed(&title) || text_is_failed(&edit);
}

int actions_answer(struct server *s, const struct json5_value *params,
		   struct text *ret)
{
	const struct json5_value *range = json5_get(params, "range");
	struct document *d = params_document(s, params);
	const struct diagnostic *it;
	size_t from, to, at, end, n;
	struct report report;
	const char *suggestion;
	bool is_first = true;
	int r;

	if (!d || !range)
		return ANSWER_INVALID;
	from = document_offset(d, params_position(json5_get(range, "start")),
			       s->encoding);
	to = document_offset(d, params_position(json5_get(range, "end")),
			     s->encoding);
	r = document_diagnose(s, d, &report);
	if (r)
		return r;
	text_puts(ret, "[");
	for (it = report.first; it; it = it->next) {
		at = document_place_offset(d, it->place);
		end = document_token_end(d, at);
		if (!it->place.line || at > to || end < from || at == end ||
		    !diagnostic_suggestion(it, &suggestion, &n))
			continue;
		text_puts(ret, is_first ? "" : ",");
		action_write(s, d, it, ret);
		is_first = false;
	}
	text_puts(ret, "]");
	report_fini(&report);
	return 0;
}
