/* For fix.c: the files of a tree as they would be, and edits of them in terms
 * of declarations. */
#pragma once

#include "manifest/edit.h"
#include "route/fix.h"

/* What the files are now, read once. In the arena of the search. */
struct fix_store {
	const struct fix_files *files;
	struct arena *arena;
	struct map texts; /* struct stored_text by name */
	size_t n_loads;	  /* manifests that were loaded: what a search costs */
};

void store_fini(struct fix_store *s);
/* 0, FIX_NONE or a fault. */
int store_read(struct fix_store *s, const char *file, const char **ret,
	       size_t *ret_n);

enum { DRAFT_FILES_MAX = 16 };

struct draft_text {
	const char *file;
	const char *bytes;
	size_t n;
};

/* A draft is copied as it is: all that it points to lasts as long as the
 * search. */
struct draft {
	struct fix_store *store;
	struct draft_text texts[DRAFT_FILES_MAX];
	size_t n_texts;
	const char *name;  /* what is asked for, by its present name */
	const char *steps; /* what was done, a line each */
	unsigned cost;
};

/* The bytes of @file in the draft. 0, FIX_NONE or a fault. */
int draft_read(const struct draft *d, const char *file, const char **ret,
	       size_t *ret_n);

/* Take what an edit of @file wrote. 0, FIX_NONE or a fault. */
int draft_write(struct draft *d, const char *file, const struct text *written);

/* Append a line to its steps. */
int draft_note(struct draft *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The edits. Realms and declarations are those of a tree made of this very
 * draft; after the edit they are no more. 0; FIX_NONE: it cannot be done there;
 * or a fault.
 */

/* What the declaration takes, or is called where it goes, is called @name. */
int draft_set_name(struct draft *d, const struct realm *r,
		   const struct decl *decl, const char *name);
int draft_set_target_name(struct draft *d, const struct realm *r,
			  const struct decl *decl, const char *name);
/* The same as draft_set_name(), but it stays what it is where it goes. */
int draft_set_source_name(struct draft *d, const struct realm *r,
			  const struct decl *decl, const char *name);
/* It is a @keyword, and says nothing that this cannot say. */
int draft_set_keyword(struct draft *d, const struct realm *r,
		      const struct decl *decl, const char *keyword);
/* The offer is to @child as well. */
int draft_add_target(struct draft *d, const struct realm *r,
		     const struct decl *offer, const struct realm *child);
/* The expose is to the parent. */
int draft_remove_to(struct draft *d, const struct realm *r,
		    const struct decl *expose);
int draft_set_rights(struct draft *d, const struct realm *r,
		     const struct decl *decl, uint32_t rights);
int draft_set_availability(struct draft *d, const struct realm *r,
			   const struct decl *decl, const char *word);
int draft_set_source(struct draft *d, const struct realm *r,
		     const struct decl *decl, const char *from);

/* Something that is not there. */
struct addition_decl {
	enum decl_kind kind; /* offer, expose or capability */
	const char *keyword, *name;
	const char *from;	   /* as source_write() says it */
	const struct realm *child; /* offer: to whom; or */
	const char *dictionary;	   /* into which one of its own */
	uint32_t rights;	   /* 0: does not say */
};

int draft_add(struct draft *d, const struct realm *r,
	      const struct addition_decl *a);

/*
 * The same of a file that does not load, by places in it: the string, or the
 * key, at @place, or a key near to it of the object there, is to be @s; a
 * capability is declared. *ret_old, which is in the arena, is what it was.
 */
int draft_set_text(struct draft *d, const char *file, struct place place,
		   const char *s, const char **ret_old);
int draft_declare(struct draft *d, const char *file, const char *keyword,
		  const char *name);

/* What the item says that has the string at @place for the name, or one of the
 * names, of a capability: its keyword and that name, in the arena. 0, FIX_NONE
 * or a fault. */
int draft_read_item(const struct draft *d, const char *file, struct place place,
		    const char **ret_keyword, const char **ret_name);

/* The names of the children and collections of the file, at most @n, in the
 * arena. *ret_n of them; 0, FIX_NONE or a fault. */
int draft_read_children(const struct draft *d, const char *file,
			const char **ret, size_t n, size_t *ret_n);

/* A capability that a file declares under a name near to another one. */
struct near_capability {
	const char *name; /* in the arena; NULL: there is none */
	struct place place;
	bool is_taken; /* by some other declaration of the file */
};

int draft_find_near(const struct draft *d, const char *file,
		    const char *keyword, const char *name,
		    struct near_capability *ret);

/* Is the file of @r in the path-named dialect? */
bool draft_is_seed(const struct realm *r);

/* A source as the file of @r says it, in the arena: "parent", "#b". NULL when
 * memory ran out. */
const char *source_write(const struct draft *d, const struct realm *r,
			 enum source_kind kind, const char *name);
