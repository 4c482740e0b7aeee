/* "restart" of a child or of the members of a collection: a word, or an object
 * with the numbers of the policy as well. */
#include "base/own.h"
#include "manifest/shape.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	GIVE_UP_MAX = 1000000,
};

static enum restart_policy restart_policy_read(struct load *l,
					       const struct json5_value *v,
					       const char *what)
{
	static const char *const words[] = {
		[RESTART_NEVER] = "never",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_ALWAYS] = "always",
	};
	int word = load_word(l, v, what, words, N_ELEMENTS(words));

	return word < 0 ? RESTART_NEVER : (enum restart_policy)word;
}

/* The number at @key into *ret, which is left alone if there is none. */
static void number_read(struct load *l, const struct fields *f, enum key key,
			const char *what, uint64_t max, uint32_t *ret)
{
	uint64_t n = f->at[key] ? load_number(l, f->at[key], what,
					      (struct range){ 1, max })
				: 0;

	if (n)
		*ret = (uint32_t)n;
}

static void delays_read(struct load *l, const struct fields *f,
			struct restart *ret)
{
	number_read(l, f, KEY_DELAY_MS, "delay_ms", DAY_MS, &ret->delay_ms);
	number_read(l, f, KEY_MAX_DELAY_MS, "max_delay_ms", DAY_MS,
		    &ret->max_delay_ms);
	if (ret->delay_ms <= ret->max_delay_ms)
		return;
	/* One of them alone moves the other's default. */
	if (!f->at[KEY_MAX_DELAY_MS])
		ret->max_delay_ms = ret->delay_ms;
	else if (!f->at[KEY_DELAY_MS])
		ret->delay_ms = ret->max_delay_ms;
	else
		load_error(l, RULE_MIN_ABOVE_MAX, f->at[KEY_DELAY_MS]->place,
			   "the first delay is longer than the longest "
			   "(\"max_delay_ms\" at %u:%u)",
			   f->at[KEY_MAX_DELAY_MS]->place.line,
			   f->at[KEY_MAX_DELAY_MS]->place.column);
}

struct restart restart_read(struct load *l, const struct json5_value *v)
{
	struct restart restart = {
		.policy = RESTART_NEVER,
		.delay_ms = RESTART_DELAY_MS,
		.max_delay_ms = RESTART_MAX_DELAY_MS,
		.give_up = RESTART_GIVE_UP,
		.forget_ms = RESTART_FORGET_MS,
	};
	struct fields f;

	if (v && v->type == JSON5_OBJECT) {
		shape_read(l, &shape_restart, v, NULL, &f);
		if (f.at[KEY_POLICY])
			restart.policy = restart_policy_read(
				l, f.at[KEY_POLICY], "policy");
		delays_read(l, &f, &restart);
		number_read(l, &f, KEY_GIVE_UP, "give_up", GIVE_UP_MAX,
			    &restart.give_up);
		number_read(l, &f, KEY_FORGET_MS, "forget_ms", DAY_MS,
			    &restart.forget_ms);
	} else if (v) {
		restart.policy = restart_policy_read(l, v, "restart");
	}
	return restart;
}
