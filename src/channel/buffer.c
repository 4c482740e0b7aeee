#include "channel/buffer.h"

#include <pthread.h>
#include <stdlib.h>

#include "wire/message.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error;

static void key_make(void)
{
	key_error = pthread_key_create(&key, free);
}

/* A key and not a thread-local variable: it is freed with the thread, and takes
 * no room in threads that never read. */
void *buffer_of_thread(void)
{
	void *buffer;

	pthread_once(&once, key_make);
	if (key_error)
		return NULL;
	buffer = pthread_getspecific(key);
	if (buffer)
		return buffer;
	buffer = malloc(MESSAGE_BYTES_MAX);
	if (buffer && pthread_setspecific(key, buffer) != 0) {
		free(buffer);
		return NULL;
	}
	return buffer;
}
