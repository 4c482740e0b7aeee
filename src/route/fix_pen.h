/* For fix_draft.c and fix_add.c: one edit of one file of a draft. */
#pragma once

#include "route/fix_draft.h"

struct pen {
	struct draft *draft;
	const char *file;
	struct edit_file edit;
	struct text written; /* the whole text that the file has then */
};

void pen_fini(struct pen *p);

#define _cleanup_pen_ __attribute__((cleanup(pen_fini)))

/* 0, FIX_NONE or a fault; pen_fini() in all cases. */
int pen_open(struct pen *p, struct draft *d, const char *file);
/* The file that @decl is in, and its item. */
int pen_open_item(struct pen *p, struct draft *d, const struct realm *r,
		  const struct decl *decl, const struct json5_value **ret);
/* What was written is the draft's. */
int pen_close(struct pen *p);

/* Add a member and close. */
int pen_add_member(struct pen *p, const struct json5_value *object,
		   const char *key, const char *json);

/* @name as the file of @r says it, a JSON string. */
void name_write(const struct realm *r, const char *keyword, const char *name,
		struct text *json);
/* The words for @rights, a JSON array. */
void rights_write(uint32_t rights, struct text *json);

/* Does the item say no other name besides that of @decl? */
bool item_has_one_name(const struct json5_value *item, const struct decl *decl);
