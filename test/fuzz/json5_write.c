/* Everything quoted, nothing between the parts, numbers with all their digits.
 */
#include "json5_write.h"

#include <math.h>

static void write_number(double d, struct text *t)
{
	if (isnan(d))
		text_puts(t, "NaN");
	else if (isinf(d))
		text_puts(t, d < 0 ? "-Infinity" : "Infinity");
	else
		text_printf(t, "%.17g", d);
}

static void write_list(const struct json5_value *v, struct text *t)
{
	bool is_object = v->type == JSON5_OBJECT;

	text_puts(t, is_object ? "{" : "[");
	json5_for_each(element, v)
	{
		if (element != v->list.first)
			text_puts(t, ",");
		if (is_object) {
			text_json_bytes(t, element->key, element->n_key);
			text_puts(t, ":");
		}
		json5_write(element, t);
	}
	text_puts(t, is_object ? "}" : "]");
}

void json5_write(const struct json5_value *v, struct text *t)
{
	switch (v->type) {
	case JSON5_NULL:
		text_puts(t, "null");
		break;
	case JSON5_BOOL:
		text_puts(t, v->truth ? "true" : "false");
		break;
	case JSON5_NUMBER:
		write_number(v->number, t);
		break;
	case JSON5_STRING:
		text_json_bytes(t, v->string.bytes, v->string.n);
		break;
	default:
		write_list(v, t);
		break;
	}
}
