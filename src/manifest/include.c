/*
 * The files are read depth first and merged as they come. What includes what is
 * a chain of struct file on the stack: a file that is on it closes a circle,
 * one that is known but not on it is a diamond, and nothing is to be done.
 *
 * A file that cannot be read makes everything else doubtful (the child that is
 * offered to may be in there), so that only the files themselves are told about
 * then.
 */
#include "manifest/include.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/merge.h"

struct reading {
	struct load *load;
	const struct manifest_includes *includes;
	struct merge merge;
	struct json5_value *root;
	const char **files; /* INCLUDE_FILES_MAX of them */
	size_t n_files, n_entries, n_bytes;
	bool is_invalid; /* something was reported */
	bool is_torn;	 /* a file is missing, or what it says */
	bool is_full;	 /* too many of something; reported */
};

/* A file while it is read. */
struct file {
	size_t number;
	unsigned depth;
	const struct file *above; /* which includes it */
};

static void torn(struct reading *r)
{
	r->is_invalid = r->is_torn = true;
}

static void value_set_file(struct json5_value *v, unsigned file)
{
	struct json5_value *each;

	v->place.file = v->end.file = v->key_place.file =
		file & (PLACE_FILES_MAX - 1);
	for (each = json5_first(v); each; each = each->next)
		value_set_file(each, file);
}

/* The tree of one file; *ret is NULL if it has none. 0 or a fault. */
static int tree_read(struct reading *r, const struct file *file,
		     const char *bytes, size_t n, struct json5_value **ret)
{
	struct load *l = r->load;
	int k;

	*ret = NULL;
	k = json5_read(r->files[file->number], bytes, n, &l->scratch, ret,
		       l->report);
	if (k < 0)
		return k;
	if (k)
		r->is_invalid = true;
	if (!*ret) {
		torn(r);
		return 0;
	}
	if (file->number)
		value_set_file(*ret, (unsigned)file->number);
	if ((*ret)->type == JSON5_OBJECT)
		return 0;
	load_error(l, RULE_WRONG_TYPE, (*ret)->place,
		   "a manifest is an object ({...}), not %s",
		   json5_type_phrase((*ret)->type));
	torn(r);
	*ret = NULL;
	return 0;
}

/* Which of the files on the way to @file is called @name; NULL: none. */
static const struct file *file_above(const struct reading *r,
				     const struct file *file, const char *name)
{
	for (; file; file = file->above)
		if (!strcmp(r->files[file->number], name))
			return file;
	return NULL;
}

static bool is_known(const struct reading *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_files; i++)
		if (!strcmp(r->files[i], name))
			return true;
	return false;
}

/* The files from @file up to @top, and so from @top down to @file. */
static void circle_write(const struct reading *r, const struct file *file,
			 const struct file *top, struct text *t)
{
	if (file != top)
		circle_write(r, file->above, top, t);
	text_printf(t, "%s%s", file == top ? "" : ", which includes ",
		    r->files[file->number]);
}

static void circle_report(struct reading *r, const struct file *file,
			  const struct file *top,
			  const struct json5_value *entry)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	circle_write(r, file, top, &t);
	if (text_is_failed(&t))
		r->load->failed = true;
	if (file == top)
		load_error(r->load, RULE_CIRCULAR_INCLUDE, entry->place,
			   "%s includes itself", text_string(&t));
	else
		load_error(r->load, RULE_CIRCULAR_INCLUDE, entry->place,
			   "the files include each other in a circle: %s, "
			   "which includes %s again",
			   text_string(&t), r->files[top->number]);
	torn(r);
}

static void full_report(struct reading *r, const struct json5_value *entry,
			int n, const char *things)
{
	if (!r->is_full)
		load_error(r->load, RULE_TOO_MANY_INCLUDES, entry->place,
			   "a manifest has at most %d %s, counting all that it "
			   "includes",
			   n, things);
	r->is_full = true;
	torn(r);
}

/* Is there room for one more file of @n bytes? Reports if not. */
static bool has_room(struct reading *r, const struct file *file,
		     const struct json5_value *entry, size_t n)
{
	if (r->n_files == INCLUDE_FILES_MAX)
		full_report(r, entry, INCLUDE_FILES_MAX, "files");
	else if (file->depth == INCLUDE_DEPTH_MAX)
		full_report(r, entry, INCLUDE_DEPTH_MAX,
			    "files inside each other");
	else if (n > INCLUDE_BYTES_MAX - r->n_bytes)
		full_report(r, entry, INCLUDE_BYTES_MAX, "bytes");
	else
		return true;
	return false;
}

/* Give the next number to the file @name. */
static bool file_number(struct reading *r, const char *name)
{
	struct manifest *m = r->load->manifest;

	r->files[r->n_files] = load_copy(r->load, name);
	m->n_files = ++r->n_files;
	return !r->load->failed;
}

