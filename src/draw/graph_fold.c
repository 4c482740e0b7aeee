/*
 * Columns that would be much higher than wide: what nothing leads to may stand
 * further left, and what leads nowhere further right, in columns of their own;
 * the lines pass between.
 */
#include <errno.h>
#include <stdlib.h>

#include "draw/graph_flow.h"

enum {
	HEIGHT_MIN = 420, /* that is never folded */
	ITEM_SPACE = 18,
	COLUMN_SPACE = 150, /* gaps and labels between two columns */
	SPANNED_MAX = 400000,
};

/* One layer: what must stay in it, and what may go to either side. */
struct fold {
	int height, movable;
	uint32_t at; /* which layer it becomes */
	/* The new layers beside it so far, and the outermost's height. */
	uint32_t left_at, right_at;
	int left_height, right_height;
	int room; /* the height that each may have */
};

static int item_height(const struct flow_item *item)
{
	return item->height + ITEM_SPACE;
}

/* Rounded up, by bisection. */
int flow_root(double square)
{
	int low = 0, high = 1 << 24, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if ((double)middle * middle < square)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The height at which the whole is somewhat wider than high. */
static int height_wanted(const struct flow *f)
{
	double area = 0;
	uint32_t i;
	int height;

	for (i = 0; i < f->n_items; i++)
		area += (double)(f->items[i].width + COLUMN_SPACE) *
			item_height(&f->items[i]);
	height = flow_root(area * 0.7);
	return height < HEIGHT_MIN ? HEIGHT_MIN : height;
}

/* Into which layer beside its own the item goes: 0 its own, -1 the next to the
 * left, and so on. Each is filled before the next is begun. */
static int item_deal(struct fold *fold, const struct flow_item *item)
{
	bool goes_left = item->side == FLOW_SOURCE;
	uint32_t *at = goes_left ? &fold->left_at : &fold->right_at;
	int *height = goes_left ? &fold->left_height : &fold->right_height;
	int need = item_height(item);

	if (item->side == FLOW_INNER)
		return 0;
	if (!*at && fold->height + need <= fold->room) {
		fold->height += need;
		return 0;
	}
	if (!*at || *height + need > fold->room) {
		++*at;
		*height = 0;
	}
	*height += need;
	return goes_left ? -(int)*at : (int)*at;
}

static void layers_measure(const struct flow *f, struct fold *folds, int wanted)
{
	const struct flow_item *item;
	struct fold *fold;
	int sum, n;
	uint32_t i;

	for (i = 0; i < f->n_items; i++) {
		item = &f->items[i];
		fold = &folds[item->layer];
		if (item->side == FLOW_INNER)
			fold->height += item_height(item);
		else
			fold->movable += item_height(item);
	}
	for (i = 0; i < f->n_layers; i++) {
		fold = &folds[i];
		sum = fold->height + fold->movable;
		n = (sum + wanted / 2) / wanted;
		/* Equally full, or all that there is. */
		fold->room = n > 1 ? sum / n + ITEM_SPACE : sum;
	}
}

int flow_fold(struct flow *f)
{
	struct fold *folds = calloc(f->n_layers, sizeof(*folds));
	int *shifts = calloc(f->n_items + 1, sizeof(int));
	struct fold *fold;
	uint32_t i, n = 0;
	int r = folds && shifts ? 0 : -ENOMEM;

	if (!r) {
		layers_measure(f, folds, height_wanted(f));
		for (i = 0; i < f->n_items; i++)
			shifts[i] = item_deal(&folds[f->items[i].layer],
					      &f->items[i]);
		for (i = 0; i < f->n_layers; i++) {
			fold = &folds[i];
			fold->at = n + fold->left_at;
			n += fold->left_at + 1 + fold->right_at;
		}
	}
	/* Lines that would pass too many columns cost more than they show. */
	if (!r && (size_t)n * f->n_nets <= SPANNED_MAX) {
		for (i = 0; i < f->n_items; i++)
			f->items[i].layer =
				(uint32_t)((int)folds[f->items[i].layer].at +
					   shifts[i]);
		f->n_layers = n;
	}
	free(folds);
	free(shifts);
	return r;
}
