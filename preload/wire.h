/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between the shim and the collector, and the only header both include.
 *
 * A process that computes owns one memfd, the arena. The shim fills it, the collector maps it
 * read-only and believes nothing in it: every index is masked, every length bounded, every slot
 * copied and then validated. docs/wire.md describes the same layout for readers.
 *
 *   0          struct wire_arena      geometry and counters of the process
 *   devices    struct wire_device  x WIRE_DEVICES
 *   entries    struct wire_entry   x WIRE_ENTRIES    what is counted: (api, kind, name, device)
 *   names      bytes               x WIRE_NAME_BYTES
 *   notes      struct wire_note    x WIRE_NOTES      what it printed, read and saved
 *   lanes      struct wire_lane    x WIRE_LANES      one per thread; lane 0 is shared by the rest
 *
 * The memfd is sparse: a page costs memory only once it is touched. Integers are in the order of
 * the machine, since both sides are on it. Every field that one side reads while the other may
 * write is accessed with __atomic builtins.
 */
#ifndef GRAMME_WIRE_H
#define GRAMME_WIRE_H

#include <stdint.h>

#define WIRE_MAGIC   0x31656d6d617267ULL /* "gramme1" and a zero byte, little-endian */
#define WIRE_VERSION 3u

#define WIRE_DEVICES	 32u
#define WIRE_DEVICE_HOST 1u /* the CPUs that the process itself runs on */
#define WIRE_ENTRIES	 2048u
#define WIRE_NAME_BYTES	 (256u * 1024u)
#define WIRE_NAME_MAX	 1023u /* longer names are cut, and flagged */
#define WIRE_LABEL_BYTES 64u
#define WIRE_ARGUMENTS	 256u
#define WIRE_NOTES	 2048u /* a power of two */
#define WIRE_NOTE_TEXT	 440u  /* longer lines are cut, and flagged */
#define WIRE_LANES	 64u
#define WIRE_RING_SLOTS	 8192u /* a power of two; 512 KiB: 4 ms to half full at 1 us a launch */

/* Message kinds on the socket (SOCK_SEQPACKET, one message per packet). */
enum wire_message_kind {
	WIRE_HELLO = 1,	    /* shim -> collector: struct wire_hello, with the arena's descriptor */
	WIRE_RUN_BEGIN = 2, /* gramme run -> collector: struct wire_run_begin, then its strings */
	WIRE_RUN_READY = 3, /* collector -> gramme run: struct wire_run_reply */
	WIRE_RUN_END = 4,   /* gramme run -> collector: struct wire_run_end */
	WIRE_RUN_DONE = 5,  /* collector -> gramme run: struct wire_run_reply, then the summary */
};

#define WIRE_MESSAGE_MAX 65536u

struct wire_message {
	uint64_t magic;
	uint16_t version;
	uint16_t kind;
	uint32_t length; /* of the whole packet */
};

struct wire_hello {
	struct wire_message message;
	uint32_t pid; /* in the sender's namespace: a hint for reports, never believed */
	uint32_t ppid;
	uint64_t arena_bytes;
};

/*
 * Followed by `strings` zero-terminated strings: project, experiment, zone, then the program's
 * arguments. The run's processes are the child `pid` of the sender and all its descendants; the
 * collector checks the parenthood with the kernel.
 */
struct wire_run_begin {
	struct wire_message message;
	uint32_t pid;
	uint32_t strings;
	uint32_t pue_milli; /* 0: the collector's own */
	uint32_t reserved;
};

struct wire_run_end {
	struct wire_message message;
	int32_t exit_status; /* 0..255, or 128 + signal */
	uint32_t signal;     /* that killed the program, or 0 */
};

/* Followed by `text_bytes` bytes of text: the reason of a refusal, or the summary to print. */
struct wire_run_reply {
	struct wire_message message;
	int32_t error; /* 0, or an errno value */
	uint32_t text_bytes;
};

