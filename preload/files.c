/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a descriptor stands for is asked of the kernel when it is first read from: most are opened
 * for a few bytes, or never read. It is asked again after any close, also one by a child that was
 * made by vfork and shares this table. What the wrappers do not see (close_range) is found out when
 * something is to be told.
 */
#include "preload/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/clock.h"
#include "preload/life.h"
#include "preload/start.h"
#include "preload/sys.h"

#define DESCRIPTORS 1024u /* above them nothing is followed */
#define RECENT	    8u	  /* saved files that may yet be renamed */
#define PATH_MOST   1024u

enum kind {
	KIND_UNKNOWN = 0, /* to be asked */
	KIND_FRESH,	  /* to be asked; its position is known */
	KIND_OTHER,	  /* not followed */
	KIND_READ,	  /* a slot, and a part of the key that it must have */
	KIND_SAVE,	  /* the process that opened it */
};

struct descriptor {
	_Atomic uint64_t state;	   /* kind, slot << 8, key or process << 32 */
	_Atomic uint64_t at;	   /* position; of a stream, as of since_ns */
	_Atomic uint64_t since_ns; /* when it was opened, or the stream moved */
};

static struct descriptor descriptors[DESCRIPTORS];
static struct passes passes;
static struct recent {
	_Atomic uint64_t key;
	_Atomic uint64_t begin_ns;
} recent[RECENT];
static _Atomic uint32_t recent_head;

atomic_bool files_bound START_DATA;

static struct descriptor *descriptor_of(int fd)
{
	return (unsigned)fd < DESCRIPTORS ? &descriptors[fd] : NULL;
}

static uint64_t make_state(enum kind kind, uint32_t slot, uint32_t mark)
{
	return (uint64_t)mark << 32 | (uint64_t)slot << 8 | kind;
}

static enum kind kind_of(uint64_t state)
{
	return (enum kind)(state & 0xff);
}

/* A number of this process in its line of forks. What the parent read is forgotten. */
static uint32_t own_number(void)
{
	static _Atomic uint32_t numbers;
	struct life *life = atomic_load_explicit(&life_page, memory_order_acquire);
	uint32_t number = atomic_load_explicit(&life->files_number, memory_order_relaxed);
	uint32_t none = 0;

	if (__builtin_expect(number != 0, 1))
		return number;
	number = atomic_fetch_add(&numbers, 1) + 1;
	if (!atomic_compare_exchange_strong(&life->files_number, &none, number))
		return none;
	if (number > 1)
		passes_forget_unread(&passes);
	return number;
}

static bool ask(int folder, const char *path, int flags, struct statx *st)
{
	return !sys(statx, folder, path, flags, STATX_BASIC_STATS, st) && S_ISREG(st->stx_mode);
}

static bool ask_descriptor(int fd, struct statx *st)
{
	return ask(fd, "", AT_EMPTY_PATH, st);
}

static uint64_t key_of(const struct statx *st)
{
	return note_identity(st->stx_dev_major, st->stx_dev_minor, st->stx_ino);
}

static void link_of(int fd, char *text)
{
	static const char folder[] = "/proc/self/fd/";
	char digits[8];
	unsigned n = 0;

	memcpy(text, folder, sizeof(folder) - 1);
	text += sizeof(folder) - 1;
	do
		digits[n++] = (char)('0' + fd % 10);
	while (fd /= 10);
	while (n)
		*text++ = digits[--n];
	*text = '\0';
}

static void take_name(const char *path, char name[PASSES_NAME])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const size_t n = strnlen(base, PASSES_NAME - 1);

	memcpy(name, base, n);
	name[n] = '\0';
}

