/* Who does not read must still be told to stop: the rest of the queue is for
 * that. */
#include "host/lost.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "channel/channel.h"
#include "wire/component.h"

enum {
	/* Of the queue, in the kernel's measure. */
	LOST_QUEUE_MAX = 32 * 1024,
	LOST_BYTES_MAX = COMPONENT_STRING_MAX + 64,
};

bool lost_tell(struct instance *i, const char *path)
{
	_Alignas(8) uint8_t bytes[LOST_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct component_lost lost = { wire_string_of(path) };
	int queued = 0;

	if (i->lifecycle_fd < 0 || !path ||
	    ioctl(i->lifecycle_fd, SIOCOUTQ, &queued) < 0 ||
	    queued >= LOST_QUEUE_MAX)
		return false;
	return !component_lost_write(&m, &lost) &&
	       !channel_send(i->lifecycle_fd, &m, CHANNEL_NOW);
}
