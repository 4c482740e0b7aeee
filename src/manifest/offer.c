/*
 * Offers and exposes: names times targets, renamed on the way. The path-named
 * dialect may rename at each target, the modern one once for all.
 */
#include <string.h>

#include "manifest/item.h"

/* One target of an offer, with the name it gives there. */
struct item_target {
	struct target to;
	struct name as;
	bool has_as;
};

/* A target of the path-named dialect: "#D" or {dest: "#D", as: "/svc/x"}. */
static bool target_read_seed(struct item *i, const struct json5_value *v,
			     struct item_target *ret)
{
	struct load *l = i->load;
	struct fields f;

	*ret = (struct item_target){ 0 };
	if (v->type == JSON5_STRING)
		return target_read(l, v, DECL_OFFER, &ret->to);
	if (v->type != JSON5_OBJECT) {
		load_error(l, RULE_WRONG_TYPE, v->place,
			   "expected a string or an object ({\"dest\": "
			   "\"#name\"}) as a target, found %s",
			   json5_type_phrase(v->type));
		return false;
	}
	shape_read(l, &shape_target, v, &i->keyword, &f);
	if (f.at[KEY_AS] && item_at(i, KEY_AS)) {
		load_error(l, RULE_MISPLACED_KEY, f.at[KEY_AS]->key_place,
			   "\"as\" is already said for all targets at %u:%u",
			   item_at(i, KEY_AS)->key_place.line,
			   item_at(i, KEY_AS)->key_place.column);
	} else if (f.at[KEY_AS] && i->names.n > 1) {
		load_error(l, RULE_MULTIPLE_NAMES, f.at[KEY_AS]->key_place,
			   "\"as\" is for one name, but \"%s\" lists %zu; "
			   "write one item per name",
			   i->keyword.name, i->names.n);
	} else if (f.at[KEY_AS]) {
		ret->has_as = true;
		if (!item_read_name(i, f.at[KEY_AS], "as", &ret->as))
			return false;
	}
	return f.at[KEY_DEST] &&
	       target_read(l, f.at[KEY_DEST], DECL_OFFER, &ret->to);
}

static size_t targets_read_seed(struct item *i, const struct json5_value *to,
				struct item_target **ret)
{
	struct item_target *targets =
		load_scratch(i->load, to->list.n, sizeof(*targets));
	size_t n = 0;

	if (!targets)
		return 0;
	json5_for_each(v, to)
	{
		if (target_read_seed(i, v, &targets[n]))
			n++;
	}
	*ret = targets;
	return n;
}

static bool is_source(const struct item *i, const char *name)
{
	size_t k;

	for (k = 0; k < i->n_sources; k++)
		if (i->sources[k].from.name &&
		    strcmp(i->sources[k].from.name, name) == 0)
			return true;
	return false;
}

/* "all" stands alone, and for what anybody may be given. */
static bool all_check(struct item *i, const struct json5_value *v, size_t n)
{
	if (strcmp(i->keyword.name, "protocol") != 0 &&
	    i->decl.type != CAPABILITY_DICTIONARY)
		load_error(i->load, RULE_BAD_TARGET, v->place,
			   "only protocols and dictionaries are offered to "
			   "\"all\"; name those who get this %s",
			   i->keyword.name);
	else if (n > 1)
		load_error(i->load, RULE_BAD_TARGET, v->place,
			   "\"all\" holds everybody, so it stands alone");
	else
		return true;
	return false;
}

/* All targets of an offer, in scratch memory; returns how many. */
static size_t targets_read(struct item *i, struct item_target **ret)
{
	const struct json5_value *to = item_at(i, KEY_TO);
	struct item_target *targets;
	struct strings strings;
	size_t n = 0, k;

	if (!to)
		return 0;
	if (load_is_seed(i->load) && to->list.n)
		return targets_read_seed(i, to, ret);
	strings = load_strings(i->load, to, "to");
	if (!strings.n)
		return 0;
	targets = load_scratch(i->load, strings.n, sizeof(*targets));
	if (!targets)
		return 0;
	for (k = 0; k < strings.n; k++) {
		const struct json5_value *v = strings.at[k];

		targets[n] = (struct item_target){ 0 };
		if (!load_is_seed(i->load) &&
		    strcmp(v->string.bytes, "all") == 0) {
			i->is_to_all = all_check(i, v, strings.n);
			i->all_place = v->place;
		} else if (target_read(i->load, v, DECL_OFFER,
				       &targets[n].to)) {
			n++;
		}
	}
	*ret = targets;
	return n;
}

