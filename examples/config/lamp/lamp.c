/* Says how it shines: its configuration says so. */
#include <reeve/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char *colour, *blinks;
	int r;

	r = reeve_config_string("colour", &colour);
	if (r) {
		fprintf(stderr, "lamp: no colour: %s\n", strerror(-r));
		return 1;
	}
	r = reeve_config_json("blinks", &blinks);
	if (r) {
		fprintf(stderr, "lamp: no blinks: %s\n", strerror(-r));
		return 1;
	}
	printf("I shine %s and blink %s\n", colour, blinks);
	free(colour);
	free(blinks);
	return 0;
}