enum wire_api {
	WIRE_API_NONE = 0,
	WIRE_API_OPENCL = 1,
	WIRE_API_OPENMP = 2,
	WIRE_API_BLAS = 3,
	WIRE_API_LAPACK = 4,
	WIRE_API_ONEDNN = 5,
	WIRE_API_CUDA = 6,
	WIRE_API_CUBLAS = 7, /* and cuBLASLt */
	WIRE_API_CUDNN = 8,
	WIRE_API_NCCL = 9,
	WIRE_API_COUNT
};

enum wire_kind {
	WIRE_KIND_NONE = 0,
	WIRE_KIND_KERNEL = 1,
	WIRE_KIND_NATIVE = 2, /* a host function run as a command */
	WIRE_KIND_READ = 3,
	WIRE_KIND_WRITE = 4,
	WIRE_KIND_COPY = 5,
	WIRE_KIND_FILL = 6,
	WIRE_KIND_MAP = 7,
	WIRE_KIND_UNMAP = 8,
	WIRE_KIND_MIGRATE = 9,
	WIRE_KIND_MARKER = 10,
	WIRE_KIND_BARRIER = 11,
	WIRE_KIND_SVM_FREE = 12,
	WIRE_KIND_SYNC = 13,   /* the program waited; a host time, no command */
	WIRE_KIND_BATCH = 14,  /* a command buffer; its kernels are counted beside it, untimed */
	WIRE_KIND_OBJECT = 15, /* no work, never counted: a file whose code call paths name */
	WIRE_KIND_CALL =
		16, /* of a library, for its arithmetic; its kernels are counted beside it */
	WIRE_KIND_COLLECTIVE = 17, /* the same, for the bytes that processes exchange */
	WIRE_KIND_COUNT
};

enum wire_device_type { WIRE_DEVICE_OTHER = 0, WIRE_DEVICE_CPU = 1, WIRE_DEVICE_GPU = 2 };

/* Reasons why calls were not seen; a bit each in wire_arena.uncovered. */
#define WIRE_UNCOVERED_DEEPBIND 0x1u /* a library was opened with RTLD_DEEPBIND */
#define WIRE_UNCOVERED_LOADER	0x2u /* an OpenCL loader that could not be stood in for */
#define WIRE_UNCOVERED_ENTRY	0x4u /* an entry point that is not in the table was given out */
#define WIRE_UNCOVERED_DRIVER	0x8u /* a CUDA driver that could not be stood in for */
#define WIRE_UNCOVERED_MATH                                                                        \
	0x20u			   /* a library for GPUs, of mathematics, that likewise could not  \
				    */
#define WIRE_UNCOVERED_GRAPH 0x10u /* a CUDA graph whose kernels could not be counted */

struct wire_device {
	uint32_t ready; /* written last; 0 until the slot is whole */
	uint32_t type;	/* enum wire_device_type */
	uint32_t api;
	uint32_t timed; /* 1: profiling is switched on for its queues */
	char name[128];
	char vendor[56];
	char bus_id[40];       /* PCI address, or UUID as 32 hex digits; empty where none is told */
	uint64_t memory_bytes; /* that the process has allocated there, as far as it was seen */
	uint64_t memory_peak_bytes;
};

struct wire_entry {
	uint32_t ready; /* written last; 0 until the slot is whole */
	uint32_t name;	/* offset into names; not terminated */
	uint16_t name_bytes;
	uint8_t api;
	uint8_t kind;
	uint8_t device; /* index into devices */
	uint8_t flags;	/* WIRE_ENTRY_* */
	uint16_t reserved;
};
#define WIRE_ENTRY_CUT 0x1u /* the name was longer than WIRE_NAME_MAX, or names was full */

/*
 * Exact, whatever happens to the events. Written by the lane's thread with plain stores (lane 0:
 * with atomic additions), so sums over all lanes are the truth about the process.
 */
struct wire_total {
	uint64_t count;	    /* calls that the API accepted */
	uint64_t failed;    /* calls that the API refused */
	uint64_t timed;	    /* commands whose device time is in device_ns */
	uint64_t device_ns; /* sum of end - start on the device's clock */
	uint64_t host_ns;   /* time in the enqueueing call */
	uint64_t bytes;
	uint64_t flop; /* real additions and multiplications, where the call tells them */
	uint64_t reserved;
};

