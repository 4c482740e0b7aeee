#include "wire/status.h"

#include <errno.h>
#include <stddef.h>

#include "base/own.h"

#define ROW(n)                                                                 \
	{                                                                      \
		REEVE_ERR_##n, #n                                              \
	}

static const struct {
	int32_t status;
	const char *name;
} names[] = {
	{ REEVE_OK, "OK" },  ROW(INTERNAL),
	ROW(NOT_SUPPORTED),  ROW(NO_RESOURCES),
	ROW(NO_MEMORY),	     ROW(INVALID_ARGS),
	ROW(BAD_HANDLE),     ROW(WRONG_TYPE),
	ROW(OUT_OF_RANGE),   ROW(BUFFER_TOO_SMALL),
	ROW(BAD_STATE),	     ROW(TIMED_OUT),
	ROW(SHOULD_WAIT),    ROW(CANCELED),
	ROW(PEER_CLOSED),    ROW(NOT_FOUND),
	ROW(ALREADY_EXISTS), ROW(UNAVAILABLE),
	ROW(ACCESS_DENIED),  ROW(IO),
	ROW(BAD_PATH),	     ROW(NOT_DIR),
	ROW(NOT_FILE),	     ROW(NOT_EMPTY),
};

const char *status_name(int32_t status)
{
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		if (names[i].status == status)
			return names[i].name;
	}
	return "UNKNOWN";
}

static const struct {
	int error;
	int32_t status;
} errors[] = {
	{ 0, REEVE_OK },
	{ EOPNOTSUPP, REEVE_ERR_NOT_SUPPORTED },
	{ ENOSYS, REEVE_ERR_NOT_SUPPORTED },
	{ EMFILE, REEVE_ERR_NO_RESOURCES },
	{ ENFILE, REEVE_ERR_NO_RESOURCES },
	{ ENOSPC, REEVE_ERR_NO_RESOURCES },
	{ EDQUOT, REEVE_ERR_NO_RESOURCES },
	{ ETOOMANYREFS, REEVE_ERR_NO_RESOURCES },
	{ ENOBUFS, REEVE_ERR_NO_RESOURCES },
	{ ENOMEM, REEVE_ERR_NO_MEMORY },
	{ EINVAL, REEVE_ERR_INVALID_ARGS },
	{ EBADMSG, REEVE_ERR_INVALID_ARGS },
	{ EPROTO, REEVE_ERR_INVALID_ARGS },
	{ EBADF, REEVE_ERR_BAD_HANDLE },
	{ ENOTSOCK, REEVE_ERR_WRONG_TYPE },
	{ ERANGE, REEVE_ERR_OUT_OF_RANGE },
	{ EMSGSIZE, REEVE_ERR_BUFFER_TOO_SMALL },
	{ EBUSY, REEVE_ERR_UNAVAILABLE },
	{ ETIMEDOUT, REEVE_ERR_TIMED_OUT },
	{ EAGAIN, REEVE_ERR_SHOULD_WAIT },
	{ ECANCELED, REEVE_ERR_CANCELED },
	{ EPIPE, REEVE_ERR_PEER_CLOSED },
	{ ECONNRESET, REEVE_ERR_PEER_CLOSED },
	{ ENOTCONN, REEVE_ERR_PEER_CLOSED },
	{ ENOENT, REEVE_ERR_NOT_FOUND },
	{ EEXIST, REEVE_ERR_ALREADY_EXISTS },
	{ EACCES, REEVE_ERR_ACCESS_DENIED },
	{ EPERM, REEVE_ERR_ACCESS_DENIED },
	{ EROFS, REEVE_ERR_ACCESS_DENIED },
	{ EIO, REEVE_ERR_IO },
	{ ENAMETOOLONG, REEVE_ERR_BAD_PATH },
	{ ENOTDIR, REEVE_ERR_NOT_DIR },
	{ EISDIR, REEVE_ERR_NOT_FILE },
	{ ENOTEMPTY, REEVE_ERR_NOT_EMPTY },
};

int32_t status_from_errno(int error)
{
	if (error < 0)
		error = -error;
	for (size_t i = 0; i < N_ELEMENTS(errors); i++) {
		if (errors[i].error == error)
			return errors[i].status;
	}
	return REEVE_ERR_INTERNAL;
}
