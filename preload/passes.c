/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accounting of reading. What is told are the turns: back at the beginning, at the end; and
 * between them often enough to follow a long pass.
 */
#include <string.h>

#include "preload/passes.h"
#include "preload/wire.h"

#define PIECES	       8u	  /* a long pass is told in */
#define PIECE_MOST_NS  100000000u /* and as often as this, in any case */
#define HURRIED_NS     20000000u
#define PIECE_LEAST_NS 5000000u /* but no more often */
/* What note.c has room for, less a little: what it refused would be lost, and here it waits. */
#define BURST	   240u
#define PER_SECOND 57u

/* Evenly spread, and nothing like the identity: neighbours were made together. */
static uint64_t hash20(uint64_t key)
{
	return ((key ^ key >> 32) * 0x9e3779b97f4a7c15u) >> 44;
}

/*
 * Priority sampling (Duffield, Lund and Thorup, "Priority sampling for estimation of arbitrary
 * subset sums", J. ACM 2007): weight over a uniform number. Never 0.
 */
static uint64_t rank_of(uint64_t key, uint64_t size)
{
	const uint64_t most = UINT64_C(1) << 43;

	return ((size < most ? size : most) << 20) / (hash20(key) + 1) + 1;
}

uint32_t passes_find(const struct passes *p, uint64_t key)
{
	for (uint32_t i = 0; i < PASSES_FILES; i++)
		if (atomic_load_explicit(&p->key[i], memory_order_acquire) == key)
			return i;
	return PASSES_NONE;
}

bool passes_wants(const struct passes *p, uint64_t key, uint64_t size)
{
	return rank_of(key, size) > atomic_load_explicit(&p->least, memory_order_relaxed);
}

bool passes_take(struct passes *p, uint32_t who)
{
	uint32_t owner = atomic_load(&p->owner);

	/* Another's lock is what a parent had when it forked. */
	return owner != who && atomic_compare_exchange_strong(&p->owner, &owner, who);
}

void passes_leave(struct passes *p)
{
	atomic_store(&p->owner, 0);
}

/* The slot of least rank; a free one has 0. */
static uint32_t lowest(const struct passes *p)
{
	uint32_t found = 0;

	for (uint32_t i = 1; i < PASSES_FILES; i++)
		if (atomic_load(&p->rank[i]) < atomic_load(&p->rank[found]))
			found = i;
	return found;
}

static void clear(struct passes_file *f)
{
	atomic_store(&f->bytes, 0);
	atomic_store(&f->begin_ns, 0);
	atomic_store(&f->end_ns, 0);
	atomic_store(&f->flags, 0);
}

uint32_t passes_admit(struct passes *p, uint64_t key, uint64_t size, const char *name)
{
	const uint64_t rank = rank_of(key, size);
	uint32_t slot = passes_find(p, key);
	struct passes_file *f;
	size_t n = strnlen(name, PASSES_NAME - 1);

	if (slot != PASSES_NONE)
		return slot;
	slot = lowest(p);
	if (rank <= atomic_load(&p->rank[slot]))
		return PASSES_NONE;
	f = &p->file[slot];
	atomic_store(&p->key[slot], 0); /* who follows the old one finds another key */
	clear(f);
	atomic_store(&f->size, size);
	atomic_store(&f->again, false);
	memcpy(f->name, name, n);
	f->name[n] = '\0';
	atomic_store(&p->rank[slot], rank);
	atomic_store_explicit(&p->key[slot], key, memory_order_release);
	atomic_store(&p->least, atomic_load(&p->rank[lowest(p)]));
	return slot;
}

/* Takes what was read and not told, if there is any and the rate allows it; 1 or 0. */
static unsigned tell(struct passes *p, uint32_t slot, uint64_t now_ns, struct passes_part *part)
{
	struct passes_file *f = &p->file[slot];
	const uint64_t key = atomic_load_explicit(&p->key[slot], memory_order_acquire);

	if (!key || !rate_take(&p->rate, now_ns, 1, BURST, PER_SECOND))
		return 0;
	*part = (struct passes_part){
		.key = key,
		.end_ns = atomic_load(&f->end_ns),
		.size = atomic_load(&f->size),
		.bytes = atomic_exchange(&f->bytes, 0),
		.begin_ns = atomic_exchange(&f->begin_ns, 0),
		.flags = atomic_exchange(&f->flags, 0),
	};
	memcpy(part->name, f->name, PASSES_NAME - 1);
	if (!part->begin_ns) /* another thread took it a moment ago */
		part->begin_ns = part->end_ns;
	/* The slot may have been given to another file meanwhile. */
	return part->bytes && atomic_load(&p->key[slot]) == key;
}