/*
 * One finished command: 64 bytes, one cache line. seq is the event's number in its lane plus one;
 * it is zeroed before the slot is rewritten and written last, so that a reader knows a torn slot.
 */
struct wire_event {
	uint64_t seq;
	uint64_t host_ns;  /* CLOCK_MONOTONIC when the call was made */
	uint64_t start_ns; /* CLOCK_MONOTONIC, mapped from the device's clock; 0 unknown */
	uint64_t end_ns;
	uint64_t bytes;
	uint32_t host_cost_ns; /* time in the call, saturated */
	uint16_t entry;
	uint16_t queue;	    /* number of the queue in the process */
	uint32_t flags;	    /* WIRE_EVENT_* */
	uint32_t shape;	    /* a hash of the sizes that the call told; 0: none told */
	uint64_t nested_ns; /* of a kernel on the CPU: what others within it took on its thread */
};
#define WIRE_EVENT_TIMED   0x1u /* start_ns and end_ns are the device's */
#define WIRE_EVENT_BLOCKED 0x2u /* the call returned only when the command had finished */

/*
 * Something the program printed, logged, read or saved, at most a few hundred a second (the shim
 * keeps what could carry a counter or a metric, and bounds the rate). Written by any thread, as the
 * ring of lane 0; notes_head in the arena counts those ever written.
 */
enum wire_note_kind {
	WIRE_NOTE_NONE = 0,
	WIRE_NOTE_LINE = 1, /* text: one line, without its end */
	WIRE_NOTE_READ = 2, /* a part of a file was read; text: its base name */
	WIRE_NOTE_SAVE =
		3, /* a file was written and closed, or renamed into place; text: likewise */
	WIRE_NOTE_PATH = 4, /* who called; `file`: the entry; text: WIRE_PATH_* words, innermost
			       first */
	WIRE_NOTE_KIND_COUNT
};

#define WIRE_NOTE_CUT	     0x1u  /* the text was longer, or the path deeper */
#define WIRE_NOTE_REDRAWN    0x2u  /* a line that ended with a carriage return: a progress bar */
#define WIRE_NOTE_LATE	     0x4u  /* came out of a buffer, with others: printed before t_ns */
#define WIRE_NOTE_LOG	     0x8u  /* a LINE not on standard output or error: file says which */
#define WIRE_NOTE_FROM_START 0x10u /* READ: the first byte told here was the first of the file */
#define WIRE_NOTE_TO_END     0x20u /* READ: the last one was its last */

/*
 * One frame of a call path: an address within the call, as the symbols of the file that holds it
 * count, and the entry (of kind OBJECT) that names that file; without one, as it is in memory.
 */
#define WIRE_PATH_OBJECT(frame)	   ((uint16_t)((frame) >> 48))
#define WIRE_PATH_ADDRESS(frame)   ((frame)&0xffffffffffffu)
#define WIRE_PATH(object, address) ((uint64_t)(object) << 48 | WIRE_PATH_ADDRESS(address))
#define WIRE_PATH_FRAMES	   48u /* deeper paths are cut at their outer end, and flagged */

struct wire_note {
	uint64_t seq;	   /* as of an event */
	uint64_t begin_ns; /* READ, SAVE: of the first byte told here; LINE: t_ns */
	uint64_t t_ns;	   /* CLOCK_MONOTONIC of the last */
	uint64_t file;	   /* device and inode, mixed; 0: standard output or error */
	uint64_t bytes;	   /* read or written */
	uint64_t size;	   /* of the file; 0 unknown */
	uint32_t tid;
	uint16_t kind;
	uint16_t flags; /* WIRE_NOTE_* */
	uint32_t text_bytes;
	uint32_t reserved;
	uint64_t reserved2;
	char text[WIRE_NOTE_TEXT];
};

