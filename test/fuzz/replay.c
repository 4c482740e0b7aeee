/*
 * A fuzz target without a fuzzer: every file of the given directories, and
 * mutations of each. The mutations are seeded with the file's name, so a run
 *can be repeated; an input that crashes or hangs is left in the directory of
 *the run, and is said.
 *
 *	fuzz_NAME [-n MUTATIONS] [-t SECONDS] DIRECTORY|FILE...
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_MAX = 1 << 20,
	FILES_MAX = 10000,
	HANG_SECONDS = 20,
};

struct input {
	char *path;
	uint8_t *bytes;
	size_t n;
};

static struct input inputs[FILES_MAX];
static size_t n_inputs;

static uint8_t current[INPUT_MAX];
static size_t n_current;
static uint64_t n_runs;
static uint64_t seed;

/* ---- when it goes wrong ---- */

static void say(const char *s)
{
	/* Nothing can be done about it if that fails as well. */
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;
}

static void on_crash(int signo)
{
	int fd = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0600);

	signal(signo, SIG_DFL);
	say(signo == SIGALRM ? "hangs" : "crashes");
	if (fd >= 0 && write(fd, current, n_current) == (ssize_t)n_current)
		say("; the input is in ./crash-input\n");
	else
		say("; the input could not be written\n");
	raise(signo);
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS,
				       SIGILL,	SIGFPE,	 SIGALRM };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], on_crash);
}

static void run(void)
{
	/* To the byte, so that a checker sees what is read beyond the end. */
	uint8_t *bytes = malloc(n_current ? n_current : 1);

	if (!bytes)
		abort();
	memcpy(bytes, current, n_current);
	alarm(HANG_SECONDS);
	LLVMFuzzerTestOneInput(bytes, n_current);
	alarm(0);
	free(bytes);
	n_runs++;
}

/* ---- mutations ---- */

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? (uint32_t)(seed >> 16) % below : 0;
}

static void mutate_byte(void)
{
	static const uint8_t interesting[] = { 0,   1,	 0x7f, 0x80, 0xff,
					       '"', '{', '\\', '/',  16 };
	uint8_t *at = &current[rnd((uint32_t)n_current)];

	switch (rnd(3)) {
	case 0:
		*at ^= (uint8_t)(1u << rnd(8));
		break;
	case 1:
		*at = interesting[rnd(sizeof(interesting))];
		break;
	default:
		*at = (uint8_t)(*at + (rnd(2) ? 1 : -1));
		break;
	}
}

/* Remove a piece, or say it twice. */
static void mutate_piece(void)
{
	size_t from = rnd((uint32_t)n_current);
	size_t n = 1 + rnd((uint32_t)(n_current - from));

	if (rnd(2)) {
		memmove(current + from, current + from + n,
			n_current - from - n);
		n_current -= n;
	} else if (n_current + n <= INPUT_MAX) {
		memmove(current + from + n, current + from, n_current - from);
		n_current += n;
	}
}

/* Put a piece of another input here, over what is there or between. */
static void mutate_splice(void)
{
	const struct input *other = &inputs[rnd((uint32_t)n_inputs)];
	size_t at = rnd((uint32_t)n_current + 1), from, n;

	if (!other->n)
		return;
	from = rnd((uint32_t)other->n);
	n = 1 + rnd((uint32_t)(other->n - from));
	if (rnd(2)) {
		if (n > n_current - at)
			n = n_current - at;
	} else {
		if (n_current + n > INPUT_MAX)
			return;
		memmove(current + at + n, current + at, n_current - at);
		n_current += n;
	}
	memcpy(current + at, other->bytes + from, n);
}

static void mutate(const struct input *input)
{
	uint32_t n = 1 + rnd(4);

	memcpy(current, input->bytes, input->n);
	n_current = input->n;
	while (n--) {
		uint32_t how = rnd(16);

		if (how == 0)
			n_current = rnd((uint32_t)n_current + 1);
		else if (how < 4)
			mutate_splice();
		else if (!n_current)
			continue;
		else if (how < 7)
			mutate_piece();
		else
			mutate_byte();
	}
}

/* ---- inputs ---- */

static void add_file(const char *path)
{
	struct input *input = &inputs[n_inputs];
	FILE *f = fopen(path, "re");

	if (!f || n_inputs == FILES_MAX) {
		fprintf(stderr, "%s: cannot be read, or is one too many\n",
			path);
		exit(2);
	}
	input->n = fread(current, 1, INPUT_MAX, f);
	input->bytes = malloc(input->n + 1);
	input->path = strdup(path);
	fclose(f);
	if (!input->bytes || !input->path)
		abort();
	memcpy(input->bytes, current, input->n);
	n_inputs++;
}

static void add(const char *path)
{
	struct dirent **names;
	struct stat st;
	char *file;
	int n, i;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (*names[i]->d_name != '.' &&
		    asprintf(&file, "%s/%s", path, names[i]->d_name) > 0) {
			add(file);
			free(file);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static uint64_t seed_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (path = slash ? slash + 1 : path; *path; path++)
		h = (h ^ (uint8_t)*path) * UINT64_C(0x100000001b3);
	return h | 1;
}

static void inputs_free(void)
{
	while (n_inputs) {
		n_inputs--;
		free(inputs[n_inputs].path);
		free(inputs[n_inputs].bytes);
	}
}

int main(int argc, char **argv)
{
	unsigned long mutations = 1000, seconds = 3, i;
	struct timespec begin, now;
	size_t k;
	int c;

	while ((c = getopt(argc, argv, "n:t:")) != -1) {
		if (c == 'n')
			mutations = strtoul(optarg, NULL, 10);
		else if (c == 't')
			seconds = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	while (optind < argc)
		add(argv[optind++]);
	if (!n_inputs)
		return 2;
	catch_crashes();
	for (k = 0; k < n_inputs; k++) {
		memcpy(current, inputs[k].bytes, inputs[k].n);
		n_current = inputs[k].n;
		run();
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	/* All files a little rather than some of them wholly. */
	for (i = 0; i < mutations; i++)
		for (k = 0; k < n_inputs; k++) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			if (now.tv_sec - begin.tv_sec >= (time_t)seconds)
				goto out;
			seed = seed_of(inputs[k].path) + 2 * i;
			rnd(1);
			mutate(&inputs[k]);
			run();
		}
out:
	printf("%zu inputs, %llu runs\n", n_inputs, (unsigned long long)n_runs);
	inputs_free();
	return 0;
}