/* A header, or the directory at the end of an archive: no reading of the file. */
static bool is_few(uint64_t bytes, uint64_t size)
{
	return bytes < size / 64 || (bytes < 4096 && bytes < size / 2) || !bytes;
}

/* A small file that is read for the first time. */
static bool is_held(const struct passes *p, const struct passes_file *f)
{
	return atomic_load(&f->size) < PASSES_SMALL && !atomic_load(&f->again) &&
	       !atomic_load(&p->hurried);
}

/* Reading begins at the beginning. A header that was looked at before belongs to what follows. */
static unsigned start(struct passes *p, uint32_t slot, uint64_t begin_ns, struct passes_part *part)
{
	struct passes_file *f = &p->file[slot];
	unsigned told = 0;

	if (!is_few(atomic_load(&f->bytes), atomic_load(&f->size))) {
		atomic_store(&f->again, true);
		told = tell(p, slot, begin_ns, part);
		if (!told)
			return 0;
	}
	atomic_store(&f->begin_ns, begin_ns);
	atomic_store(&f->flags, WIRE_NOTE_FROM_START);
	return told;
}

/*
 * A process that may end at any time tells less of it and more often. Where what is left of the
 * file would be too few to be told, and the end with it, the piece waits for the end.
 */
static bool is_piece(const struct passes *p, uint64_t bytes, uint64_t left, uint64_t size,
		     uint64_t ns)
{
	if (size < PASSES_SMALL)
		return false;
	if (atomic_load_explicit(&p->hurried, memory_order_relaxed))
		return ns >= HURRIED_NS && bytes > size / 1024;
	if (is_few(left, size))
		return false;
	return (ns >= PIECE_MOST_NS && !is_few(bytes, size)) ||
	       (ns >= PIECE_LEAST_NS && bytes >= size / PIECES);
}

unsigned passes_read(struct passes *p, uint32_t slot, uint64_t offset, uint64_t bytes,
		     uint64_t begin_ns, uint64_t end_ns, struct passes_part part[PASSES_PARTS])
{
	struct passes_file *f = &p->file[slot];
	uint64_t size = atomic_load_explicit(&f->size, memory_order_relaxed);
	uint64_t none = 0, all;
	unsigned told = 0;
	bool at_end;

	if (!offset && bytes)
		told = start(p, slot, begin_ns, part);
	all = atomic_fetch_add(&f->bytes, bytes) + bytes;
	if (bytes) {
		if (!atomic_load_explicit(&f->begin_ns, memory_order_relaxed))
			atomic_compare_exchange_strong(&f->begin_ns, &none, begin_ns);
		atomic_store_explicit(&f->end_ns, end_ns, memory_order_relaxed);
	}
	if (offset + bytes > size) /* it grew */
		atomic_store(&f->size, size = offset + bytes);
	at_end = offset + bytes >= size || !bytes;
	if (at_end && !is_few(all, size)) {
		atomic_fetch_or(&f->flags, WIRE_NOTE_TO_END);
		if (!is_held(p, f))
			told += tell(p, slot, end_ns, &part[told]);
	} else if (is_piece(p, all, size - offset - bytes, size,
			    end_ns - atomic_load(&f->begin_ns))) {
		told += tell(p, slot, end_ns, &part[told]);
	}
	return told;
}

unsigned passes_close(struct passes *p, uint32_t slot, uint64_t now_ns, struct passes_part *part)
{
	struct passes_file *f = &p->file[slot];
	const uint64_t size = atomic_load(&f->size);

	if (is_few(atomic_load(&f->bytes), size) || size < PASSES_SMALL)
		return 0;
	return tell(p, slot, now_ns, part);
}

void passes_forget_unread(struct passes *p)
{
	for (uint32_t i = 0; i < PASSES_FILES; i++)
		clear(&p->file[i]);
	atomic_store(&p->hurried, true);
}
