/* Uses: what appears where in the component's own namespace. */
#include <string.h>

#include "manifest/item.h"

/* Where the use @name of the path-named dialect appears. */
static const char *use_path_seed(struct item *i, const struct name *name,
				 const char *as)
{
	if (i->decl.type == CAPABILITY_RUNNER)
		return NULL;
	if (i->decl.type != CAPABILITY_STORAGE)
		return as ? as : name->written;
	if (strcmp(name->name, "meta") == 0) {
		/* The framework's own: it appears nowhere. */
		if (item_at(i, KEY_AS))
			load_error(i->load, RULE_MISPLACED_KEY,
				   item_at(i, KEY_AS)->key_place,
				   "\"as\" does not go with the storage "
				   "\"meta\", which is not in the namespace");
		return NULL;
	}
	if (as)
		return as;
	return strcmp(name->name, "data") == 0 ? "/data" : "/cache";
}

static const char *use_path_modern(struct item *i, const struct name *name,
				   const char *path)
{
	if (i->decl.type == CAPABILITY_RUNNER || path)
		return path;
	if (i->decl.type == CAPABILITY_SERVICE)
		return item_service_path(i, name->name);
	if (!i->fields.has[KEY_PATH])
		item_report_missing(i, "path", ", where it appears");
	i->is_broken = true;
	return NULL;
}

void item_read_use(struct item *i)
{
	bool is_seed = load_is_seed(i->load);
	enum key key = is_seed ? KEY_AS : KEY_PATH;
	const char *path;
	struct name name;
	struct draft *draft;
	size_t n;

	item_is_single(i, key, is_seed ? "as" : "path");
	path = item_read_path(i, key, is_seed ? "as" : "path");
	if (i->decl.type == CAPABILITY_DIRECTORY && !i->decl.has_rights) {
		i->decl.has_rights = is_seed;
		i->decl.rights = is_seed ? RIGHTS_R : 0;
		if (!is_seed && !i->fields.has[KEY_RIGHTS])
			load_error(i->load, RULE_MISSING_RIGHTS, i->decl.place,
				   "a use of a directory has to say which "
				   "\"rights\" it wants, for example [\"r*\"]");
	}
	for (n = 0; n < i->names.n; n++) {
		i->decl.name_place = i->names.at[n]->place;
		if (!item_read_own_name(i, i->names.at[n], &name))
			continue;
		i->decl.path = is_seed ? use_path_seed(i, &name, path)
				       : use_path_modern(i, &name, path);
		draft = item_add_draft(i, &name, &name);
		if (draft && i->decl.type == CAPABILITY_RUNNER &&
		    !i->load->runner)
			i->load->runner = draft;
		else if (draft && i->decl.type == CAPABILITY_RUNNER)
			load_error(i->load, RULE_RUNNER_CONFLICT, i->decl.place,
				   "a second runner; a component has one, and "
				   "names it at %u:%u already",
				   i->load->runner->decl.place.line,
				   i->load->runner->decl.place.column);
	}
}
