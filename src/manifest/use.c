/* Uses: what appears where in the component's own namespace. */
#include <string.h>

#include "manifest/item.h"

/* Where all events come in. */
static const char event_path[] = "/svc/fuchsia.component.EventStream";

/* Where the use @name of the path-named dialect appears. */
static const char *use_path_seed(struct item *i, const struct name *name,
				 const char *as)
{
	if (i->decl.type == CAPABILITY_RUNNER ||
	    i->decl.type == CAPABILITY_EVENT_STREAM)
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
	if (i->decl.type == CAPABILITY_RUNNER ||
	    i->decl.type == CAPABILITY_CONFIG || path)
		return path;
	if (i->decl.type == CAPABILITY_SERVICE)
		return item_service_path(i, name->name);
	if (i->decl.type == CAPABILITY_EVENT_STREAM)
		return event_path;
	if (!i->fields.has[KEY_PATH])
		item_report_missing(i, "path", ", where it appears");
	i->is_broken = true;
	return NULL;
}

/* The rights of a use of a directory. */
static void rights_check(struct item *i)
{
	bool is_seed = load_is_seed(i->load);

	if (i->decl.type != CAPABILITY_DIRECTORY || i->decl.has_rights)
		return;
	i->decl.has_rights = is_seed;
	i->decl.rights = is_seed ? RIGHTS_R : 0;
	if (!is_seed && !i->fields.has[KEY_RIGHTS])
		load_error(i->load, RULE_MISSING_RIGHTS, i->decl.place,
			   "a use of a directory has to say which \"rights\" "
			   "it wants, for example [\"r*\"]");
}

static void handle_check(struct item *i)
{
	enum { HANDLE_MAX = 255 };
	const struct json5_value *v = item_at(i, KEY_NUMBERED_HANDLE);

	if (!v)
		return;
	if (item_at(i, KEY_PATH))
		load_error(i->load, RULE_MISPLACED_KEY,
			   item_at(i, KEY_PATH)->key_place,
			   "\"path\" does not go with \"numbered_handle\": it "
			   "is the one or the other");
	if (v->number != 0 && !load_number(i->load, v, "numbered_handle",
					   (struct range){ 1, HANDLE_MAX }))
		return;
	load_error(i->load, RULE_RESTRICTED_FEATURE, v->key_place,
		   "a program starts with no numbered handles but its "
		   "manager's own; take this out, and open it in the "
		   "namespace");
}

/* What one thing of a use is called by its user: a place, or, for an event of
 * the path-named dialect, a name. */
static const char *place_read(struct item *i, struct name *ret_as)
{
	bool is_seed = load_is_seed(i->load);
	enum key key = is_seed ? KEY_AS : KEY_PATH;

	/* Several events come through one path. */
	if (i->decl.type != CAPABILITY_EVENT_STREAM || is_seed)
		item_is_single(i, key, is_seed ? "as" : "path");
	if (i->decl.type != CAPABILITY_EVENT_STREAM || !is_seed)
		return item_read_path(i, key, is_seed ? "as" : "path");
	if (item_at(i, key) &&
	    !item_read_name(i, item_at(i, key), "as", ret_as))
		i->is_broken = true;
	return NULL;
}

static void runner_note(struct item *i, const struct draft *draft)
{
	struct load *l = i->load;

	if (!l->runner)
		l->runner = draft;
	else
		load_error(l, RULE_RUNNER_CONFLICT, i->decl.place,
			   "a second runner; a component has one, and names it "
			   "at %s already",
			   load_place(l, l->runner->decl.place, i->decl.place));
}

void item_read_use(struct item *i)
{
	bool is_seed = load_is_seed(i->load);
	struct name name, as = { NULL, NULL };
	struct draft *draft;
	const char *path;
	size_t n;

	path = place_read(i, &as);
	rights_check(i);
	handle_check(i);
	for (n = 0; n < i->names.n; n++) {
		i->decl.name_place = i->names.at[n]->place;
		if (!item_read_own_name(i, i->names.at[n], &name))
			continue;
		i->decl.path = is_seed ? use_path_seed(i, &name, path)
				       : use_path_modern(i, &name, path);
		draft = item_add_draft(i, &name, as.name ? &as : &name);
		if (draft && i->decl.type == CAPABILITY_RUNNER)
			runner_note(i, draft);
	}
}
