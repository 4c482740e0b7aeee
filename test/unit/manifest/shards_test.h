/* What the tests of includes share: manifests of several files, in memory. */
#pragma once

#include "base/report.h"
#include "base/text.h"
#include "manifest/manifest.h"

enum { SHARDS_MAX = 8 };

/* The files of a manifest, the first of which is the manifest itself; a NULL
 * name ends them. Paths are names, with or without "//". */
struct shard {
	const char *name, *text;
};

/* manifest_load_with() of them. */
int shards_load(const struct shard *files, struct manifest **ret,
		struct report *report);

/* How often a file was asked for since the last shards_load(). */
unsigned shards_reads(void);

/* Append their compiled form; fails the test if they are not valid. */
void shards_compile(const struct shard *files, struct text *ret);

/*
 * Load them with their backquotes taken out. As in manifest_test.h, each
 * backquote stands where a diagnostic has to point: first those of the first
 * file, then those of the next.
 */
void shards_expect(const struct shard *files, const char *rules);

/* They are the same manifest as the one in @text. */
void shards_expect_same(const struct shard *files, const char *text);
