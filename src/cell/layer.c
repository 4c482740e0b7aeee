#include "cell/layer.h"

#include <stddef.h>

const char *cell_layer_name(uint32_t layer)
{
	switch (layer) {
	case CELL_LAYER_UIDS:
		return "uids";
	case CELL_LAYER_NET:
		return "net";
	case CELL_LAYER_CAPS:
		return "caps";
	case CELL_LAYER_LANDLOCK:
		return "landlock";
	case CELL_LAYER_SECCOMP:
		return "seccomp";
	case CELL_LAYER_CGROUP:
		return "cgroup";
	case CELL_LAYER_PROC:
		return "proc";
	case CELL_LAYER_READONLY:
		return "readonly";
	}
	return NULL;
}