static int list_read(struct reading *r, const struct file *file,
		     const struct json5_value *root);

/* The file that @entry of @above names is @name, of @n @bytes. */
static int file_read(struct reading *r, const struct file *above,
		     const struct json5_value *entry, const char *name,
		     const char *bytes, size_t n)
{
	const struct file *top = file_above(r, above, name);
	struct file file = { .number = r->n_files,
			     .depth = above->depth + 1,
			     .above = above };
	struct json5_value *root;
	int k;

	if (top) {
		circle_report(r, above, top, entry);
		return 0;
	}
	if (is_known(r, name) || !has_room(r, above, entry, n))
		return 0;
	r->n_bytes += n;
	if (!file_number(r, name))
		return -ENOMEM;
	k = tree_read(r, &file, bytes, n, &root);
	if (k || !root)
		return k;
	/* Its list first: merging uses the tree up. */
	entry = json5_get(root, "include");
	k = merge_add(&r->merge, root);
	return k || !entry ? k : list_read(r, &file, entry);
}

static void unreadable_report(struct reading *r,
			      const struct json5_value *entry, const char *why)
{
	load_error(r->load, RULE_UNREADABLE_INCLUDE, entry->place,
		   "the included file \"%.300s\" %s", entry->string.bytes, why);
	torn(r);
}

static const char *path_refusal(const char *path)
{
	if (!*path)
		return "has no name";
	if (strlen(path) > INCLUDE_PATH_MAX)
		return "has a path longer than 4095 bytes";
	if (*path == '/' && path[1] != '/')
		return "is named from the root of the host; \"//\" in front "
		       "of a path is the package's directory";
	return NULL;
}

/* One element of a file's "include". */
static int entry_read(struct reading *r, const struct file *file,
		      const struct json5_value *entry)
{
	_cleanup_free_ char *name = NULL, *bytes = NULL;
	const char *path = entry->string.bytes;
	const char *why = path_refusal(path);
	size_t n = 0;
	int k;

	if (r->n_entries++ == INCLUDE_ENTRIES_MAX)
		full_report(r, entry, INCLUDE_ENTRIES_MAX, "includes");
	if (r->is_full)
		return 0;
	if (!why && !r->includes)
		why = "cannot be had: this manifest is read by itself";
	if (why) {
		unreadable_report(r, entry, why);
		return 0;
	}
	k = r->includes->read(r->includes->userdata, r->files[file->number],
			      path, &name, &bytes, &n, &why);
	if (k < 0)
		return k;
	if (k) {
		unreadable_report(r, entry, why);
		return 0;
	}
	return file_read(r, file, entry, name, bytes, n);
}

/* A file's list of includes. */
static int list_read(struct reading *r, const struct file *file,
		     const struct json5_value *list)
{
	size_t before = r->load->n_errors, i;
	struct strings entries;
	int k = 0;

	if (list->type != JSON5_ARRAY) {
		load_error(r->load, RULE_WRONG_TYPE, list->place,
			   "expected an array of paths for \"include\", found "
			   "%s",
			   json5_type_phrase(list->type));
		torn(r);
		return 0;
	}
	if (!list->list.n)
		return 0;
	entries = load_strings(r->load, list, "include");
	if (r->load->n_errors > before)
		r->is_invalid = true;
	for (i = 0; !k && i < entries.n; i++)
		k = entry_read(r, file, entries.at[i]);
	return k ? k : r->load->failed ? -ENOMEM : 0;
}

/* Everything that the root's list names. */
static int include_all(struct reading *r, const struct json5_value *list)
{
	const struct file file = { .number = 0 };
	struct manifest *m = r->load->manifest;
	const char **files;
	int k;

	files = load_keep(r->load, INCLUDE_FILES_MAX, sizeof(*files));
	if (!files)
		return -ENOMEM;
	files[0] = m->file;
	m->files = r->files = files;
	k = merge_init(&r->merge, r->load, r->root);
	if (!k)
		k = list_read(r, &file, list);
	if (!k)
		k = merge_seal(&r->merge);
	merge_fini(&r->merge);
	return k;
}

int include_load(struct load *l, const char *bytes, size_t n,
		 const struct manifest_includes *includes,
		 struct json5_value **ret)
{
	const struct file file = { .number = 0 };
	struct manifest *m = l->manifest;
	struct reading r = { .load = l,
			     .includes = includes,
			     .files = &m->file,
			     .n_files = 1,
			     .n_bytes = n };
	const struct json5_value *list;
	int k;

	m->files = &m->file;
	m->n_files = 1;
	k = tree_read(&r, &file, bytes, n, &r.root);
	list = json5_get(r.root, "include");
	if (!k && list)
		k = include_all(&r, list);
	if (k)
		return k;
	if (!r.is_torn)
		*ret = r.root;
	return r.is_invalid ? MANIFEST_INVALID : 0;
}
