/*
 * Contexts: registers that survive a switch, the stack at entry, many of them,
 * threads that take them over, and where unwinding ends.
 */
#include "process_test.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "process/annotate.h"
#include "process/context.h"
#include "process/stack.h"

enum { SIZE = 65536 };

/* A context with its stack. */
struct side {
	struct context context;
	struct annotation annotation;
	void *stack;
	size_t size;
};

/* Who tests, and who is tested. */
static struct side outside, inside;

static void side_new(struct side *s, size_t size, void (*entry)(void))
{
	assert_int_equal(stack_get(NULL, size, &s->stack), 0);
	s->size = size;
	annotate_stack_made(&s->annotation, s->stack, size);
	context_make(&s->context, s->stack, size, entry);
}

static void side_free(struct side *s)
{
	annotate_stack_freed(&s->annotation);
	stack_put(NULL, s->stack, s->size);
}

static void side_switch(struct side *from, struct side *to)
{
	annotate_switch_begin(&from->annotation, &to->annotation, false);
	context_switch(&from->context, &to->context);
	annotate_switch_end(&from->annotation);
}

/* What every entry does first. */
static void side_entered(struct side *s)
{
	annotate_switch_end(&s->annotation);
}

static int begin(void **state)
{
	(void)state;
	annotate_thread_stack(&outside.annotation);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stack_free_all();
	return 0;
}

/* ---- the stack at entry ---- */

static uintptr_t entry_frame, entry_local;

static void look_at_the_stack(void)
{
	_Alignas(32) volatile char aligned[64];
	uintptr_t at = (uintptr_t)&aligned[0];

	side_entered(&inside);
	/* The compiler must not know what it asked for. */
	__asm__ volatile("" : "+r"(at));
	entry_local = at;
	entry_frame = (uintptr_t)__builtin_frame_address(0);
	side_switch(&inside, &outside);
	abort();
}

static void the_entry_runs_on_the_stack(void **state)
{
	size_t sizes[] = { SIZE, 4 * SIZE, 4096 };
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
#if defined(REEVE_CONTEXT_UCONTEXT) || defined(ANNOTATE_ADDRESS) ||            \
	defined(ANNOTATE_THREAD)
		if (sizes[i] < SIZE)
			continue;
#endif
		side_new(&inside, sizes[i], look_at_the_stack);
		side_switch(&outside, &inside);
		assert_in_range(entry_frame, (uintptr_t)inside.stack,
				(uintptr_t)inside.stack + sizes[i]);
		/* Both ABIs: the frame pointer is a multiple of 16, as the
		 * stack was before the call. */
		assert_int_equal(entry_frame % 16, 0);
		assert_int_equal(entry_local % 32, 0);
		side_free(&inside);
	}
}

/* ---- registers ---- */

#if defined(REEVE_CONTEXT_UCONTEXT)

static void registers_survive(void **state)
{
	(void)state;
	/* It is the library's work. */
	skip();
}

#else

/*
 * Load all registers that a callee keeps from @pattern, switch, and compare: 0
 * if they are the same.
 */
uint64_t keep_registers(struct context *save, const struct context *load,
			const uint64_t *pattern);

#if defined(__x86_64__)
enum { N_REGISTERS = 6 };

__asm__(".text\n"
	".globl keep_registers\n"
	".type keep_registers, @function\n"
	"keep_registers:\n"
	"	endbr64\n"
	"	pushq %rbx\n"
	"	pushq %rbp\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushq %rdx\n"
	"	movq (%rdx), %rbx\n"
	"	movq 8(%rdx), %rbp\n"
	"	movq 16(%rdx), %r12\n"
	"	movq 24(%rdx), %r13\n"
	"	movq 32(%rdx), %r14\n"
	"	movq 40(%rdx), %r15\n"
	"	call context_switch\n"
	"	popq %rdx\n"
	"	xorq (%rdx), %rbx\n"
	"	xorq 8(%rdx), %rbp\n"
	"	xorq 16(%rdx), %r12\n"
	"	xorq 24(%rdx), %r13\n"
	"	xorq 32(%rdx), %r14\n"
	"	xorq 40(%rdx), %r15\n"
	"	movq %rbx, %rax\n"
	"	orq %rbp, %rax\n"
	"	orq %r12, %rax\n"
	"	orq %r13, %rax\n"
	"	orq %r14, %rax\n"
	"	orq %r15, %rax\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbp\n"
	"	popq %rbx\n"
	"	ret\n"
	".size keep_registers, . - keep_registers\n");

#elif defined(__aarch64__)
enum { N_REGISTERS = 18 };

