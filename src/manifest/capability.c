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
		i->backing_place = dir->place;
	}
	if (id && load_word(i->load, id, "storage_id", ids, 2) == 1)
		load_error(i->load, RULE_UNSUPPORTED, id->place,
			   "instances have no ids of their own here; write "
			   "\"static_instance_id_or_moniker\"");
}

static void delivery_check(struct item *i)
{
	static const char *const words[] = { "immediate", "on_readable" };
	const struct json5_value *v = item_at(i, KEY_DELIVERY);

	if (v && load_word(i->load, v, "delivery", words, 2) == 1)
		load_error(i->load, RULE_RESTRICTED_FEATURE, v->place,
			   "a provider starts with the first open and cannot "
			   "wait for the first message; write \"immediate\", "
			   "or take this out");
}

/* What cannot be declared by a component here. False: nothing is left of it. */
static bool is_declarable(struct item *i)
{
	const struct json5_value *path = item_at(i, KEY_PATH);

	if (i->decl.type == CAPABILITY_EVENT_STREAM) {
		load_error(i->load, RULE_RESTRICTED_FEATURE,
			   i->keyword.value->key_place,
			   "events are the framework's own, no component "
			   "declares them; use them from \"parent\" or "
			   "\"framework\"");
		return false;
	}
	if (i->decl.type == CAPABILITY_DICTIONARY && path)
		load_error(
			i->load, RULE_RESTRICTED_FEATURE, path->key_place,
			"no program serves a dictionary here; take out "
			"\"path\", and offer what is in it to \"self/%.80s\"",
			i->names.n ? i->names.at[0]->string.bytes : "NAME");
	return true;
}

/* Where the program serves it. */
static const char *path_read(struct item *i)
{
	const char *path;

	item_is_single(i, KEY_PATH, "path");
	path = item_read_path(i, KEY_PATH, "path");
	if (path && path_is_reserved(path)) {
		load_error(i->load, RULE_PROTECTED_PATH,
			   item_at(i, KEY_PATH)->place,
			   "\"%.300s\" cannot be provided: /reeve is for the "
			   "tools that look at a program",
			   path);
		i->is_broken = true;
	}
	if ((i->decl.type == CAPABILITY_DIRECTORY ||
	     i->decl.type == CAPABILITY_RUNNER ||
	     i->decl.type == CAPABILITY_RESOLVER) &&
	    !i->fields.has[KEY_PATH])
		item_report_missing(i, "path", ", where the program serves it");
	return path;
}

/* Some can be referred to by name. */
static void symbol_note(struct item *i, const char *name,
			const struct draft *draft)
{
	static const enum symbol_kind kinds[N_CAPABILITY_TYPES] = {
		[CAPABILITY_STORAGE] = SYMBOL_STORAGE,
		[CAPABILITY_RUNNER] = SYMBOL_RUNNER,
		[CAPABILITY_RESOLVER] = SYMBOL_RESOLVER,
		[CAPABILITY_DICTIONARY] = SYMBOL_DICTIONARY,
	};

	if (kinds[i->decl.type])
		symbol_add(i->load,
			   (struct symbol){ .name = name,
					    .kind = kinds[i->decl.type],
					    .place = i->decl.name_place,
					    .storage = draft });
}

void item_read_capability(struct item *i)
{
	const char *path;
	struct name name;
	size_t n;

	if (!is_declarable(i))
		return;
	path = path_read(i);
	delivery_check(i);
	if (i->decl.type == CAPABILITY_STORAGE)
		backing_set(i);
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
		symbol_note(i, name.name, item_add_draft(i, &name, &name));
	}
}
