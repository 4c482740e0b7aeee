/*
 * JSON5 values back to text, in one canonical form, so that two trees can be
 * compared by comparing their texts.
 */
#pragma once

#include "base/text.h"
#include "manifest/json5.h"

void json5_write(const struct json5_value *v, struct text *t);