/* x19 to x28 are pattern 0 to 9, d8 to d15 are 10 to 17. */
__asm__(".text\n"
	".globl keep_registers\n"
	".type keep_registers, %function\n"
	"keep_registers:\n"
	"	stp x29, x30, [sp, #-176]!\n"
	"	mov x29, sp\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	str x2, [sp, #160]\n"
	"	ldp x19, x20, [x2]\n"
	"	ldp x21, x22, [x2, #16]\n"
	"	ldp x23, x24, [x2, #32]\n"
	"	ldp x25, x26, [x2, #48]\n"
	"	ldp x27, x28, [x2, #64]\n"
	"	ldp d8, d9, [x2, #80]\n"
	"	ldp d10, d11, [x2, #96]\n"
	"	ldp d12, d13, [x2, #112]\n"
	"	ldp d14, d15, [x2, #128]\n"
	"	bl context_switch\n"
	"	ldr x2, [sp, #160]\n"
	"	mov x0, #0\n"
	".macro compare a, b, at\n"
	"	ldp x3, x4, [x2, #\\at]\n"
	"	eor x3, x3, \\a\n"
	"	eor x4, x4, \\b\n"
	"	orr x0, x0, x3\n"
	"	orr x0, x0, x4\n"
	".endm\n"
	".macro compare_d a, b, at\n"
	"	fmov x5, \\a\n"
	"	fmov x6, \\b\n"
	"	compare x5, x6, \\at\n"
	".endm\n"
	"	compare x19, x20, 0\n"
	"	compare x21, x22, 16\n"
	"	compare x23, x24, 32\n"
	"	compare x25, x26, 48\n"
	"	compare x27, x28, 64\n"
	"	compare_d d8, d9, 80\n"
	"	compare_d d10, d11, 96\n"
	"	compare_d d12, d13, 112\n"
	"	compare_d d14, d15, 128\n"
	/* And the frame pointer. */
	"	mov x3, sp\n"
	"	eor x3, x3, x29\n"
	"	orr x0, x0, x3\n"
	"	ldp x19, x20, [sp, #16]\n"
	"	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	ldp x29, x30, [sp], #176\n"
	"	ret\n"
	".size keep_registers, . - keep_registers\n");
#else
#error "which registers does this machine keep?"
#endif

static uint64_t differences;

static void pattern_fill(uint64_t *pattern, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < N_REGISTERS; i++)
		pattern[i] = seed * UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
}

static uint64_t keep(struct side *from, struct side *to, uint64_t seed)
{
	uint64_t pattern[N_REGISTERS], found;

	pattern_fill(pattern, seed);
	annotate_switch_begin(&from->annotation, &to->annotation, false);
	found = keep_registers(&from->context, &to->context, pattern);
	annotate_switch_end(&from->annotation);
	return found;
}

static void keep_inside(void)
{
	uint64_t seed;

	side_entered(&inside);
	for (seed = 1;; seed += 2)
		differences |= keep(&inside, &outside, seed);
}

static void registers_survive(void **state)
{
	uint64_t seed;

	(void)state;
	side_new(&inside, SIZE, keep_inside);
	for (seed = 2; seed < 1000; seed += 2)
		differences |= keep(&outside, &inside, seed);
	assert_int_equal(differences, 0);
	side_free(&inside);
}

#endif

/* More values than there are registers, computed across switches. */
static double values_across(struct side *from, struct side *to, double x)
{
	double a = x, b = x * 2, c = x * 3, d = x * 5, e = x * 7;
	int64_t i, p = 1, q = 2, r = 3;

	for (i = 0; i < 100; i++) {
		side_switch(from, to);
		a += b / (double)p;
		b += c / (double)q;
		c += d / (double)r;
		d += e;
		e += a / 1e3;
		p += q % 5 + 1;
		q += r % 7 + 1;
		r += p % 3 + 1;
	}
	return a + b + c + d + e + (double)(p + q + r);
}

static double inside_value;

static void values_inside(void)
{
	side_entered(&inside);
	inside_value = values_across(&inside, &outside, 1.5);
	for (;;)
		side_switch(&inside, &outside);
}

static void values_survive(void **state)
{
	double value, again;

	(void)state;
	side_new(&inside, SIZE, values_inside);
	value = values_across(&outside, &inside, 1.5);
	/* Its last round ends after ours. */
	side_switch(&outside, &inside);
	assert_true(value > 0);
	assert_memory_equal(&value, &inside_value, sizeof(value));
	/* And the same every time. */
	side_free(&inside);
	side_new(&inside, SIZE, values_inside);
	inside_value = 0;
	again = values_across(&outside, &inside, 1.5);
	assert_memory_equal(&value, &again, sizeof(value));
	side_free(&inside);
}

