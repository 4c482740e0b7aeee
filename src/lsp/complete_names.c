/*
 * Names that can stand in values: of this file by its outline, of children and
 * of the parent by the tree, of packages by the directories they are in.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/completion.h"
#include "manifest/url.h"

/* ---- what this file names ---- */

/* "#NAME" of each element of a section. */
static void references_add(struct proposals *p, const char *section,
			   const char *key)
{
	const struct node *root = p->spot->document->outline.root;
	struct text label = TEXT_INIT;
	const char *name;

	node_for_each(element, node_get(root, section))
	{
		name = node_text(element, key);
		if (!name || !*name)
			continue;
		text_clear(&label);
		text_printf(&label, "#%s", name);
		proposal_add(p, PROPOSAL_REFERENCE, text_string(&label),
			     section);
	}
	p->text->failed |= text_is_failed(&label);
	text_fini(&label);
}

/* "self/NAME" of each dictionary that this file declares. */
static void dictionaries_add(struct proposals *p)
{
	const struct node *root = p->spot->document->outline.root;
	struct text label = TEXT_INIT;
	const char *name;

	node_for_each(element, node_get(root, "capabilities"))
	{
		name = node_text(element, "dictionary");
		if (!name || !*name)
			continue;
		text_clear(&label);
		text_printf(&label, "self/%s", name);
		proposal_add(p, PROPOSAL_REFERENCE, text_string(&label),
			     "dictionary");
	}
	p->text->failed |= text_is_failed(&label);
	text_fini(&label);
}

static void complete_to(struct proposals *p)
{
	references_add(p, "children", "name");
	references_add(p, "collections", "name");
	if (p->spot->shape == &shape_offer)
		dictionaries_add(p);
	if (p->dialect != DIALECT_SEED &&
	    (node_get(p->spot->object, "protocol") ||
	     node_get(p->spot->object, "dictionary")))
		proposal_add(p, PROPOSAL_WORD, "all",
			     "each child and collection");
}

static void complete_from(struct proposals *p)
{
	const struct shape *shape = p->spot->shape;
	bool is_seed = p->dialect == DIALECT_SEED;

	if (shape != &shape_expose)
		proposal_add(p, PROPOSAL_WORD, is_seed ? "realm" : "parent",
			     NULL);
	if (shape != &shape_use || !is_seed)
		proposal_add(p, PROPOSAL_WORD, "self", NULL);
	if (shape == &shape_use || shape == &shape_offer ||
	    shape == &shape_expose)
		proposal_add(p, PROPOSAL_WORD, "framework", NULL);
	if (!is_seed && (shape == &shape_offer || shape == &shape_expose))
		proposal_add(p, PROPOSAL_WORD, "void", NULL);
	if (!is_seed && shape == &shape_use)
		proposal_add(p, PROPOSAL_WORD, "debug", NULL);
	if (shape == &shape_use && is_seed)
		return;
	references_add(p, "children", "name");
	if (node_get(p->spot->object, "service") && !is_seed)
		references_add(p, "collections", "name");
	if (node_get(p->spot->object, "storage"))
		references_add(p, "storage", "name");
	else
		dictionaries_add(p);
}

/* ---- capabilities ---- */

static bool keyword_is_service(const char *keyword)
{
	return !strcmp(keyword, "service") || !strcmp(keyword, "protocol");
}

static bool keywords_agree(const char *a, const char *b)
{
	return !strcmp(a, b) ||
	       (keyword_is_service(a) && keyword_is_service(b));
}

/* In the seed's dialect services are named by path. */
static void name_add(struct proposals *p, const char *keyword, const char *name,
		     const char *detail)
{
	_cleanup_text_ struct text path = TEXT_INIT;

	if (p->dialect != DIALECT_SEED || !keyword_is_service(keyword) ||
	    *name == '/') {
		proposal_add(p, PROPOSAL_NAME, name, detail);
		return;
	}
	text_printf(&path, "/svc/%s", name);
	proposal_add(p, PROPOSAL_NAME, text_string(&path), detail);
	p->text->failed |= text_is_failed(&path);
}

/* Those that this file declares itself. */
static void own_names_add(struct proposals *p, const char *keyword)
{
	const struct node *root = p->spot->document->outline.root, *own;

	node_for_each(element, node_get(root, "capabilities"))
	{
		own = node_keyword(element, &shape_capability);
		if (!own || !keywords_agree(own->key, keyword))
			continue;
		if (own->kind == NODE_STRING)
			name_add(p, keyword, own->text, "self");
		node_for_each(name, own->kind == NODE_ARRAY ? own : NULL)
			name_add(p, keyword, name->text, "self");
	}
}

static void table_add(struct proposals *p, const struct realm *r,
		      enum table_kind kind, const char *keyword)
{
	const struct table *table = &r->tables[kind];
	const struct decl *d;
	size_t i;

	for (i = 0; i < table->n; i++) {
		d = table->slots[i].decl;
		if (!keywords_agree(d->keyword, keyword) ||
		    (d->kind == DECL_EXPOSE && d->to.kind != TARGET_PARENT))
			continue;
		name_add(p, keyword, d->target_name,
			 kind == TABLE_OUTPUT ? r->name : "parent");
	}
}

static void child_add(struct proposals *p, const struct realm *child,
		      const char *keyword)
{
	if (child && child->state == REALM_RESOLVED)
		table_add(p, child, TABLE_OUTPUT, keyword);
}

