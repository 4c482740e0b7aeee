/* Capabilities: what the component's own program serves. */
#include <string.h>

#include "manifest/item.h"
#include "manifest/names.h"

/* backing_dir and storage_id of a storage. */
static void backing_set(struct item *i)
{
	static const char *const ids[] = { "static_instance_id_or_moniker",
					   "static_instance_id" };
	const struct json5_value *dir = item_at(i, KEY_BACKING_DIR);
	const struct json5_value *id = item_at(i, KEY_STORAGE_ID);
	const char *s, *why;

	if (!i->fields.has[KEY_FROM])
		item_report_missing(i, "from",
				    ": where its directory comes from");
	if (!i->fields.has[KEY_BACKING_DIR])
		item_report_missing(i, "backing_dir",
				    ", the directory that holds it");
	if (!i->fields.has[KEY_STORAGE_ID])
		item_report_missing(i, "storage_id",
				    ": \"static_instance_id_or_moniker\"");
	s = dir ? load_string(i->load, dir, "backing_dir") : NULL;
	if (s) {
		why = name_check(s, i->load->dialect, true);
		if (why)
			load_error(i->load, RULE_INVALID_NAME, dir->place,
				   "the name \"%.300s\" %s", s, why);
		i->decl.backing = load_copy(i->load, s);
	}
	if (id && load_word(i->load, id, "storage_id", ids, 2) == 1)
		load_error(i->load, RULE_UNSUPPORTED, id->place,
			   "\"static_instance_id\" is not supported yet; write "
			   "\"static_instance_id_or_moniker\"");
}

void item_read_capability(struct item *i)
{
	const char *path;
	struct name name;
	struct draft *draft;
	size_t n;

	item_is_single(i, KEY_PATH, "path");
	path = item_read_path(i, KEY_PATH, "path");
	if (path && path_is_reserved(path)) {
		load_error(i->load, RULE_PROTECTED_PATH,
			   item_at(i, KEY_PATH)->place,
			   "\"%.300s\" cannot be provided: /reeve is for the "
			   "tools that look at a program", path);
		i->is_broken = true;
	}
	if (i->decl.type == CAPABILITY_STORAGE)
		backing_set(i);
	if ((i->decl.type == CAPABILITY_DIRECTORY ||
	     i->decl.type == CAPABILITY_RUNNER) &&
	    !i->fields.has[KEY_PATH])
		item_report_missing(i, "path", ", where the program serves it");
	if (i->decl.type == CAPABILITY_DIRECTORY && !i->fields.has[KEY_RIGHTS])
		load_error(i->load, RULE_MISSING_RIGHTS, i->decl.place,
			   "a directory has to say which \"rights\" it gives, "
			   "for example [\"r*\"]");
	for (n = 0; n < i->names.n; n++) {
		i->decl.name_place = i->names.at[n]->place;
		if (!item_read_own_name(i, i->names.at[n], &name))
			continue;
		i->decl.path = path;
		if (i->decl.type == CAPABILITY_SERVICE && !path)
			i->decl.path = item_service_path(i, name.name);
		draft = item_add_draft(i, &name, &name);
		if (i->decl.type == CAPABILITY_STORAGE ||
		    i->decl.type == CAPABILITY_RUNNER)
			symbol_add(i->load,
				   i->decl.type == CAPABILITY_STORAGE
					   ? SYMBOL_STORAGE
					   : SYMBOL_RUNNER,
				   name.name, i->decl.name_place, draft);
	}
}