/* Remember what goes to all: twice is wrong even if there is nobody. */
static void all_offer_add(struct item *i, const char *name)
{
	struct all_offer *o = load_scratch(i->load, 1, sizeof(*o));

	if (!o)
		return;
	*o = (struct all_offer){ .name = name,
				 .place = i->decl.name_place,
				 .next = i->load->all_offers };
	i->load->all_offers = o;
	i->load->n_all_offers++;
}

/* The "as" of an offer or expose: what its one name becomes. */
static bool as_read(struct item *i, struct name *ret)
{
	if (!item_at(i, KEY_AS) || !item_is_single(i, KEY_AS, "as"))
		return false;
	if (item_read_name(i, item_at(i, KEY_AS), "as", ret))
		return true;
	i->is_broken = true;
	return false;
}

/*
 * What a directory from "self" without rights means in the path-named dialect:
 * the declaration is the source at the same time, and sources say their rights.
 */
static void rights_default_seed(struct item *i)
{
	if (load_is_seed(i->load) && i->decl.type == CAPABILITY_DIRECTORY &&
	    i->decl.from.kind == SOURCE_SELF && !i->decl.has_rights) {
		i->decl.rights = RIGHTS_R;
		i->decl.has_rights = true;
	}
}

/* Everybody but whom it comes from is offered @name. */
static void add_to_all(struct item *i, const struct name *name,
		       const struct name *as)
{
	const struct manifest *m = i->load->manifest;
	size_t n = m->n_children + m->n_collections, k;
	struct target to = { .is_all = true, .place = i->all_place };

	all_offer_add(i, as->name);
	for (k = 0; k < n && !i->load->is_full; k++) {
		bool is_child = k < m->n_children;

		to.kind = is_child ? TARGET_CHILD : TARGET_COLLECTION;
		to.name = is_child ? m->children[k].name
				   : m->collections[k - m->n_children].name;
		i->decl.to = to;
		if (!is_source(i, to.name))
			item_add_draft(i, name, as);
	}
}

void item_read_offer(struct item *i)
{
	struct item_target *targets = NULL;
	struct name as, name;
	bool has_as = as_read(i, &as);
	size_t n_targets = targets_read(i, &targets), n, k;

	rights_default_seed(i);
	item_read_instances(i);
	for (n = 0; n < i->names.n; n++) {
		i->decl.name_place = i->names.at[n]->place;
		if (!item_read_own_name(i, i->names.at[n], &name))
			continue;
		if (i->is_to_all)
			add_to_all(i, &name, has_as ? &as : &name);
		for (k = 0; k < n_targets && !i->load->is_full; k++) {
			i->decl.to = targets[k].to;
			item_add_draft(i, &name,
				       targets[k].has_as ? &targets[k].as
				       : has_as		 ? &as
							 : &name);
		}
	}
}

void item_read_expose(struct item *i)
{
	const struct json5_value *to = item_at(i, KEY_TO);
	struct name as, name;
	bool has_as;
	size_t n;

	if (i->decl.type == CAPABILITY_STORAGE) {
		load_error(i->load, RULE_BAD_TARGET, i->decl.place,
			   "storage cannot be exposed; it only goes down the "
			   "tree, by offers");
		return;
	}
	has_as = as_read(i, &as);
	i->decl.to = (struct target){ .kind = TARGET_PARENT,
				      .place = i->decl.place };
	if (to && !target_read(i->load, to, DECL_EXPOSE, &i->decl.to))
		i->is_broken = true;
	if (i->decl.to.kind == TARGET_FRAMEWORK && item_at(i, KEY_SUBDIR))
		load_error(i->load, RULE_FRAMEWORK_SUBDIR,
			   item_at(i, KEY_SUBDIR)->key_place,
			   "a directory is exposed to the framework whole, "
			   "without \"subdir\"");
	if (i->decl.to.kind == TARGET_FRAMEWORK &&
	    i->decl.type == CAPABILITY_EVENT_STREAM) {
		load_error(i->load, RULE_BAD_TARGET, to->place,
			   "events come from the framework; they are not "
			   "exposed to it");
		i->is_broken = true;
	}
	rights_default_seed(i);
	for (n = 0; n < i->names.n; n++) {
		i->decl.name_place = i->names.at[n]->place;
		if (item_read_own_name(i, i->names.at[n], &name))
			item_add_draft(i, &name, has_as ? &as : &name);
	}
}
