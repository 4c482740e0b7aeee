/*
 * execve() says ENOENT for a missing program, loader and script interpreter
 * alike, and ENOEXEC for everything it does not know. The file's head tells
 * them apart. It is a component's file, so nothing in it is believed.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cell/exec.h"
#include "sys/fd.h"

enum { DIAGNOSE_HEAD = 4096 };

struct diagnose {
	union {
		char bytes[DIAGNOSE_HEAD + 1];
		Elf32_Ehdr elf32;
		Elf64_Ehdr elf64;
	};
	size_t n;
	int fd;
};

static const struct {
	unsigned machine;
	const char *name;
} diagnose_machines[] = {
	{ EM_386, "32-bit x86" },      { EM_X86_64, "x86-64" },
	{ EM_ARM, "32-bit ARM" },      { EM_AARCH64, "64-bit ARM" },
	{ EM_RISCV, "RISC-V" },	       { EM_PPC64, "64-bit POWER" },
	{ EM_S390, "S/390" },	       { EM_MIPS, "MIPS" },
	{ EM_LOONGARCH, "LoongArch" },
};

/* The machine that this program is built for. */
#if defined(__x86_64__)
#define DIAGNOSE_OURS EM_X86_64
#elif defined(__aarch64__)
#define DIAGNOSE_OURS EM_AARCH64
#elif defined(__riscv)
#define DIAGNOSE_OURS EM_RISCV
#else
#define DIAGNOSE_OURS EM_NONE
#endif

static bool diagnose_is_elf(const struct diagnose *d)
{
	return d->n >= sizeof(Elf32_Ehdr) && !memcmp(d->bytes, ELFMAG, SELFMAG);
}

static const char *diagnose_machine(const struct diagnose *d, char other[32])
{
	/* e_machine stands at the same place in both classes. */
	unsigned machine = d->elf32.e_machine;
	size_t i;

	for (i = 0; i < N_ELEMENTS(diagnose_machines); i++)
		if (diagnose_machines[i].machine == machine)
			return diagnose_machines[i].name;
	snprintf(other, 32, "number %u", machine);
	return other;
}

/* The ELF interpreter's path; false if the file names none. */
static bool diagnose_loader(struct diagnose *d, char ret[256])
{
	Elf64_Phdr header;
	uint64_t at;
	unsigned i;
	ssize_t n;

	if (d->n < sizeof(Elf64_Ehdr) || d->bytes[EI_CLASS] != ELFCLASS64)
		return false;
	for (i = 0; i < d->elf64.e_phnum && i < 64; i++) {
		at = d->elf64.e_phoff + i * sizeof(header);
		if (pread(d->fd, &header, sizeof(header), (off_t)at) !=
		    (ssize_t)sizeof(header))
			return false;
		if (header.p_type != PT_INTERP)
			continue;
		n = pread(d->fd, ret, 255, (off_t)header.p_offset);
		if (n <= 0)
			return false;
		ret[n] = 0;
		if (header.p_filesz < 255)
			ret[header.p_filesz] = 0;
		return ret[0] == '/';
	}
	return false;
}

/* What stands behind "#!", up to a blank. */
static bool diagnose_interpreter(const struct diagnose *d, char ret[256])
{
	const char *at = d->bytes + 2;
	size_t n;

	if (d->n < 4 || memcmp(d->bytes, "#!", 2))
		return false;
	at += strspn(at, " \t");
	n = strcspn(at, " \t\r\n");
	if (n == 0 || n > 255)
		return false;
	memcpy(ret, at, n);
	ret[n] = 0;
	return true;
}

/* The reason, with its detail in @detail where it has one. */
static enum cell_reason diagnose_content(struct diagnose *d, int error,
					 char detail[256])
{
	char other[32];

	if (diagnose_is_elf(d)) {
		if (DIAGNOSE_OURS != EM_NONE &&
		    d->elf32.e_machine != DIAGNOSE_OURS) {
			snprintf(detail, 256, "%s", diagnose_machine(d, other));
			return CELL_REASON_OTHER_MACHINE;
		}
		if (diagnose_loader(d, detail) && access(detail, F_OK) < 0)
			return CELL_REASON_NO_LOADER;
		return CELL_REASON_NONE;
	}
	if (diagnose_interpreter(d, detail))
		return access(detail, F_OK) < 0 ? CELL_REASON_NO_INTERPRETER
						: CELL_REASON_NONE;
	return error == ENOEXEC ? CELL_REASON_NOT_A_PROGRAM : CELL_REASON_NONE;
}

static enum cell_reason diagnose_file(struct diagnose *d, const char *path,
				      int error, char detail[256])
{
	enum cell_reason reason = CELL_REASON_NONE;
	struct statvfs fs;
	struct stat st;
	ssize_t n;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return CELL_REASON_NONE;
	if (error == EACCES && !(st.st_mode & 0111))
		return CELL_REASON_NOT_EXECUTABLE;
	if (error == EACCES && statvfs(path, &fs) == 0 && fs.f_flag & ST_NOEXEC)
		return CELL_REASON_NOEXEC;
	d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (d->fd < 0)
		return CELL_REASON_NONE;
	n = read(d->fd, d->bytes, DIAGNOSE_HEAD);
	if (n > 0) {
		d->n = (size_t)n;
		d->bytes[n] = 0;
		reason = diagnose_content(d, error, detail);
	}
	fd_close(d->fd);
	return reason;
}

void exec_diagnose(const char *path, int error, struct cell_failure *ret)
{
	struct diagnose d = { .n = 0 };
	char detail[256] = "";
	enum cell_reason reason = diagnose_file(&d, path, error, detail);

	/* Those without a detail of their own speak of the program. */
	switch (reason) {
	case CELL_REASON_NO_LOADER:
	case CELL_REASON_NO_INTERPRETER:
	case CELL_REASON_OTHER_MACHINE:
		cell_failure_set(ret, CELL_STAGE_EXEC, error, reason, detail);
		return;
	default:
		cell_failure_set(ret, CELL_STAGE_EXEC, error, reason, path);
	}
}
