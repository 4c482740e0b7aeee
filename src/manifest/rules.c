/* The list of rules, as tables. */
#include "manifest/rules.h"

static const char *const ids[] = {
#define RULE_ID(name, id, text) id,
	RULES(RULE_ID)
#undef RULE_ID
};

static const char *const texts[] = {
#define RULE_TEXT(name, id, text) text,
	RULES(RULE_TEXT)
#undef RULE_TEXT
};

const char *rule_id(enum rule rule)
{
	return ids[rule];
}

const char *rule_text(enum rule rule)
{
	return texts[rule];
}
