/*
 * What is in one box of a picture, in columns, with the lines between.
 *
 * Items stand in layers from left to right; nets lead from their spokes to
 * their hub, through gaps between the columns and through places that the
 * columns keep free for them, so that no line ever crosses a box. A net whose
 * hub or spoke is the border goes on outside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_NONE   UINT32_MAX
#define FLOW_BORDER (UINT32_MAX - 1)

enum flow_side {
	FLOW_INNER,
	FLOW_SOURCE, /* nothing touches its left side */
	FLOW_SINK,   /* nothing touches its right side */
};

struct flow_item {
	int width, height;
	uint32_t layer;
	enum flow_side side;
	bool is_fixed;	/* where its pins are is settled; others are put where
			 * the lines come from */
	bool stretches; /* it is made as wide as its like in the column */
	int x, y;	/* set */
};

/* Where a net touches an item, or the border. */
struct flow_pin {
	uint32_t item; /* or FLOW_BORDER */
	int offset;    /* from the item's top; set, if it is not fixed */
};

/* Spokes left of the hub; mirrored: right of it. A net with the border at one
 * end has one there. */
struct flow_net {
	uint32_t hub, first_spoke; /* pins; the spokes are next to each other */
	uint32_t n_spokes;
	bool is_mirrored;
	int label_width, label_height; /* 0: none */
	int label_x, label_y;	       /* set: its left upper corner */
	int border_y;		       /* set, if it touches the border */
};

/* A line: level from x0 to x1 at y0, a curve to (x2, y1), level to x3. */
struct flow_curve {
	uint32_t net;
	bool is_end; /* it touches the hub, which is an item */
	int x0, x1, x2, x3, y0, y1;
};

struct flow {
	struct flow_item *items;
	struct flow_pin *pins;
	struct flow_net *nets;
	uint32_t n_items, n_pins, n_nets, n_layers;
	int min_width;
	int width, height;	   /* set */
	struct flow_curve *curves; /* set; the caller frees them */
	size_t n_curves;
};

/* Spread layers that are too full over more of them; to be done first, if at
 * all. 0 or -ENOMEM. */
int flow_fold(struct flow *f);

/* 0 or -ENOMEM. */
int flow_place(struct flow *f);

/* The room that @n pins on a side need. */
int flow_pins_height(uint32_t n);

/* The square root, rounded up; at most 2^24. */
int flow_root(double square);