static bool is_within(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

/* The base name of an open file. False for what the kernel makes up. */
static bool find_name(int fd, char name[PASSES_NAME])
{
	char link[32];
	char path[PATH_MOST];
	long n;

	link_of(fd, link);
	n = sys(readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	if (n < 0 || n == sizeof(path) - 1) /* no /proc, or cut */
		n = 0;
	path[n] = '\0';
	take_name(path, name);
	return !is_within(path, "/proc/") && !is_within(path, "/sys/") && !is_within(path, "/dev/");
}

/* The slot of the file, which is admitted if there is reason to; or PASSES_NONE. */
static uint32_t slot_of(int fd, uint64_t key, uint64_t size)
{
	uint32_t slot = passes_find(&passes, key);
	char name[PASSES_NAME];

	if (slot != PASSES_NONE) {
		atomic_store(&passes.file[slot].size, size);
		return slot;
	}
	if (!passes_wants(&passes, key, size) || !find_name(fd, name))
		return PASSES_NONE;
	if (!passes_take(&passes, own_number()))
		return PASSES_NONE;
	slot = passes_admit(&passes, key, size, name);
	passes_leave(&passes);
	return slot;
}

static bool is_for_writing_alone(int fd)
{
	return (sys(fcntl, fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

/* Asks what the descriptor stands for. Returns its new state. */
static uint64_t classify(int fd, struct descriptor *d, enum kind kind)
{
	uint64_t state = make_state(KIND_OTHER, 0, 0);
	struct statx st;
	long at = 0;

	if (ask_descriptor(fd, &st) && st.stx_size &&
	    (kind == KIND_FRESH || !is_for_writing_alone(fd))) {
		const uint32_t slot = slot_of(fd, key_of(&st), st.stx_size);

		if (slot != PASSES_NONE)
			state = make_state(KIND_READ, slot, (uint32_t)(key_of(&st) >> 32));
	}
	if (kind == KIND_UNKNOWN && kind_of(state) == KIND_READ) {
		at = sys(lseek, fd, 0, SEEK_CUR);
		atomic_store(&d->at, at > 0 ? (uint64_t)at : 0);
		atomic_store(&d->since_ns, clock_ns());
	}
	atomic_store(&d->state, state);
	return state;
}

/* The slot that a descriptor is followed in, or PASSES_NONE. */
static uint32_t followed(int fd, struct descriptor *d)
{
	uint64_t state = atomic_load_explicit(&d->state, memory_order_relaxed);
	uint32_t slot;

	if (kind_of(state) <= KIND_FRESH)
		state = classify(fd, d, kind_of(state));
	if (kind_of(state) != KIND_READ)
		return PASSES_NONE;
	slot = (uint32_t)state >> 8;
	/* The slot may be another file's by now. */
	if (atomic_load_explicit(&passes.key[slot], memory_order_relaxed) >> 32 != state >> 32)
		return PASSES_NONE;
	(void)own_number();
	return slot;
}

static void tell(const struct passes_part *part)
{
	note_file(WIRE_NOTE_READ, part->flags, part->key, part->begin_ns, part->end_ns, part->bytes,
		  part->size, part->name);
}

/* Unless the descriptor has become another's behind our back. */
static void tell_all(int fd, const struct passes_part *part, unsigned parts)
{
	struct statx st;

	if (!parts)
		return;
	if (!ask_descriptor(fd, &st) || key_of(&st) != part->key) {
		atomic_store(&descriptors[fd].state, KIND_UNKNOWN);
		return;
	}
	for (unsigned i = 0; i < parts; i++)
		tell(&part[i]);
}

void files_begin(struct files_reading *reading, int fd)
{
	struct descriptor *d = descriptor_of(fd);

	reading->fd = fd;
	reading->slot = d ? followed(fd, d) : PASSES_NONE;
	if (reading->slot != PASSES_NONE)
		reading->begin_ns = clock_ns();
}

static void account(const struct files_reading *reading, uint64_t offset, uint64_t bytes)
{
	struct passes_part part[PASSES_PARTS];

	tell_all(reading->fd, part,
		 passes_read(&passes, reading->slot, offset, bytes, reading->begin_ns, clock_ns(),
			     part));
}

void files_read(const struct files_reading *reading, ssize_t n)
{
	struct descriptor *d;
	uint64_t at;

	if (reading->slot == PASSES_NONE || n < 0)
		return;
	d = &descriptors[reading->fd];
	at = atomic_load_explicit(&d->at, memory_order_relaxed);
	/* Threads that share a descriptor may lose a step here: it says no more than where a pass
	 * begins and ends. */
	atomic_store_explicit(&d->at, at + (uint64_t)n, memory_order_relaxed);
	account(reading, at, (uint64_t)n);
}

void files_read_at(const struct files_reading *reading, ssize_t n, off_t offset)
{
	if (reading->slot != PASSES_NONE && n >= 0)
		account(reading, (uint64_t)offset, (uint64_t)n);
}

/* A file that another one writes to at its end is a log; one that is written in place, a base. */
static bool is_save(int fd, int flags)
{
	struct statx st;

	if (flags & O_APPEND)
		return false;
	return flags & O_TRUNC || (flags & O_CREAT && ask_descriptor(fd, &st) && !st.stx_size);
}

void files_opened(int fd, int flags, uint64_t begin_ns)
{
	struct descriptor *d = descriptor_of(fd);
	const bool writes = (flags & O_ACCMODE) != O_RDONLY;
	enum kind kind = KIND_FRESH;
	uint32_t number = 0;

	if (!d)
		return;
	if (flags & (O_PATH | O_DIRECTORY))
		kind = KIND_OTHER;
	else if (writes && is_save(fd, flags))
		kind = KIND_SAVE;
	else if (writes && flags & O_APPEND)
		kind = KIND_OTHER;
	if (kind == KIND_SAVE)
		number = own_number();
	atomic_store(&d->at, 0);
	atomic_store(&d->since_ns, begin_ns);
	atomic_store(&d->state, make_state(kind, 0, number));
}

void files_replaced(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	if (d)
		atomic_store(&d->state, KIND_UNKNOWN);
}

void files_moved(int fd, off_t offset)
{
	struct descriptor *d = descriptor_of(fd);

	if (d && offset >= 0)
		atomic_store_explicit(&d->at, (uint64_t)offset, memory_order_relaxed);
}

void files_mapped(int fd, off_t offset, size_t bytes)
{
	struct files_reading reading;
	uint64_t size;

	files_begin(&reading, fd);
	if (reading.slot == PASSES_NONE)
		return;
	size = atomic_load(&passes.file[reading.slot].size);
	if ((uint64_t)offset < size)
		account(&reading, (uint64_t)offset,
			bytes < size - (uint64_t)offset ? bytes : size - (uint64_t)offset);
}

/* Fills in what is saved, if it is this process that saves it and there is anything. */
static void look_at_saved(int fd, uint32_t number, uint64_t written, struct files_saving *saving)
{
	struct statx st;

	if (number != own_number() || !ask_descriptor(fd, &st) || !st.stx_nlink)
		return;
	saving->bytes = st.stx_size > written ? st.stx_size : written;
	if (saving->bytes && find_name(fd, saving->name))
		saving->key = key_of(&st);
}

void files_closing(int fd, uint64_t written, struct files_saving *saving)
{
	struct descriptor *d = descriptor_of(fd);
	uint64_t state = d ? atomic_load(&d->state) : KIND_OTHER;
	struct passes_part part;

	saving->key = 0;
	if (kind_of(state) == KIND_READ && followed(fd, d) != PASSES_NONE) {
		tell_all(fd, &part, passes_close(&passes, (uint32_t)state >> 8, clock_ns(), &part));
	} else if (kind_of(state) == KIND_SAVE) {
		saving->begin_ns = atomic_load(&d->since_ns);
		look_at_saved(fd, (uint32_t)(state >> 32), written, saving);
	}
	if (d)
		atomic_store(&d->state, KIND_UNKNOWN);
}

void files_ending(void)
{
	struct passes_part part;

	(void)own_number();
	for (uint32_t slot = 0; slot < PASSES_FILES; slot++)
		if (passes_close(&passes, slot, clock_ns(), &part))
			tell(&part);
}

void files_saved(const struct files_saving *saving)
{
	struct recent *r;

	if (!saving->key)
		return;
	r = &recent[atomic_fetch_add(&recent_head, 1) % RECENT];
	atomic_store(&r->begin_ns, saving->begin_ns);
	atomic_store(&r->key, saving->key);
	note_file(WIRE_NOTE_SAVE, 0, saving->key, saving->begin_ns, clock_ns(), saving->bytes,
		  saving->bytes, saving->name);
}

static const struct recent *find_recent(uint64_t key)
{
	const uint32_t head = atomic_load(&recent_head);

	for (uint32_t i = 1; i <= RECENT; i++) /* the youngest first */
		if (atomic_load(&recent[(head - i) % RECENT].key) == key)
			return &recent[(head - i) % RECENT];
	return NULL;
}

void files_renamed(int folder, const char *path)
{
	const struct recent *r;
	char name[PASSES_NAME];
	struct statx st;

	if (!atomic_load(&recent_head) || !ask(folder, path, AT_SYMLINK_NOFOLLOW, &st))
		return;
	r = find_recent(key_of(&st));
	if (!r)
		return;
	take_name(path, name);
	note_file(WIRE_NOTE_SAVE, 0, key_of(&st), atomic_load(&r->begin_ns), clock_ns(),
		  st.stx_size, st.stx_size, name);
}

bool files_is_followed(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	return d && followed(fd, d) != PASSES_NONE;
}

bool files_is_saved(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	return d && kind_of(atomic_load(&d->state)) == KIND_SAVE;
}

void files_stream_at(int fd, off_t offset)
{
	struct descriptor *d = descriptor_of(fd);
	struct files_reading reading = {.fd = fd, .slot = d ? followed(fd, d) : PASSES_NONE};
	uint64_t at;

	if (reading.slot == PASSES_NONE)
		return;
	at = atomic_load(&d->at);
	reading.begin_ns = atomic_load(&d->since_ns);
	if (offset > 0 && (uint64_t)offset > at)
		account(&reading, at, (uint64_t)offset - at);
}

void files_stream_moved(int fd, off_t offset)
{
	struct descriptor *d = descriptor_of(fd);

	files_moved(fd, offset);
	if (d)
		atomic_store(&d->since_ns, clock_ns());
}