/* ---- many ---- */

enum { N_MANY = 2000, N_ROUNDS = 5 };

static struct side many[N_MANY];
static unsigned turn, n_turns;

static void take_turns(void)
{
	unsigned self = turn;
	unsigned char mark[256];
	unsigned i;

	side_entered(&many[self]);
	memset(mark, (int)self, sizeof(mark));
	for (;;) {
		n_turns++;
		side_switch(&many[self], &outside);
		for (i = 0; i < sizeof(mark); i++)
			if (mark[i] != (unsigned char)self)
				abort();
	}
}

static void many_take_turns(void **state)
{
	unsigned round;

	(void)state;
	n_turns = 0;
	for (turn = 0; turn < N_MANY; turn++)
		side_new(&many[turn], SIZE, take_turns);
	for (round = 0; round < N_ROUNDS; round++)
		for (turn = 0; turn < N_MANY; turn++)
			side_switch(&outside, &many[turn]);
	assert_int_equal(n_turns, N_MANY * N_ROUNDS);
	for (turn = 0; turn < N_MANY; turn++)
		side_free(&many[turn]);
}

/* One goes to the next without coming back in between. */
static void go_on(void)
{
	unsigned self = turn;

	side_entered(&many[self]);
	n_turns++;
	turn++;
	side_switch(&many[self], turn < 100 ? &many[turn] : &outside);
	abort();
}

static void one_goes_to_the_next(void **state)
{
	unsigned i;

	(void)state;
	n_turns = 0;
	for (i = 0; i < 100; i++)
		side_new(&many[i], SIZE, go_on);
	turn = 0;
	side_switch(&outside, &many[0]);
	assert_int_equal(n_turns, 100);
	for (i = 0; i < 100; i++)
		side_free(&many[i]);
}

/* ---- threads ---- */

static struct side *returns_to;
static unsigned n_seen;

static void count_threads(void)
{
	pid_t before, now;
	unsigned local = 0;

	side_entered(&inside);
	/* Not pthread_self(), which compilers call once in a function. */
	before = gettid();
	for (;;) {
		side_switch(&inside, returns_to);
		now = gettid();
		n_seen += now != before && ++local == n_seen + 1;
		before = now;
	}
}

static void *resume(void *arg)
{
	struct side own = { .size = 0 };

	(void)arg;
	annotate_thread_stack(&own.annotation);
	returns_to = &own;
	side_switch(&own, &inside);
	return NULL;
}

/* They live at the same time, so that each is another thread. */
static void threads_take_a_context_over(void **state)
{
	enum { N = 50 };
	pthread_t thread;
	unsigned i;

	(void)state;
	n_seen = 0;
	side_new(&inside, SIZE, count_threads);
	returns_to = &outside;
	side_switch(&outside, &inside);
	for (i = 0; i < N; i++) {
		assert_int_equal(pthread_create(&thread, NULL, resume, NULL),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		returns_to = &outside;
		side_switch(&outside, &inside);
	}
	assert_int_equal(n_seen, 2 * N);
	side_free(&inside);
}

/* ---- unwinding ---- */

static unsigned n_frames;
static bool is_found;

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *frame, void *arg)
{
	(void)arg;
	if (++n_frames > 100)
		return _URC_NORMAL_STOP;
	if (_Unwind_GetRegionStart(frame) == (uintptr_t)arg)
		is_found = true;
	return _URC_NO_REASON;
}

static void unwind(void)
{
	side_entered(&inside);
	_Unwind_Backtrace(on_frame, (void *)(uintptr_t)unwind);
	side_switch(&inside, &outside);
	abort();
}

static void unwinding_ends_at_the_entry(void **state)
{
	(void)state;
	side_new(&inside, SIZE, unwind);
	side_switch(&outside, &inside);
	assert_true(is_found);
	/* Below 100: it did not walk in circles. */
	assert_in_range(n_frames, 1, 10);
	side_free(&inside);
}

/* The assembly says that it needs none. */
static void no_stack_is_executable(void **state)
{
	bool seen = false;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "[stack]"))
			continue;
		seen = true;
		assert_non_null(strstr(line, " rw-p "));
	}
	fclose(f);
	assert_true(seen);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_entry_runs_on_the_stack),
		TEST(registers_survive),
		TEST(values_survive),
		TEST(many_take_turns),
		TEST(one_goes_to_the_next),
		TEST(threads_take_a_context_over),
		TEST(unwinding_ends_at_the_entry),
		TEST(no_stack_is_executable),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
