/* The file of the configuration, for the public API. */
#include "reeve/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "client/config_text.h"
#include "sys/fd.h"

/* As much as a manager writes; more is not from one. */
enum { CONFIG_BYTES_MAX = 64 * 1024 };

static int file_read(char **ret)
{
	_cleanup_free_ char *bytes = NULL;
	_cleanup_fd_ int fd = -1;
	size_t n = 0;
	ssize_t k;

	fd = open(REEVE_CONFIG_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	bytes = malloc(CONFIG_BYTES_MAX + 1);
	if (!bytes)
		return -ENOMEM;
	while (n <= CONFIG_BYTES_MAX) {
		k = read(fd, bytes + n, CONFIG_BYTES_MAX + 1 - n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (!k)
			break;
		n += (size_t)k;
	}
	if (n > CONFIG_BYTES_MAX)
		return -EFBIG;
	bytes[n] = 0;
	*ret = TAKE(bytes);
	return 0;
}

/* The value of @key, in *ret_file, which the caller frees. */
static int value_find(const char *key, char **ret_file, struct config_text *ret)
{
	int r;

	r = file_read(ret_file);
	return r ? r : config_text_find(*ret_file, key, ret);
}

int reeve_config_bool(const char *key, bool *ret)
{
	_cleanup_free_ char *file = NULL;
	struct config_text v;
	int r;

	r = value_find(key, &file, &v);
	return r ? r : config_text_bool(v, ret);
}

int reeve_config_int64(const char *key, int64_t *ret)
{
	_cleanup_free_ char *file = NULL;
	struct config_text v;
	int r;

	r = value_find(key, &file, &v);
	return r ? r : config_text_int64(v, ret);
}

int reeve_config_uint64(const char *key, uint64_t *ret)
{
	_cleanup_free_ char *file = NULL;
	struct config_text v;
	int r;

	r = value_find(key, &file, &v);
	return r ? r : config_text_uint64(v, ret);
}

int reeve_config_string(const char *key, char **ret)
{
	_cleanup_free_ char *file = NULL;
	struct config_text v;
	int r;

	r = value_find(key, &file, &v);
	return r ? r : config_text_string(v, ret);
}

int reeve_config_json(const char *key, char **ret)
{
	_cleanup_free_ char *file = NULL;
	struct config_text v;
	char *copy;
	int r;

	r = value_find(key, &file, &v);
	if (r)
		return r;
	copy = strndup(v.s, v.n);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}
