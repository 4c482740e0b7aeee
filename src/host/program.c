/* The manifest is made as the loader would have made it, without a file. */
#include "host/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* As a shell finds it: by PATH unless there is a slash in it. */
static char *program_find(const char *name)
{
	const char *path = getenv("PATH"), *end;
	struct text t = TEXT_INIT;
	char *found = NULL;

	if (strchr(name, '/'))
		return is_program(name) ? realpath(name, NULL) : NULL;
	for (path = path ? path : "/usr/bin:/bin"; *path && !found;
	     path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		text_clear(&t);
		text_printf(&t, "%.*s/%s", (int)(end - path), path, name);
		if (!text_is_failed(&t) && is_program(text_string(&t)))
			found = realpath(text_string(&t), NULL);
	}
	text_fini(&t);
	return found;
}

/* Is it among what every cell sees of the host? */
static bool is_host_path(const char *path)
{
	static const char *const visible[] = { "/usr/", "/bin/", "/sbin/",
					       "/lib/" };
	size_t i;

	for (i = 0; i < N_ELEMENTS(visible); i++)
		if (!strncmp(path, visible[i], strlen(visible[i])))
			return true;
	return false;
}

static int program_fill(struct manifest *m, const char *binary,
			char *const *argv)
{
	struct program *p = arena_new(&m->arena, struct program);
	const char **args;
	size_t n = 0, i;

	while (argv[n + 1])
		n++;
	args = arena_array(&m->arena, n + 1, sizeof(*args));
	if (!p || !args)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		args[i] =
			arena_copy(&m->arena, argv[i + 1], strlen(argv[i + 1]));
		if (!args[i])
			return -ENOMEM;
	}
	p->runner = "elf";
	p->binary = arena_copy(&m->arena, binary, strlen(binary));
	p->args = args;
	p->n_args = n;
	m->program = p;
	m->file = "(command line)";
	return p->binary ? 0 : -ENOMEM;
}

int program_make(char *const *argv, struct manifest **ret,
		 struct package *ret_package, struct text *ret_why)
{
	_cleanup_free_ char *path = program_find(argv[0]);
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	const char *binary;
	char *directory;
	int r;

	if (!path) {
		text_printf(ret_why, "there is no program \"%s\"", argv[0]);
		return PACKAGE_INVALID;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	binary = is_host_path(path) ? path : strrchr(path, '/') + 1;
	r = program_fill(m, binary, argv);
	if (r < 0)
		return r;
	*ret_package = (struct package){ 0 };
	if (binary != path) {
		/* Without its slash, but for the one of the root. */
		directory = strndup(path, binary - path > 1
						  ? (size_t)(binary - path - 1)
						  : 1);
		if (!directory)
			return -ENOMEM;
		ret_package->directory = directory;
		ret_package->manifest_file = strdup(path);
	}
	*ret = TAKE(m);
	return 0;
}
