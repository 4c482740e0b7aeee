/* Decoding by the table of well-formed byte sequences, Unicode 15, table 3-7.
 */
#include "base/utf8.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c;

	if (!n)
		return 0;
	if (u[0] < 0x80) {
		*ret = u[0];
		return 1;
	}
	if (u[0] >= 0xc2 && u[0] <= 0xdf && n >= 2 && is_tail(u[1])) {
		*ret = (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3f);
		return 2;
	}
	if ((u[0] & 0xf0) == 0xe0 && n >= 3 && is_tail(u[1]) && is_tail(u[2])) {
		c = (uint32_t)(u[0] & 0x0f) << 12 |
		    (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3f);
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret = c;
		return 3;
	}
	if ((u[0] & 0xf8) == 0xf0 && n >= 4 && is_tail(u[1]) && is_tail(u[2]) &&
	    is_tail(u[3])) {
		c = (uint32_t)(u[0] & 0x07) << 18 |
		    (uint32_t)(u[1] & 0x3f) << 12 |
		    (uint32_t)(u[2] & 0x3f) << 6 | (u[3] & 0x3f);
		if (c < 0x10000 || c > 0x10ffff)
			return 0;
		*ret = c;
		return 4;
	}
	return 0;
}

size_t utf8_length(const char *s, size_t n)
{
	uint32_t c;

	return utf8_decode(s, n, &c);
}

size_t utf8_encode(uint32_t c, char buffer[static 4])
{
	if (c < 0x80) {
		buffer[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		buffer[0] = (char)(0xc0 | c >> 6);
		buffer[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		buffer[0] = (char)(0xe0 | c >> 12);
		buffer[1] = (char)(0x80 | (c >> 6 & 0x3f));
		buffer[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	buffer[0] = (char)(0xf0 | c >> 18);
	buffer[1] = (char)(0x80 | (c >> 12 & 0x3f));
	buffer[2] = (char)(0x80 | (c >> 6 & 0x3f));
	buffer[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool utf8_is_valid(const char *s, size_t n)
{
	size_t k;

	while (n) {
		k = utf8_length(s, n);
		if (!k)
			return false;
		s += k;
		n -= k;
	}
	return true;
}