struct wire_lane {
	uint32_t tid;  /* the owner; 0 where nobody owns it */
	uint32_t used; /* 1 once anybody did */
	uint64_t head; /* events ever pushed; slot = (number % WIRE_RING_SLOTS) */
	uint8_t reserved[4096 - 16];
	struct wire_total totals[WIRE_ENTRIES];
	struct wire_event ring[WIRE_RING_SLOTS];
};

struct wire_arena {
	uint64_t magic;
	uint32_t version;
	uint32_t devices; /* the geometry, repeated so that a reader can refuse another */
	uint32_t entries;
	uint32_t name_bytes;
	uint32_t lanes;
	uint32_t ring_slots;
	uint64_t start_ns;     /* CLOCK_MONOTONIC when the arena was made */
	uint32_t devices_used; /* slots ever reserved; a slot counts once it is ready */
	uint32_t entries_used;
	uint32_t names_used;
	uint32_t lanes_used;	  /* no lane at or above this was ever used; lane 0 always is */
	uint64_t entries_refused; /* counted calls that found no entry (table full) */
	uint64_t untimed;	  /* commands given up: no event, error, or too many alive */
	uint64_t implausible;	/* device times that were refused: end before start, out of range */
	uint32_t uncovered;	/* WIRE_UNCOVERED_* */
	uint32_t event_cost_ns; /* what one event costs the program, measured at the start */
	uint64_t notes_head;	/* notes ever written; slot = (number % WIRE_NOTES) */
	uint64_t notes_refused; /* lines that were left out, to bound the rate */
	/* What its process is called, for who meets it dead; "" where it is not told. */
	char project[WIRE_LABEL_BYTES];	   /* GRAMME_PROJECT, zero-terminated */
	char experiment[WIRE_LABEL_BYTES]; /* GRAMME_EXPERIMENT, likewise */
	char arguments[WIRE_ARGUMENTS];	   /* the beginning of its arguments, each with its zero */
	uint8_t reserved[4096 - 104 - 2 * WIRE_LABEL_BYTES - WIRE_ARGUMENTS];
};

/* What begins every arena: initialisers for its first members. */
#define WIRE_GEOMETRY                                                                              \
	.magic = WIRE_MAGIC, .version = WIRE_VERSION, .devices = WIRE_DEVICES,                     \
	.entries = WIRE_ENTRIES, .name_bytes = WIRE_NAME_BYTES, .lanes = WIRE_LANES,               \
	.ring_slots = WIRE_RING_SLOTS

struct wire_layout {
	struct wire_arena arena;
	struct wire_device device[WIRE_DEVICES];
	struct wire_entry entry[WIRE_ENTRIES];
	uint8_t names[WIRE_NAME_BYTES];
	struct wire_note note[WIRE_NOTES];
	struct wire_lane lane[WIRE_LANES];
};

#define WIRE_ARENA_BYTES (sizeof(struct wire_layout))

_Static_assert(sizeof(struct wire_message) == 16, "packed by hand");
_Static_assert(sizeof(struct wire_hello) == 32, "packed by hand");
_Static_assert(sizeof(struct wire_device) == 256, "packed by hand");
_Static_assert(sizeof(struct wire_entry) == 16, "packed by hand");
_Static_assert(sizeof(struct wire_total) == 64, "one cache line");
_Static_assert(sizeof(struct wire_event) == 64, "one cache line");
_Static_assert(sizeof(struct wire_note) == 512, "eight cache lines");
_Static_assert(WIRE_PATH_FRAMES * 8 <= WIRE_NOTE_TEXT, "a path is one note");
_Static_assert((WIRE_NOTES & (WIRE_NOTES - 1)) == 0, "masked, not divided");
_Static_assert(sizeof(struct wire_arena) == 4096, "one page");
_Static_assert(sizeof(struct wire_lane) % 4096 == 0, "whole pages");
_Static_assert(WIRE_ARENA_BYTES % 4096 == 0, "whole pages");
_Static_assert((WIRE_RING_SLOTS & (WIRE_RING_SLOTS - 1)) == 0, "masked, not divided");

#endif
