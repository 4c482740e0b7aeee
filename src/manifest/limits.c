/*
 * "limits" of a child or of the members of a collection.
 *
 * The plain counts are a table; memory and cpu have a form of their own.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/own.h"
#include "manifest/shape.h"

enum {
	/* As many tasks as a kernel can have. */
	TASKS_MAX = 4194304,
	COUNT_MAX = 1000000,
	SHARE_MAX = 10000,
	PERCENT_MAX = 100000,
};

/* No program fits into less; a smaller number is a unit forgotten. */
#define MEMORY_MIN (UINT64_C(64) << 10)
/* Up to here a JSON number is exact. */
#define MEMORY_MAX (UINT64_C(1) << 53)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at @s as a number, no more than @max + 1; *ret_end is behind. */
static uint64_t digits_read(const char *s, uint64_t max, const char **ret_end)
{
	uint64_t n = 0;

	for (; is_digit(*s); s++)
		n = n > max / 10 ? max + 1 : n * 10 + (uint64_t)(*s - '0');
	*ret_end = s;
	return n > max ? max + 1 : n;
}

/* How far a unit shifts; -1 if it is none. */
static int unit_shift(char c)
{
	switch (c) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return -1;
	}
}

static void size_report(struct load *l, const struct json5_value *v,
			const char *what)
{
	const char *s = v->string.bytes, *end;
	char unit;

	digits_read(s, MEMORY_MAX, &end);
	/* "16m", "16MB", "16 MiB". */
	unit = end[strspn(end, " ")];
	if (unit >= 'a' && unit <= 'z')
		unit = (char)(unit - 'a' + 'A');
	if (end > s && end - s < 16 && unit_shift(unit) > 0)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%.80s\" is no size for \"%s\"; did you mean "
			   "\"%.*s%c\"?",
			   s, what, (int)(end - s), s, unit);
	else
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%.80s\" is no size for \"%s\"; write bytes as a "
			   "number, or a string with K, M or G: \"16M\"",
			   s, what);
}

/* A string of digits and maybe a unit. False and an error if it is not. */
static bool size_read_string(struct load *l, const struct json5_value *v,
			     const char *what, uint64_t *ret)
{
	const char *s = load_string(l, v, what), *end;
	uint64_t n;
	int shift;

	if (!s)
		return false;
	n = digits_read(s, MEMORY_MAX, &end);
	shift = *end ? unit_shift(*end) : 0;
	if (end == s || shift < 0 || (*end && end[1])) {
		size_report(l, v, what);
		return false;
	}
	*ret = n > MEMORY_MAX >> shift ? MEMORY_MAX + 1 : n << shift;
	return true;
}

/* Bytes; 0 and an error if @v does not say how many. */
static uint64_t size_read(struct load *l, const struct json5_value *v,
			  const char *what)
{
	const struct range range = { MEMORY_MIN, MEMORY_MAX };
	uint64_t n;

	if (v->type == JSON5_NUMBER && v->number == 0) {
		n = 0;
	} else if (v->type == JSON5_NUMBER) {
		return load_number(l, v, what, range);
	} else if (!size_read_string(l, v, what, &n)) {
		return 0;
	}
	if (n >= range.min && n <= range.max)
		return n;
	if (!n)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%s\" cannot be 0: nothing runs in no memory; "
			   "leave it out where there is no limit",
			   what);
	else
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%s\" is a size from %" PRIu64 "K to %" PRIu64
			   "G, not \"%.80s\"",
			   what, range.min >> 10, range.max >> 30,
			   v->string.bytes);
	return 0;
}

