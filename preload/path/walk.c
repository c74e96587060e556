/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking up the stack with libunwind, as if it were another process's: by accessors of ours, so
 * that none of its ways into this one (dl_iterate_phdr and its lock, a pipe to try pointers with,
 * allocation) is ever gone.
 */
#include "preload/path/walk.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind-x86_64.h>
#include <string.h>

#include "preload/sys.h"

#define STACK_BYTES 65536u
#define PAGE_BYTES  4096u
#define PAGES	    64u		    /* known to be readable, in one walk */
#define NEAR_BYTES  (1024u * 1024u) /* the largest frame that a frame pointer is believed */

/* Not in older C libraries; there are no walks then. */
extern __typeof(_dl_find_object) _dl_find_object __attribute__((weak));

/* libunwind exports it, and declares it in no header. */
#define search_table UNW_OBJ(dwarf_search_unwind_table)
int search_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table,
		 unw_proc_info_t *info, int unwind, void *arg);

static unw_addr_space_t space;
static uintptr_t own; /* where this library is mapped */
static struct path_registers registers;
static uintptr_t readable[PAGES]; /* page + 1 */
static char stack[STACK_BYTES] __attribute__((aligned(64)));

/*
 * Whether eight bytes can be read, without a fault where they cannot: the kernel copies the mask
 * before it finds that nothing is to be done with it.
 */
static bool is_readable(uintptr_t address)
{
	const uintptr_t page = address / PAGE_BYTES;
	uintptr_t *known = &readable[page % PAGES];

	if (*known == page + 1)
		return true;
	if (sys(rt_sigprocmask, -1, page * PAGE_BYTES, 0, 8) != -EINVAL)
		return false;
	*known = page + 1;
	return true;
}

static bool peek(uintptr_t address, uintptr_t *word)
{
	if (!is_readable(address) || !is_readable(address + sizeof(*word) - 1))
		return false;
	memcpy(word, (const void *)address, sizeof(*word));
	return true;
}

/* The object that holds the code, or false. */
static bool find_object(uintptr_t address, struct dl_find_object *found)
{
	return !_dl_find_object((void *)address, found);
}

/* ---- libunwind's questions ---- */

