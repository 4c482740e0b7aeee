/* A value is found by stepping over those before it; only the one that is asked
 * for is looked into. */
#include "client/config_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* Behind the string that begins at @s; NULL if it does not end. */
static const char *string_end(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && !*++s)
			return NULL;
	return *s ? s + 1 : NULL;
}

/* Behind a number, true or false; NULL if there is none. */
static const char *word_end(const char *s)
{
	size_t n = strcspn(s, ",]}[{\": \t\r\n");

	return n ? s + n : NULL;
}

static const char *scalar_end(const char *s)
{
	return *s == '"' ? string_end(s) : word_end(s);
}

/* Behind the array that begins at @s. */
static const char *array_end(const char *s)
{
	if (s[1] == ']')
		return s + 2;
	do {
		s = scalar_end(s + 1);
	} while (s && *s == ',');
	return s && *s == ']' ? s + 1 : NULL;
}

static const char *value_end(const char *s)
{
	return *s == '[' ? array_end(s) : scalar_end(s);
}

int config_text_find(const char *json, const char *key, struct config_text *ret)
{
	size_t n = strlen(key);
	const char *name, *value;

	if (!strcmp(json, "{}"))
		return -ENOENT;
	if (*json != '{')
		return -EBADMSG;
	do {
		name = ++json;
		json = *name == '"' ? string_end(name) : NULL;
		if (!json || *json != ':')
			return -EBADMSG;
		value = json + 1;
		json = value_end(value);
		if (!json)
			return -EBADMSG;
		/* Keys are written without escapes. */
		if ((size_t)(value - name) == n + 3 &&
		    !memcmp(name + 1, key, n)) {
			*ret = (struct config_text){ value,
						     (size_t)(json - value) };
			return 0;
		}
	} while (*json == ',');
	return strcmp(json, "}") ? -EBADMSG : -ENOENT;
}

static bool text_is(struct config_text v, const char *word)
{
	return v.n == strlen(word) && !memcmp(v.s, word, v.n);
}

int config_text_bool(struct config_text v, bool *ret)
{
	bool is_true = text_is(v, "true");

	if (!is_true && !text_is(v, "false"))
		return -EINVAL;
	*ret = is_true;
	return 0;
}

/* The digits of @v, which may begin with a sign. */
static int number_read(struct config_text v, bool *ret_negative, uint64_t *ret)
{
	uint64_t n = 0, digit;

	*ret_negative = v.n && *v.s == '-';
	v.s += *ret_negative;
	v.n -= *ret_negative;
	if (!v.n)
		return -EINVAL;
	for (; v.n; v.s++, v.n--) {
		if (*v.s < '0' || *v.s > '9')
			return -EINVAL;
		digit = (uint64_t)(*v.s - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		n = n * 10 + digit;
	}
	*ret = n;
	return 0;
}

int config_text_uint64(struct config_text v, uint64_t *ret)
{
	bool is_negative;
	uint64_t n;
	int r;

	r = number_read(v, &is_negative, &n);
	if (r)
		return r;
	if (is_negative && n)
		return -ERANGE;
	*ret = n;
	return 0;
}

int config_text_int64(struct config_text v, int64_t *ret)
{
	bool is_negative;
	uint64_t n;
	int r;

	r = number_read(v, &is_negative, &n);
	if (r)
		return r;
	if (n > (uint64_t)INT64_MAX + is_negative)
		return -ERANGE;
	*ret = is_negative ? (int64_t)(0 - n) : (int64_t)n;
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits at *s, which moves behind them. */
static int hex_read(const char **s, const char *end, uint32_t *ret)
{
	uint32_t c = 0;
	int i, digit;

	if (end - *s < 4)
		return -EBADMSG;
	for (i = 0; i < 4; i++, ++*s) {
		digit = hex_value(**s);
		if (digit < 0)
			return -EBADMSG;
		c = c << 4 | (uint32_t)digit;
	}
	*ret = c;
	return 0;
}

static size_t utf8_put(char *at, uint32_t c)
{
	if (c < 0x80) {
		at[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		at[0] = (char)(0xc0 | c >> 6);
		at[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		at[0] = (char)(0xe0 | c >> 12);
		at[1] = (char)(0x80 | (c >> 6 & 0x3f));
		at[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	at[0] = (char)(0xf0 | c >> 18);
	at[1] = (char)(0x80 | (c >> 12 & 0x3f));
	at[2] = (char)(0x80 | (c >> 6 & 0x3f));
	at[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* What stands behind "\u"; two of them may be one character. */
static int unicode_read(const char **s, const char *end, uint32_t *ret)
{
	uint32_t c, low;
	int r;

	r = hex_read(s, end, &c);
	if (r)
		return r;
	if (c >= 0xd800 && c < 0xdc00) {
		if (end - *s < 6 || (*s)[0] != '\\' || (*s)[1] != 'u')
			return -EBADMSG;
		*s += 2;
		r = hex_read(s, end, &low);
		if (r)
			return r;
		if (low < 0xdc00 || low > 0xdfff)
			return -EBADMSG;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		return -EBADMSG;
	}
	*ret = c;
	/* A C string could not hold it. */
	return c ? 0 : -EBADMSG;
}

/* What stands behind a backslash at *s, which moves behind it. */
static int escape_read(const char **s, const char *end, uint32_t *ret)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (*s == end)
		return -EBADMSG;
	if (**s == 'u') {
		++*s;
		return unicode_read(s, end, ret);
	}
	name = memchr(names, **s, sizeof(names) - 1);
	if (!name)
		return -EBADMSG;
	++*s;
	*ret = (uint32_t)bytes[name - names];
	return 0;
}

int config_text_string(struct config_text v, char **ret)
{
	_cleanup_free_ char *text = NULL;
	const char *s = v.s + 1, *end = v.s + v.n - 1;
	size_t n = 0;
	uint32_t c;
	int r;

	if (v.n < 2 || *v.s != '"')
		return -EINVAL;
	/* No escape is shorter than what it stands for. */
	text = malloc(v.n);
	if (!text)
		return -ENOMEM;
	while (s < end) {
		if (*s != '\\') {
			text[n++] = *s++;
			continue;
		}
		s++;
		r = escape_read(&s, end, &c);
		if (r)
			return r;
		n += utf8_put(text + n, c);
	}
	text[n] = 0;
	*ret = TAKE(text);
	return 0;
}
