/* One line for each thing, one word for each field. */
#include "dump_test.h"

#include <inttypes.h>

#include "manifest/access.h"

static const char *or_none(const char *s)
{
	return s ? s : "-";
}

static void source_dump(const struct source *s, struct text *t)
{
	text_printf(t, " from=%d,%s,%s", (int)s->kind, or_none(s->name),
		    or_none(s->dictionary));
}

static void value_dump(const struct decl *d, struct text *t)
{
	text_printf(t, " key=%s value=%s", or_none(d->config_key),
		    or_none(d->value));
	if (!d->config)
		return;
	text_puts(t, " type=");
	config_type_render(d->config, t);
}

static void ours_dump(const struct decl *d, struct text *t)
{
	text_printf(t, " sealed=%d ends=%d revoke=%d absent=%d implied=%d",
		    d->no_transfer, (int)d->if_provider_ends,
		    d->restart_on_revoke, d->source_may_be_absent, d->implied);
	if (d->access) {
		text_puts(t, " access=");
		access_render(d->access, t);
	}
}

static void decl_dump(const struct decl *d, struct text *t)
{
	size_t i;

	text_printf(t, "%s %s %s as %s at %s", decl_kind_name(d->kind),
		    d->keyword, d->name, or_none(d->target_name),
		    or_none(d->path));
	source_dump(&d->from, t);
	text_printf(t, " to=%d,%s,%d rights=%" PRIx32 ",%d subdir=%s weak=%d",
		    (int)d->to.kind, or_none(d->to.name), d->to.is_all,
		    d->rights, d->has_rights, or_none(d->subdir), d->weak);
	text_printf(t, " availability=%d backing=%s environment=%s",
		    (int)d->availability, or_none(d->backing),
		    d->environment ? d->environment->name : "-");
	value_dump(d, t);
	for (i = 0; i < d->n_instances; i++)
		text_printf(t, " instance=%s,%s", d->instances[i].source,
			    d->instances[i].target);
	ours_dump(d, t);
	text_puts(t, "\n");
}

static void program_dump(const struct program *p, struct text *t)
{
	size_t i;

	text_printf(t, "program %s %s %d %d", p->runner, or_none(p->binary),
		    p->notify_stop, p->strict);
	for (i = 0; i < p->n_args; i++)
		text_printf(t, " arg=%s", p->args[i]);
	for (i = 0; i < p->n_environ; i++)
		text_printf(t, " environ=%s", p->environ[i]);
	text_puts(t, "\n");
}

static void limits_dump(const struct limits *l, struct text *t)
{
	if (!l)
		return;
	text_printf(t,
		    " limits=%" PRIu64 ",%" PRIu64 ",%u,%u,%u,%u,%u,%u,%u,%u",
		    l->memory_min, l->memory_max, l->cpu_share, l->cpu_max,
		    l->tasks_max, l->opens, l->connections, l->channels,
		    l->children, l->requests_per_second);
}

static void restart_dump(const struct restart *r, struct text *t)
{
	text_printf(t, " restart=%d,%u,%u,%u,%u", (int)r->policy, r->delay_ms,
		    r->max_delay_ms, r->give_up, r->forget_ms);
}

static void instances_dump(const struct manifest *m, struct text *t)
{
	const struct collection_decl *collection;
	const struct child_decl *child;
	size_t i;

	for (i = 0; i < m->n_children; i++) {
		child = &m->children[i];
		text_printf(t, "child %s %s %d %s", child->name, child->url,
			    (int)child->startup,
			    child->environment ? child->environment->name
					       : "-");
		limits_dump(child->limits, t);
		restart_dump(&child->restart, t);
		text_puts(t, "\n");
	}
	for (i = 0; i < m->n_collections; i++) {
		collection = &m->collections[i];
		text_printf(t, "collection %s %d %s %d %d %d", collection->name,
			    (int)collection->durability,
			    collection->environment
				    ? collection->environment->name
				    : "-",
			    collection->has_static_offers_only,
			    collection->allows_long_names,
			    collection->keeps_storage);
		limits_dump(collection->limits, t);
		restart_dump(&collection->restart, t);
		text_puts(t, "\n");
	}
}

static void musts_dump(const char *what, const struct policy_must *musts,
		       size_t n, struct text *t)
{
	size_t i;

	for (i = 0; i < n; i++)
		text_printf(t, "%s %s %s\n", what, musts[i].keyword,
			    musts[i].name);
}

static void policy_dump(const struct policy *p, struct text *t)
{
	size_t i;

	text_puts(t, "policy\n");
	for (i = 0; i < p->n_nevers; i++)
		text_printf(t, "never %s %s %s %d\n", p->nevers[i].from->text,
			    p->nevers[i].to->text,
			    or_none(p->nevers[i].capability),
			    p->nevers[i].is_indirect);
	musts_dump("must_use", p->must_use, p->n_must_use, t);
	musts_dump("must_offer", p->must_offer, p->n_must_offer, t);
}

void manifest_dump(const struct manifest *m, struct text *t)
{
	size_t kind, i;

	text_printf(t, "dialect %d\n", (int)m->dialect);
	if (m->program)
		program_dump(m->program, t);
	for (i = 0; i < m->n_environments; i++)
		text_printf(t, "environment %s %d %d %u\n",
			    m->environments[i].name,
			    m->environments[i].extends_parent,
			    m->environments[i].has_stop_timeout,
			    m->environments[i].stop_timeout_ms);
	instances_dump(m, t);
	for (i = 0; i < m->n_config; i++) {
		text_printf(t, "config %s %d ", m->config[i].key,
			    m->config[i].is_mutable);
		config_type_render(&m->config[i].type, t);
		text_puts(t, "\n");
	}
	for (kind = 0; kind < N_DECL_KINDS; kind++)
		for (i = 0; i < m->n_decls[kind]; i++)
			decl_dump(&m->decls[kind][i], t);
	if (m->policy)
		policy_dump(m->policy, t);
}
