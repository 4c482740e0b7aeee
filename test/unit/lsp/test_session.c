/*
 * A session in which memory runs out at any point says so, and leaves nothing
 * behind. What a session answers is tested with the tool.
 */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "lsp/server.h"

#define AT                                                                     \
	"\"textDocument\":{\"uri\":\"file:///nowhere/x.cml\"},"                \
	"\"position\":{\"line\":0,\"character\":60}"

static const char *const messages[] = {
	"{\"id\":1,\"method\":\"initialize\",\"params\":{\"rootUri\":"
	"\"file:///nowhere\",\"capabilities\":{\"workspace\":{"
	"\"didChangeWatchedFiles\":{\"dynamicRegistration\":true}}},"
	"\"initializationOptions\":{\"roots\":[\"r.cml\"],\"packages\":[\".\"]"
	"}}}",
	"{\"method\":\"initialized\",\"params\":{}}",
	"{\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{"
	"\"uri\":\"file:///nowhere/x.cml\",\"version\":1,\"text\":"
	"\"{ children: [{ name: 'a', url: '#meta/a.cm' }], offer: [{ "
	"protocol: 'p', from: '#a', to: '#b' }] }\"}}}",
	NULL,
	"{\"method\":\"textDocument/didChange\",\"params\":{" AT
	",\"contentChanges\":[{\"range\":{\"start\":{\"line\":0,\"character\":"
	"2},\"end\":{\"line\":0,\"character\":2}},\"text\":\"usse: 1, \"}]}}",
	"{\"id\":2,\"method\":\"textDocument/hover\",\"params\":{" AT "}}",
	"{\"id\":3,\"method\":\"textDocument/completion\",\"params\":{" AT "}}",
	"{\"id\":4,\"method\":\"textDocument/definition\",\"params\":{" AT "}}",
	"{\"id\":5,\"method\":\"textDocument/documentSymbol\",\"params\":{" AT
	"}}",
	"{\"id\":6,\"method\":\"textDocument/codeAction\",\"params\":{" AT
	",\"range\":{}}}",
	NULL,
	"{\"id\":7,\"method\":\"never\"}",
	"{",
	"{\"method\":\"textDocument/didClose\",\"params\":{" AT "}}",
	"{\"id\":8,\"method\":\"shutdown\"}",
	"{\"method\":\"exit\"}",
};

static int session_round(void *arg)
{
	struct server s;
	size_t i;
	int r = 0;

	(void)arg;
	server_init(&s);
	for (i = 0; i < N_ELEMENTS(messages) && !r; i++) {
		/* Nothing more came for a while. */
		r = messages[i]
			    ? server_read(&s, messages[i], strlen(messages[i]))
			    : server_settle(&s);
		text_clear(&s.out);
	}
	if (!r)
		assert_int_equal(s.state, SERVER_OVER);
	server_fini(&s);
	return r;
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_true(fault_sweep(session_round, NULL) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
