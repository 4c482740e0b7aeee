/* Spots: what the cursor is on, in the words of a manifest. */
#pragma once

#include "lsp/forest.h"
#include "manifest/describe.h"

struct spot {
	struct document *document;
	size_t at;
	const struct node *node; /* what the cursor touches; NULL: nothing */
	bool is_on_key;
	const struct node *object; /* around it; NULL if there is none */
	const struct shape *shape; /* of the object; NULL if not known */
	const char
		*key; /* under which the value at the cursor stands; or NULL */
};

struct spot spot_find(struct document *d, size_t at);

/* What kind of object @object is; NULL if nothing is known of it. */
const struct shape *node_shape(const struct node *object);

/* The key of @object that says which capability it is about; NULL if none. */
const struct node *node_keyword(const struct node *object,
				const struct shape *shape);

/* The use, offer, expose or capability that @node is in; NULL if none. */
const struct node *node_item(const struct node *node,
			     const struct shape **ret_shape);

/* A capability's name in the form that declarations have: NAME of
 * "/svc/NAME". */
const char *name_plain(const char *name);

/* Is the cursor on a capability's name, in a declaration? */
bool spot_is_name(const struct spot *s);

/* What "#NAME", "#NAME/DICTIONARY" or "self/DICTIONARY" stands for in the
 * document: the value that names the child, collection, storage, environment or
 * dictionary. NULL if there is none, or @reference is no such thing. */
const struct node *document_find_reference(const struct document *d,
					   const char *reference);

/* The declaration of @m that the name at the cursor belongs to; NULL if @m has
 * none. */
const struct decl *spot_decl(const struct spot *s, const struct manifest *m);
