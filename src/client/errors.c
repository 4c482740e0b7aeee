#include "client/errors.h"

#include <errno.h>

#include "base/own.h"
#include "channel/channel.h"
#include "reeve/status.h"

int error_of_channel(int r)
{
	switch (r) {
	case CHANNEL_WOULD_BLOCK:
		return -EAGAIN;
	case CHANNEL_CLOSED:
		return -EPIPE;
	case CHANNEL_TIMED_OUT:
		return -ETIMEDOUT;
	case CHANNEL_CANCELED:
		return -ECANCELED;
	case -EBADMSG:
		return -EPROTO;
	default:
		return r;
	}
}

int error_of_status(int32_t status)
{
	static const struct {
		int32_t status;
		int error;
	} map[] = {
		{ REEVE_OK, 0 },
		{ REEVE_ERR_NOT_SUPPORTED, -EOPNOTSUPP },
		{ REEVE_ERR_NO_RESOURCES, -ENOSPC },
		{ REEVE_ERR_NO_MEMORY, -ENOMEM },
		{ REEVE_ERR_INVALID_ARGS, -EINVAL },
		{ REEVE_ERR_BAD_HANDLE, -EBADF },
		{ REEVE_ERR_OUT_OF_RANGE, -ERANGE },
		{ REEVE_ERR_TIMED_OUT, -ETIMEDOUT },
		{ REEVE_ERR_SHOULD_WAIT, -EAGAIN },
		{ REEVE_ERR_CANCELED, -ECANCELED },
		{ REEVE_ERR_PEER_CLOSED, -EPIPE },
		{ REEVE_ERR_NOT_FOUND, -ENOENT },
		{ REEVE_ERR_ALREADY_EXISTS, -EEXIST },
		{ REEVE_ERR_UNAVAILABLE, -EBUSY },
		{ REEVE_ERR_ACCESS_DENIED, -EACCES },
		{ REEVE_ERR_BAD_PATH, -EINVAL },
		{ REEVE_ERR_NOT_DIR, -ENOTDIR },
		{ REEVE_ERR_NOT_EMPTY, -ENOTEMPTY },
	};
	size_t i;

	for (i = 0; i < N_ELEMENTS(map); i++) {
		if (map[i].status == status)
			return map[i].error;
	}
	return -EIO;
}
