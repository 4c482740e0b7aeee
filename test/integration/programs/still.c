/* A program that needs nothing of the host: it stands still until it is ended,
 * or, with words, says them. Linked statically. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		printf("%s\n", argv[i]);
	while (argc == 1)
		pause();
	return 0;
}
