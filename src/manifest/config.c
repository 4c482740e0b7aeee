/* Values are checked as trees; what comes as text is made one first. */
#include "manifest/config.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "manifest/canonical.h"
#include "manifest/config_type.h"

/* What each kind of number holds: up to @max, and down to -@max - 1 or 0. */
static const struct {
	const char *name;
	uint64_t max;
	bool is_signed;
} kinds[N_CONFIG_KINDS] = {
	[CONFIG_BOOL] = { "bool", 0, false },
	[CONFIG_UINT8] = { "uint8", UINT8_MAX, false },
	[CONFIG_UINT16] = { "uint16", UINT16_MAX, false },
	[CONFIG_UINT32] = { "uint32", UINT32_MAX, false },
	[CONFIG_UINT64] = { "uint64", UINT64_MAX, false },
	[CONFIG_INT8] = { "int8", INT8_MAX, true },
	[CONFIG_INT16] = { "int16", INT16_MAX, true },
	[CONFIG_INT32] = { "int32", INT32_MAX, true },
	[CONFIG_INT64] = { "int64", INT64_MAX, true },
	[CONFIG_STRING] = { "string", 0, false },
	[CONFIG_VECTOR] = { "vector", 0, false },
};

const char *config_kind_name(enum config_kind kind)
{
	return kinds[kind].name;
}

/* "string of at most 10 bytes", or "strings ..." of several. */
static void kind_render(enum config_kind kind, uint32_t max_size,
			bool is_plural, struct text *t)
{
	text_printf(t, "%s%s", kinds[kind].name, is_plural ? "s" : "");
	if (kind == CONFIG_STRING)
		text_printf(t, " of at most %u byte%s", max_size,
			    max_size == 1 ? "" : "s");
}

void config_type_render(const struct config_type *type, struct text *t)
{
	if (type->kind != CONFIG_VECTOR) {
		kind_render(type->kind, type->max_size, false, t);
		return;
	}
	text_printf(t, "vector of at most %u ", type->max_count);
	kind_render(type->element, type->max_size, type->max_count != 1, t);
}

bool config_type_is_same(const struct config_type *a,
			 const struct config_type *b)
{
	bool is_vector = a->kind == CONFIG_VECTOR;
	enum config_kind of = is_vector ? a->element : a->kind;

	if (a->kind != b->kind)
		return false;
	if (is_vector &&
	    (a->element != b->element || a->max_count != b->max_count))
		return false;
	return of != CONFIG_STRING || a->max_size == b->max_size;
}

static const char *number_refusal(enum config_kind kind,
				  const struct json5_value *v)
{
	struct whole whole;

	if (v->type != JSON5_NUMBER)
		return "is no number";
	if (!canonical_whole(v, &whole))
		return "is no whole number of at most 64 bits";
	if (!whole.is_negative)
		return whole.n > kinds[kind].max ? "is too large for its type"
						 : NULL;
	if (!kinds[kind].is_signed)
		return "is below 0";
	return whole.n - 1 > kinds[kind].max ? "is too small for its type"
					     : NULL;
}

static const char *plain_refusal(enum config_kind kind, uint32_t max_size,
				 const struct json5_value *v)
{
	if (kind == CONFIG_BOOL)
		return v->type == JSON5_BOOL ? NULL
					     : "is neither true nor false";
	if (kind != CONFIG_STRING)
		return number_refusal(kind, v);
	if (v->type != JSON5_STRING)
		return "is no string";
	if (!json5_string(v))
		return "has a zero character in it";
	return v->string.n > max_size ? "is longer than its \"max_size\""
				      : NULL;
}

const char *config_value_refusal(const struct config_type *type,
				 const struct json5_value *v,
				 const struct json5_value **ret_at)
{
	const char *why;

	*ret_at = v;
	if (type->kind != CONFIG_VECTOR)
		return plain_refusal(type->kind, type->max_size, v);
	if (v->type != JSON5_ARRAY)
		return "is no array";
	if (v->list.n > type->max_count)
		return "has more elements than its \"max_count\"";
	json5_for_each(element, v)
	{
		why = plain_refusal(type->element, type->max_size, element);
		*ret_at = element;
		if (why)
			return why;
	}
	return NULL;
}

int config_check_value(const struct config_type *type, const char *json,
		       struct text *ret_canonical, const char **ret_why)
{
	struct arena arena = ARENA_INIT;
	struct json5_value *v = NULL;
	const struct json5_value *at;
	const char *why = "is no value";
	struct report report;
	int r;

	report_init(&report);
	r = json5_read("", json, strlen(json), &arena, &v, &report);
	report_fini(&report);
	if (!r)
		why = config_value_refusal(type, v, &at);
	if (r >= 0 && why) {
		*ret_why = why;
		r = CONFIG_MISMATCH;
	} else if (!r && ret_canonical) {
		canonical_render(v, ret_canonical);
		r = text_is_failed(ret_canonical) ? -ENOMEM : 0;
	}
	arena_fini(&arena);
	return r;
}

static bool is_key_letter(char c, bool is_inside)
{
	return (c >= 'a' && c <= 'z') ||
	       (is_inside && ((c >= '0' && c <= '9') || c == '_'));
}

const char *config_key_check(const char *key)
{
	const char *c;

	if (!*key)
		return "is empty";
	if (strlen(key) > CONFIG_KEY_MAX)
		return "is longer than 64 characters";
	if (!is_key_letter(*key, false))
		return "does not begin with a lower-case letter";
	for (c = key; *c; c++)
		if (!is_key_letter(*c, true))
			return "has a character other than lower-case letters, "
			       "digits and \"_\"";
	return c[-1] == '_' ? "ends with \"_\"" : NULL;
}

const struct config_field *manifest_config_field(const struct manifest *m,
						 const char *key)
{
	size_t low = 0, high = m->n_config, middle;
	int c;

	while (low < high) {
		middle = (low + high) / 2;
		c = strcmp(m->config[middle].key, key);
		if (!c)
			return &m->config[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
