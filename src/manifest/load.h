/*
 * A manifest while it is being loaded: what the readers of its sections share.
 *
 * Everything that only the checks need lives in @scratch and is gone when the
 * manifest is finished. A failed allocation is remembered in @failed; what
 * allocates answers something harmless then, and manifest_load() asks once, at
 * the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest/json5.h"
#include "manifest/manifest.h"
#include "manifest/rules.h"

/* Declarations a manifest may have once all lists are written out. */
enum { LOAD_DECLS_MAX = 100000 };

enum symbol_kind {
	SYMBOL_CHILD,
	SYMBOL_COLLECTION,
	SYMBOL_STORAGE,
	SYMBOL_RUNNER,
	SYMBOL_RESOLVER,
	SYMBOL_DICTIONARY,
	SYMBOL_ENVIRONMENT,
};

struct draft;

/* A name that "#name" can refer to. */
struct symbol {
	const char *name;
	enum symbol_kind kind;
	struct place place;
	const struct draft *storage; /* its declaration */
	const struct environment_decl *environment;
};

/* One "from". All drafts made with it share it, so that it is looked at, and
 * complained about, once. */
struct draft_source {
	struct source from;
	enum availability availability;
	bool is_checked, is_sound;
};

/* A declaration and what only the checks want to know of it. */
struct draft {
	struct decl decl;
	/* As the author wrote it; with the path-named dialect, its path. */
	const char *written_name;
	const char *written_target;
	struct place weak_place;	  /* of "dependency", if it is weak */
	struct place backing_place;	  /* of "backing_dir" */
	bool has_availability;		  /* the author said which */
	struct draft_source *source;	  /* NULL: its own alone */
	const struct json5_value *access; /* read when all names are known */
	bool is_broken;	 /* an error was reported; other checks pass over it */
	bool is_dropped; /* another one says the same; not kept */
	struct draft *next;
};

/* Two drafts come from one item; from one name of one item. */
static inline bool draft_is_same_item(const struct draft *a,
				      const struct draft *b)
{
	return place_compare(a->decl.place, b->decl.place) == 0;
}

static inline bool draft_is_same_name(const struct draft *a,
				      const struct draft *b)
{
	return place_compare(a->decl.name_place, b->decl.name_place) == 0;
}

/* "environment" of a child or a collection. */
struct environment_use {
	const struct environment_decl **slot;
	const char *user; /* who is placed in it */
	const char *name;
	struct place place;
	struct environment_use *next;
};

/* A name that an offer gives to "all". */
struct all_offer {
	const char *name;
	struct place place;
	struct all_offer *next;
};

struct load {
	struct manifest *manifest;
	struct arena scratch;
	struct report *report;
	enum manifest_dialect dialect;
	size_t n_errors;
	bool failed;

	struct symbol *symbols; /* sorted by name once complete */
	bool has_all_symbols;
	size_t n_symbols, n_symbols_max;

	struct draft *first[N_DECL_KINDS], **last[N_DECL_KINDS];
	size_t n_drafts[N_DECL_KINDS];
	size_t n_drafts_all;
	bool is_full; /* too many declarations; reported */

	/* The capabilities, sorted by type and name. */
	struct draft **capabilities;
	size_t n_capabilities;

	/* Who names an environment, until all of them are known. */
	struct environment_use *environment_uses;

	/* What is offered to "all", also where there is nobody. */
	struct all_offer *all_offers;
	size_t n_all_offers;

	/* The first declaration that uses a runner. */
	const struct draft *runner;
	/* The program's own word for it. */
	struct place runner_place;
};

static inline bool load_is_seed(const struct load *l)
{
	return l->dialect == DIALECT_SEED;
}

void load_error(struct load *l, enum rule rule, struct place place,
		const char *format, ...) __attribute__((format(printf, 4, 5)));
