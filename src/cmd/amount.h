/*
 * Sizes, times and shares, as people write them and read them.
 *
 * What they write is exact or refused; what they read is rounded to two or
 * three digits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* "65536", "64K", "64M", "1G", as in manifests. False if it is none. */
bool amount_read_size(const char *s, uint64_t *ret);
/* "500ms", "10s", "5m", "1h30m", "2d"; in milliseconds, more than none. */
bool amount_read_time(const char *s, uint64_t *ret_ms);
/* "50%" or "50". */
bool amount_read_percent(const char *s, uint64_t *ret);
/* Digits. */
bool amount_read_count(const char *s, uint64_t *ret);

/* "812K", "3.2M". */
void amount_put_size(struct text *t, double bytes);
/* "340 us", "3.2 s", "12 min", "3 h 20 min". */
void amount_put_time(struct text *t, double ms);
/* A moment, in seconds since 1970, as local time; with the date unless it is
 * today's. */
void amount_put_moment(struct text *t, double seconds);
