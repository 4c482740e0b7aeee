/* Manifests read from the editor instead of their files, with what they
 * include, which may be open as well. */
#pragma once

#include "lsp/forest.h"

/* As package_load(), but the manifest says @text. */
int overlay_load(const struct forest *f, struct package *p,
		 const struct package_paths *paths, const struct text *text,
		 struct manifest **ret, struct report *report);

/* Is it a part of manifests, by its name? */
bool document_is_shard(const struct document *d);
/* Mistakes of the text of a shard are its own; the rest is said of the whole
 * that it is a part of. */
bool rule_is_of_text(const char *rule);
/* What a part may well lack, where the whole is not known. */
bool rule_is_of_whole(const char *rule);
/* Are all errors such? */
bool report_is_of_whole(const struct report *report);

/* What a document contributes to a tree: the last text that could be read. NULL
 * if there was none: then it is still the file. */
const struct text *overlay_text(const struct document *d);