void load_warning(struct load *l, enum rule rule, struct place place,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The place @there as a message about @here says it: "12:3", or with the file
 * in front if that is another one. In scratch memory. */
const char *load_place(struct load *l, struct place there, struct place here);

/* A copy in the manifest's arena; "" when memory ran out. */
const char *load_copy(struct load *l, const char *s);

/* Memory in the manifest's arena or the scratch one; NULL and @failed set when
 * memory ran out. */
void *load_keep(struct load *l, size_t n, size_t size);
void *load_scratch(struct load *l, size_t n, size_t size);

/* @v's text if it is a string without a zero; NULL and an error otherwise.
 * @what names the value in the message. */
const char *load_string(struct load *l, const struct json5_value *v,
			const char *what);

/* Distinct strings. */
struct strings {
	const struct json5_value **at;
	size_t n;
};

/* Read a string or an array of distinct strings; what is wrong is reported and
 * left out. */
struct strings load_strings(struct load *l, const struct json5_value *v,
			    const char *what);

/* Appends a draft made from @d; NULL when memory or the bound ran out. */
struct draft *load_draft(struct load *l, const struct decl *d);

/* Which word of @words @v is, or -1 and an error (invalid-value). */
int load_word(struct load *l, const struct json5_value *v, const char *what,
	      const char *const *words, size_t n);

/* Which numbers a key takes. */
struct range {
	uint64_t min, max;
};

/* The whole number @v; 0 and an error (invalid-number) if it is none in @range,
 * which does not hold 0. */
uint64_t load_number(struct load *l, const struct json5_value *v,
		     const char *what, struct range range);

/* symbol.c: the identifier space. */
void symbol_add(struct load *l, struct symbol symbol);
/* Sort, and report names that stand twice. */
void symbol_check_names(struct load *l);
/* NULL if there is none. */
const struct symbol *symbol_find(const struct load *l, const char *name);
const char *symbol_kind_phrase(enum symbol_kind kind);
/* The one of one of the @kinds (bits) that @name, without its "#", is; NULL if
 * there is none, or not all of them are known yet. */
const struct symbol *symbol_without_sign(const struct load *l, const char *name,
					 unsigned kinds);
/* A name of one of the @kinds (bits) that @name may be a slip of, or NULL. */
const char *symbol_nearest(struct load *l, const char *name, unsigned kinds);

/* dialect.c: sets @l->dialect; reports a mixture. */
void dialect_find(struct load *l, const struct json5_value *root);
const char *dialect_phrase(enum manifest_dialect dialect);

/*
 * source.c: the words of "from" and "to". False when the value is wrong by
 * itself, and reported; what a "#name" refers to is found by check_sources()
 * and check_targets(), when all names are known. "all" is not read here.
 */
bool source_read(struct load *l, const struct json5_value *from,
		 struct source *ret);
bool target_read(struct load *l, const struct json5_value *to,
		 enum decl_kind kind, struct target *ret);

/* "#name": its name, into the manifest's arena. @s is @v's text. */
bool reference_read(struct load *l, const struct json5_value *v, const char *s,
		    const char **ret);

/* The first name in the path to a dictionary: whose dictionary it is. */
const char *source_dictionary(struct load *l, const struct source *s);

/* source_check.c: what they refer to. */
void check_sources(struct load *l);
void check_targets(struct load *l);

/* rights.c */
uint32_t rights_read(struct load *l, const struct json5_value *list);

/* access.c: "access" of all capabilities. */
void access_read_all(struct load *l);

/* limits.c; NULL when memory ran out. */
const struct limits *limits_read(struct load *l,
				 const struct json5_value *object);

/* restart.c: @v is NULL, a word or an object. */
struct restart restart_read(struct load *l, const struct json5_value *v);

/* config_read.c: "config" (NULL: there is none) beside the uses. */
void config_check(struct load *l, const struct json5_value *object);

/* policy.c */
void policy_read(struct load *l, const struct json5_value *object);

/* child.c, program.c, item.c: the sections. */
void child_read_all(struct load *l, const struct json5_value *list);
void collection_read_all(struct load *l, const struct json5_value *list);
void storage_read_all(struct load *l, const struct json5_value *list);
void item_read_all(struct load *l, enum decl_kind kind,
		   const struct json5_value *list);
void program_read(struct load *l, const struct json5_value *object);
/* The use of a runner that a program only implies. */
void program_imply(struct load *l);

/* environment.c; environment_resolve() when all names are known. */
void environment_read_all(struct load *l, const struct json5_value *list);
void environment_use_add(struct load *l, const struct json5_value *v,
			 const char *user,
			 const struct environment_decl **slot);
void environment_resolve(struct load *l);

/* served.c: the path-named dialect's sections of what a program serves for the
 * manager: runners and resolvers. */
void served_read_all(struct load *l, enum capability_type type,
		     const struct json5_value *list);

/* check.c, overlap.c, cycle.c: what holds between declarations. */
void capability_index(struct load *l);
const struct draft *capability_find(const struct load *l,
				    enum capability_type type,
				    const char *name);
void capability_imply(struct load *l);
void check_same(struct load *l);
/* duplicate.c, aggregate.c: what stands twice at one target. */
void check_duplicates(struct load *l);
void aggregate_check(struct load *l, struct draft *const *drafts, size_t n);
void check_undeclared(struct load *l);
void overlap_check(struct load *l);
void cycle_check(struct load *l);
