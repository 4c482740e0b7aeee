/* Counts its starts in its private storage, which survives them. */
#include <reeve.h>
#include <stdio.h>

int main(void)
{
	unsigned long n = 0;
	struct reeve *r;
	FILE *file;

	if (reeve_join(&r) < 0) {
		fputs("counter: start me with reeve run\n", stderr);
		return 1;
	}
	file = fopen("/data/starts", "r");
	if (file) {
		if (fscanf(file, "%lu", &n) != 1)
			n = 0;
		fclose(file);
	}
	file = fopen("/data/starts", "w");
	if (!file) {
		perror("counter: /data/starts");
		return 1;
	}
	fprintf(file, "%lu\n", ++n);
	fclose(file);
	printf("this is start number %lu\n", n);
	reeve_leave(r);
	return 0;
}
