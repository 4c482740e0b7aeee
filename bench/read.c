/*
 * The floor under a check: open, read and close every file of a directory, and
 * nothing more. Prints how many there were.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char bytes[1 << 20];
	struct dirent *entry;
	DIR *directory;
	long n = 0;
	int fd;

	directory = argc > 1 ? opendir(argv[1]) : NULL;
	if (!directory) {
		perror("bench-read");
		return 1;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(directory), entry->d_name,
			    O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 1;
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		close(fd);
		n++;
	}
	closedir(directory);
	printf("%ld\n", n);
	return 0;
}
