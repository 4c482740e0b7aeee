/* Reading is by digits and a unit behind them; nothing else may follow. */
#include "cmd/amount.h"

#include <string.h>
#include <time.h>

#include "base/own.h"

/* Up to here a JSON number is exact. */
#define DIGITS_MAX (UINT64_C(1) << 53)

struct unit {
	const char *name;
	uint64_t factor;
};

/* Digits at *s, which is moved behind them. */
static bool digits_read(const char **s, uint64_t *ret)
{
	const char *start = *s;

	for (*ret = 0; **s >= '0' && **s <= '9'; (*s)++) {
		*ret = *ret * 10 + (uint64_t)(**s - '0');
		if (*ret > DIGITS_MAX)
			return false;
	}
	return *s > start;
}

/* The longest unit that stands at *s, which is moved behind it. */
static bool unit_read(const char **s, const struct unit *units, size_t n,
		      uint64_t *value)
{
	const struct unit *found = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (!strncmp(*s, units[i].name, strlen(units[i].name)) &&
		    (!found || strlen(units[i].name) > strlen(found->name)))
			found = &units[i];
	if (!found)
		return false;
	*s += strlen(found->name);
	return !__builtin_mul_overflow(*value, found->factor, value);
}

bool amount_read_count(const char *s, uint64_t *ret)
{
	return digits_read(&s, ret) && !*s;
}

bool amount_read_size(const char *s, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "K", UINT64_C(1) << 10 },
		{ "M", UINT64_C(1) << 20 },
		{ "G", UINT64_C(1) << 30 },
	};

	return digits_read(&s, ret) &&
	       unit_read(&s, units, N_ELEMENTS(units), ret) && !*s;
}

bool amount_read_percent(const char *s, uint64_t *ret)
{
	return digits_read(&s, ret) && (!*s || !strcmp(s, "%"));
}

bool amount_read_time(const char *s, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{ "ms", 1 },	  { "s", 1000 },    { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};
	uint64_t one;

	*ret_ms = 0;
	do {
		if (!digits_read(&s, &one) ||
		    !unit_read(&s, units, N_ELEMENTS(units), &one) ||
		    __builtin_add_overflow(*ret_ms, one, ret_ms))
			return false;
	} while (*s);
	return *ret_ms > 0;
}

void amount_put_size(struct text *t, double bytes)
{
	static const char units[] = "KMGTPE";
	int unit = -1;

	for (; bytes >= 1000 && unit < (int)sizeof(units) - 2; unit++)
		bytes /= 1024;
	if (unit < 0)
		text_printf(t, "%.0f", bytes);
	else
		text_printf(t, bytes < 9.95 ? "%.1f%c" : "%.0f%c", bytes,
			    units[unit]);
}

/* Where two units are shown, of the whole number of the smaller one. */
static void put_minutes(struct text *t, long minutes)
{
	if (minutes < 60)
		text_printf(t, "%ld min", minutes);
	else if (minutes < 24 * 60)
		text_printf(t, "%ld h %ld min", minutes / 60, minutes % 60);
	else
		text_printf(t, "%ld d %ld h", minutes / (24 * 60),
			    minutes / 60 % 24);
}

void amount_put_time(struct text *t, double ms)
{
	if (ms < 1)
		text_printf(t, "%.0f us", ms * 1000);
	else if (ms < 1000)
		text_printf(t, ms < 9.95 ? "%.1f ms" : "%.0f ms", ms);
	else if (ms < 60000)
		text_printf(t, ms < 9950 ? "%.1f s" : "%.0f s", ms / 1000);
	else
		put_minutes(t, (long)(ms / 60000 + 0.5));
}

void amount_put_moment(struct text *t, double seconds)
{
	time_t then = (time_t)seconds, now = time(NULL);
	struct tm that, today;
	char s[32];

	if (!localtime_r(&then, &that) || !localtime_r(&now, &today))
		return;
	strftime(s, sizeof(s),
		 that.tm_year == today.tm_year && that.tm_yday == today.tm_yday
			 ? "%T"
			 : "%F %R",
		 &that);
	text_puts(t, s);
}