/* The table at PT_GNU_EH_FRAME, in the one form in which linkers write it. */
static bool table_of(const struct dl_find_object *object, unw_dyn_info_t *table)
{
	enum { VERSION = 1, POINTER = 0x1b, COUNT = 0x03, TABLE = 0x3b };
	static const uint8_t form[4] = {VERSION, POINTER, COUNT, TABLE};
	const uintptr_t head = (uintptr_t)object->dlfo_eh_frame;
	uintptr_t word;
	uint32_t count;

	if (!head || !peek(head, &word) || memcmp(&word, form, sizeof(form)) != 0 ||
	    !peek(head + 8, &word))
		return false;
	memcpy(&count, &word, sizeof(count));
	*table = (unw_dyn_info_t){
		.start_ip = (uintptr_t)object->dlfo_map_start,
		.end_ip = (uintptr_t)object->dlfo_map_end,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti = {.segbase = head, .table_data = head + 12, .table_len = count},
	};
	return true;
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info, int unwind,
			  void *arg)
{
	struct dl_find_object object;
	unw_dyn_info_t table;

	if (!find_object(ip, &object) || !table_of(&object, &table))
		return -UNW_ENOINFO;
	return search_table(as, ip, &table, info, unwind, arg);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as;
	(void)info;
	(void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *list, void *arg)
{
	(void)as;
	(void)list;
	(void)arg;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *word, int write,
		      void *arg)
{
	(void)as;
	(void)arg;
	return !write && peek(address, word) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *word, int write,
		      void *arg)
{
	const struct path_registers *from = arg;

	(void)as;
	switch (write ? -1 : number) {
	case UNW_X86_64_RBX:
		*word = from->bx;
		return 0;
	case UNW_X86_64_RBP:
		*word = from->bp;
		return 0;
	case UNW_X86_64_R12:
		*word = from->r12;
		return 0;
	case UNW_X86_64_R13:
		*word = from->r13;
		return 0;
	case UNW_X86_64_R14:
		*word = from->r14;
		return 0;
	case UNW_X86_64_R15:
		*word = from->r15;
		return 0;
	case UNW_X86_64_RSP:
		*word = from->sp;
		return 0;
	case UNW_X86_64_RIP:
		*word = from->ip;
		return 0;
	default:
		return -UNW_EBADREG;
	}
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t number, unw_fpreg_t *value, int write,
			void *arg)
{
	(void)as;
	(void)number;
	(void)value;
	(void)write;
	(void)arg;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t address, char *name, size_t size,
			 unw_word_t *offset, void *arg)
{
	(void)as;
	(void)address;
	(void)name;
	(void)size;
	(void)offset;
	(void)arg;
	return -UNW_ENOINFO;
}

/* ---- code that lies in no file ---- */

/* Is that an address behind a call? Direct, or through a register or memory. */
static bool follows_call(uintptr_t address)
{
	uintptr_t before;
	uint8_t byte[8];

	if (address < sizeof(before) || !peek(address - sizeof(before), &before))
		return false;
	memcpy(byte, &before, sizeof(byte));
	if (byte[3] == 0xe8)
		return true;
	for (unsigned at = 1; at < 7; at++)
		if (byte[at] == 0xff && (byte[at + 1] >> 3 & 7) == 2)
			return true;
	return false;
}

/*
 * One frame outwards from code that no file describes, made at run time. CPython's perf
 * trampolines keep two words: the alignment or the frame pointer (3.13), and the return address.
 * What else keeps a frame pointer is followed by that.
 */
static bool step_plain(struct path_registers *at)
{
	uintptr_t frame, back;

	if (!peek(at->sp, &frame) || !peek(at->sp + 8, &back))
		return false;
	if (at->bp == at->sp) {
		at->bp = frame;
	} else if (!follows_call(back)) {
		if (at->bp <= at->sp || at->bp - at->sp > NEAR_BYTES || !peek(at->bp, &frame) ||
		    !peek(at->bp + 8, &back) || !follows_call(back))
			return false;
		at->sp = at->bp;
		at->bp = frame;
	}
	at->sp += 16;
	at->ip = back;
	return true;
}

static bool get_registers(unw_cursor_t *cursor, struct path_registers *to)
{
	return !unw_get_reg(cursor, UNW_X86_64_RBX, &to->bx) &&
	       !unw_get_reg(cursor, UNW_X86_64_RBP, &to->bp) &&
	       !unw_get_reg(cursor, UNW_X86_64_R12, &to->r12) &&
	       !unw_get_reg(cursor, UNW_X86_64_R13, &to->r13) &&
	       !unw_get_reg(cursor, UNW_X86_64_R14, &to->r14) &&
	       !unw_get_reg(cursor, UNW_X86_64_R15, &to->r15) &&
	       !unw_get_reg(cursor, UNW_X86_64_RSP, &to->sp) &&
	       !unw_get_reg(cursor, UNW_X86_64_RIP, &to->ip);
}

/* ---- the walk ---- */

/* One frame outwards. The stack grows downwards, so what does not rise is no caller. */
static bool step(unw_cursor_t *cursor, bool in_object, uintptr_t *ip)
{
	unw_word_t before = 0, after = 0;

	if (unw_get_reg(cursor, UNW_REG_SP, &before))
		return false;
	if (!in_object) {
		if (!get_registers(cursor, &registers) || !step_plain(&registers) ||
		    unw_init_remote(cursor, space, &registers))
			return false;
	} else if (unw_step(cursor) <= 0) {
		return false;
	}
	return !unw_get_reg(cursor, UNW_REG_SP, &after) && after > before &&
	       !unw_get_reg(cursor, UNW_REG_IP, ip) && *ip;
}

/* False where there is no room. Our own frames are those of wrappers, and nobody's code. */
static bool record(struct path_walk *walk, uintptr_t call, uintptr_t object)
{
	if (object && (object == walk->own || object == own))
		return true;
	if (walk->frames == WIRE_PATH_FRAMES) {
		walk->cut = true;
		return false;
	}
	walk->frame[walk->frames++] = (struct path_frame){call, object};
	return true;
}

static void walk_all(void *arg)
{
	struct path_walk *walk = arg;
	unw_cursor_t cursor;
	uintptr_t ip = registers.ip;
	bool in_object;

	if (unw_init_remote(&cursor, space, &registers))
		return;
	do {
		struct dl_find_object object;

		in_object = find_object(ip - 1, &object);
		if (!record(walk, ip - 1, in_object ? (uintptr_t)object.dlfo_map_start : 0))
			return;
	} while (step(&cursor, in_object, &ip));
}

__attribute__((visibility("default"))) void gramme_path_walk(struct path_walk *walk)
{
	walk->frames = 0;
	walk->cut = false;
	memset(readable, 0, sizeof(readable));
	path_switch(&registers, stack + sizeof(stack), walk_all, walk);
}

__attribute__((visibility("default"))) int gramme_path_begin(void)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	static struct path_walk first;
	struct dl_find_object self;

	if (!_dl_find_object || !find_object((uintptr_t)stack, &self))
		return -ENOSYS;
	own = (uintptr_t)self.dlfo_map_start;
	space = unw_create_addr_space(&accessors, 0);
	if (!space)
		return -ENOMEM;
	unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
	gramme_path_walk(&first); /* what libunwind makes when it is first asked, it makes now */
	return 0;
}

__attribute__((visibility("default"))) void gramme_path_forget(void)
{
	unw_flush_cache(space, 0, 0);
}

__attribute__((visibility("default"))) bool gramme_path_object(uintptr_t object,
							       struct dl_phdr_info *info)
{
	const ElfW(Ehdr) *head = (const void *)object;
	struct dl_find_object found;

	if (!find_object(object, &found) || !is_readable(object) ||
	    memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_phoff > PAGE_BYTES ||
	    head->e_phnum > (PAGE_BYTES - head->e_phoff) / sizeof(ElfW(Phdr)))
		return false;
	*info = (struct dl_phdr_info){
		.dlpi_addr = found.dlfo_link_map->l_addr,
		.dlpi_name = found.dlfo_link_map->l_name,
		.dlpi_phdr = (const void *)(object + head->e_phoff),
		.dlpi_phnum = head->e_phnum,
	};
	return true;
}
