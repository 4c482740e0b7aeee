/* All that a manifest says, but for the places, as text: what tests compare. */
#pragma once

#include "base/text.h"
#include "manifest/manifest.h"

void manifest_dump(const struct manifest *m, struct text *t);
