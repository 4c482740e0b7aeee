/* What config.c knows of values for those who read manifests. */
#pragma once

#include "manifest/config.h"
#include "manifest/json5.h"

/* "uint8", "vector". */
const char *config_kind_name(enum config_kind kind);

/* NULL if @v is of @type, or a static phrase that goes on behind the value, and
 * *ret_at is what is wrong: @v or an element of it. */
const char *config_value_refusal(const struct config_type *type,
				 const struct json5_value *v,
				 const struct json5_value **ret_at);
