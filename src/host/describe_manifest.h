/* What a component's manifest says, as members of a JSON object: of a running
 * one and of one that is only read. */
#pragma once

#include "host/package.h"

/* ,"key":"value", or null. */
void describe_member(struct text *t, const char *key, const char *value);

/* @p may be NULL: it has none. The realm may be unresolved: then little is
 * known. */
void describe_manifest(const struct realm *r, const struct package *p,
		       struct text *t);