static void children_add(struct proposals *p, const struct realm *r,
			 const char *keyword)
{
	const struct realm *child;

	list_for_each (child, &r->children, link)
		child_add(p, child, keyword);
}

static void names_add(struct proposals *p, const struct realm *r,
		      const char *keyword)
{
	const char *from = node_text(p->spot->object, "from");
	bool is_use = p->spot->shape == &shape_use;

	if (from && *from == '#') {
		child_add(p, realm_find_child(r, NULL, from + 1), keyword);
		return;
	}
	if (from ? !strcmp(from, "self") : !is_use)
		own_names_add(p, keyword);
	if (from ? !strcmp(from, "parent") || !strcmp(from, "realm")
		 : p->spot->shape != &shape_expose)
		table_add(p, r, TABLE_INPUT, keyword);
	if (!from && !is_use)
		children_add(p, r, keyword);
}

static int complete_name(struct proposals *p, const char *keyword)
{
	struct seat seat;
	int r = forest_find(&p->server->forest, p->spot->document, &seat);

	if (r < 0)
		return r;
	if (!r)
		names_add(p, seat.realm, keyword);
	else
		own_names_add(p, keyword);
	return 0;
}

/* ---- packages ---- */

/* The host that the URLs of this file name: a repository, which is a matter of
 * custom. */
static void host_find(const struct document *d, struct text *ret)
{
	struct arena arena = ARENA_INIT;
	struct url u;
	const char *why, *url;
	int r;

	node_for_each(child, node_get(d->outline.root, "children"))
	{
		url = node_text(child, "url");
		if (!url || ret->n)
			continue;
		r = url_parse(url, &arena, &u, &why);
		ret->failed |= r < 0;
		if (!r && u.kind == URL_PACKAGE)
			text_puts(ret, u.host);
	}
	if (!ret->n)
		text_puts(ret, "fuchsia.com");
	arena_fini(&arena);
}

/* "x.cml" and "x.cm" are both called x.cm. */
static bool is_manifest(const char *name, int *ret_n)
{
	size_t n = strlen(name);

	if (n > 4 && !strcmp(name + n - 4, ".cml"))
		*ret_n = (int)n - 4;
	else if (n > 3 && !strcmp(name + n - 3, ".cm"))
		*ret_n = (int)n - 3;
	else
		return false;
	return true;
}

static void package_add(struct proposals *p, const char *host,
			const char *directory, const char *package)
{
	_cleanup_text_ struct text path = TEXT_INIT, url = TEXT_INIT;
	struct dirent *entry;
	DIR *meta;
	int n;

	text_printf(&path, "%s/%s/meta", directory, package);
	meta = opendir(text_string(&path));
	while (meta && p->n < PROPOSALS_MAX && (entry = readdir(meta))) {
		if (!is_manifest(entry->d_name, &n))
			continue;
		text_clear(&url);
		text_printf(&url, "fuchsia-pkg://%s/%s#meta/%.*s.cm", host,
			    package, n, entry->d_name);
		proposal_add(p, PROPOSAL_URL, text_string(&url), directory);
	}
	if (meta)
		closedir(meta);
	p->text->failed |= text_is_failed(&path) || text_is_failed(&url);
}

static void directory_add(struct proposals *p, const char *host,
			  const char *directory)
{
	enum { LOOK_MAX = 10000 };
	DIR *packages = opendir(directory);
	struct dirent *entry;
	size_t n = 0;

	while (packages && n++ < LOOK_MAX && p->n < PROPOSALS_MAX &&
	       (entry = readdir(packages)))
		if (entry->d_name[0] != '.')
			package_add(p, host, directory, entry->d_name);
	if (packages)
		closedir(packages);
}

/* The directories of packages, as the tree of this document looks them up. */
static int complete_url(struct proposals *p)
{
	const struct forest *f = &p->server->forest;
	_cleanup_text_ struct text host = TEXT_INIT;
	_cleanup_free_ char *beside = NULL;
	size_t i;

	host_find(p->spot->document, &host);
	p->text->failed |= text_is_failed(&host);
	for (i = 0; i < f->packages.n; i++)
		directory_add(p, text_string(&host), f->packages.at[i]);
	if (i || !p->spot->document->path)
		return 0;
	beside = package_default_path(p->spot->document->path);
	if (!beside)
		return -ENOMEM;
	directory_add(p, text_string(&host), beside);
	return 0;
}

int complete_value(struct proposals *p, const char *key)
{
	const struct node *keyword =
		node_keyword(p->spot->object, p->spot->shape);

	if (keyword && !strcmp(keyword->key, key))
		return p->spot->shape == &shape_capability
			       ? 0
			       : complete_name(p, key);
	if (!strcmp(key, "from"))
		complete_from(p);
	else if (!strcmp(key, "dest") ||
		 (!strcmp(key, "to") && p->spot->shape == &shape_offer))
		complete_to(p);
	else if (!strcmp(key, "access"))
		complete_to(p);
	else if (!strcmp(key, "environment"))
		references_add(p, "environments", "name");
	else if (!strcmp(key, "backing_dir"))
		own_names_add(p, "directory");
	else if (!strcmp(key, "runner") && p->spot->shape == &shape_program)
		proposal_add(p, PROPOSAL_WORD, "elf", NULL);
	else if (!strcmp(key, "url") && p->spot->shape == &shape_child)
		return complete_url(p);
	return 0;
}