/* "150%". */
static uint32_t percent_read(struct load *l, const struct json5_value *v)
{
	const char *s, *end;
	uint64_t n;

	if (v->type == JSON5_NUMBER) {
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"cpu.max\" is a share of one core; write it as a "
			   "string with \"%%\": \"50%%\"");
		return 0;
	}
	s = load_string(l, v, "cpu.max");
	if (!s)
		return 0;
	n = digits_read(s, PERCENT_MAX, &end);
	if (end == s || strcmp(end, "%") != 0)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%.80s\" is no share of a core for \"cpu.max\"; "
			   "write \"50%%\" for half of one, \"200%%\" for two",
			   s);
	else if (!n)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"cpu.max\" cannot be 0: nothing runs without a "
			   "core; leave it out where there is no limit");
	else if (n > PERCENT_MAX)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"cpu.max\" is at most %d%%, not \"%.80s\"",
			   PERCENT_MAX, s);
	else
		return (uint32_t)n;
	return 0;
}

static void memory_read(struct load *l, const struct json5_value *object,
			struct limits *ret)
{
	struct fields f;

	shape_read(l, &shape_limits_memory, object, NULL, &f);
	if (f.at[KEY_MIN])
		ret->memory_min = size_read(l, f.at[KEY_MIN], "memory.min");
	if (f.at[KEY_MAX])
		ret->memory_max = size_read(l, f.at[KEY_MAX], "memory.max");
	if (ret->memory_max && ret->memory_min > ret->memory_max)
		load_error(l, RULE_MIN_ABOVE_MAX, f.at[KEY_MIN]->place,
			   "the memory it is sure of (\"min\") is more than it "
			   "may ever have (\"max\" at %u:%u)",
			   f.at[KEY_MAX]->place.line,
			   f.at[KEY_MAX]->place.column);
}

static void cpu_read(struct load *l, const struct json5_value *object,
		     struct limits *ret)
{
	const struct range shares = { 1, SHARE_MAX };
	struct fields f;

	shape_read(l, &shape_limits_cpu, object, NULL, &f);
	if (f.at[KEY_SHARE])
		ret->cpu_share = (uint32_t)load_number(l, f.at[KEY_SHARE],
						       "cpu.share", shares);
	if (f.at[KEY_MAX])
		ret->cpu_max = percent_read(l, f.at[KEY_MAX]);
}

static void tasks_read(struct load *l, const struct json5_value *object,
		       struct limits *ret)
{
	const struct range tasks = { 1, TASKS_MAX };
	struct fields f;

	shape_read(l, &shape_limits_tasks, object, NULL, &f);
	if (f.at[KEY_MAX])
		ret->tasks_max = (uint32_t)load_number(l, f.at[KEY_MAX],
						       "tasks.max", tasks);
}

const struct limits *limits_read(struct load *l,
				 const struct json5_value *object)
{
	static const struct {
		enum key key;
		const char *name;
		size_t offset;
	} counts[] = {
		{ KEY_OPENS, "opens", offsetof(struct limits, opens) },
		{ KEY_CONNECTIONS, "connections",
		  offsetof(struct limits, connections) },
		{ KEY_CHANNELS, "channels", offsetof(struct limits, channels) },
		{ KEY_CHILDREN, "children", offsetof(struct limits, children) },
		{ KEY_REQUESTS_PER_SECOND, "requests_per_second",
		  offsetof(struct limits, requests_per_second) },
	};
	const struct range range = { 1, COUNT_MAX };
	struct limits *limits = load_keep(l, 1, sizeof(*limits));
	struct fields f;
	uint32_t *count;
	size_t i;

	if (!limits)
		return NULL;
	*limits = (struct limits){ .place = object->place };
	shape_read(l, &shape_limits, object, NULL, &f);
	if (f.at[KEY_MEMORY])
		memory_read(l, f.at[KEY_MEMORY], limits);
	if (f.at[KEY_CPU])
		cpu_read(l, f.at[KEY_CPU], limits);
	if (f.at[KEY_TASKS])
		tasks_read(l, f.at[KEY_TASKS], limits);
	for (i = 0; i < N_ELEMENTS(counts); i++) {
		if (!f.at[counts[i].key])
			continue;
		count = (uint32_t *)(void *)((char *)limits + counts[i].offset);
		*count = (uint32_t)load_number(l, f.at[counts[i].key],
					       counts[i].name, range);
	}
	return limits;
}
