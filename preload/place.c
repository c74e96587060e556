/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the dynamic loader's list of objects, and the notes that it has mapped.
 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "preload/place.h"
#include "preload/sys.h"

#define ID_BYTES 8u /* of the build-id: enough to tell two builds apart */

struct place {
	uintptr_t address;
	const char *path;
	uintptr_t base;
	const uint8_t *id;
	uint32_t id_bytes;
};

struct writer {
	char *text;
	uint32_t used, size;
};

static void put(struct writer *w, const char *text, size_t bytes)
{
	while (bytes-- && w->used < w->size)
		w->text[w->used++] = *text++;
}

static void put_hex(struct writer *w, uint64_t value, unsigned digits)
{
	while (digits--)
		put(w, &"0123456789abcdef"[value >> (4 * digits) & 0xf], 1);
}

static unsigned hex_digits(uint64_t value)
{
	unsigned digits = 1;

	while (value >>= 4)
		digits++;
	return digits;
}

/* A note: sizes of name and content, type, both padded to four bytes. */
static void read_notes(const uint8_t *note, size_t bytes, struct place *place)
{
	while (bytes >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *head = (const void *)note;
		size_t name = (head->n_namesz + 3u) & ~3u, content = (head->n_descsz + 3u) & ~3u;

		if (name + content > bytes - sizeof(*head))
			return;
		if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 &&
		    !memcmp(head + 1, "GNU", 4)) {
			place->id = (const uint8_t *)(head + 1) + name;
			place->id_bytes = head->n_descsz;
			return;
		}
		note += sizeof(*head) + name + content;
		bytes -= sizeof(*head) + name + content;
	}
}

static void describe(const struct dl_phdr_info *info, struct place *place)
{
	place->path = info->dlpi_name ? info->dlpi_name : "";
	place->base = info->dlpi_addr;
	for (unsigned i = 0; i < info->dlpi_phnum && !place->id; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			read_notes((const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
				   info->dlpi_phdr[i].p_memsz, place);
}

static int find(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct place *place = arg;
	bool inside = false;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD &&
		    place->address - (info->dlpi_addr + p->p_vaddr) < p->p_memsz)
			inside = true;
	}
	if (inside)
		describe(info, place);
	return inside;
}

/* Of a file that is gone the kernel says so behind its path. */
void place_program(char path[PLACE_PATH_MAX])
{
	static const char gone[] = " (deleted)";
	const long mark = sizeof(gone) - 1;
	long bytes = sys(readlinkat, AT_FDCWD, "/proc/self/exe", path, PLACE_PATH_MAX);

	if (bytes > mark && !memcmp(path + bytes - mark, gone, (size_t)mark))
		bytes -= mark;
	path[bytes > 0 && bytes < PLACE_PATH_MAX ? bytes : 0] = '\0';
}

/* The loader has no name for the program itself; the kernel has. */
static const char *path_of(const struct place *place, const char *program)
{
	const char *path = place->path[0] ? place->path : program, *slash;

	if (path[0] == '/' && strlen(path) < PLACE_PATH_MAX)
		return path;
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path[0] ? path : "(program)";
}

static void put_path(struct writer *w, const struct place *place, const char *program)
{
	const char *path = path_of(place, program);

	put(w, path, strlen(path));
}

static void put_id(struct writer *w, const struct place *place)
{
	if (!place->id)
		return;
	put(w, " (", 2);
	for (uint32_t i = 0; i < place->id_bytes && i < ID_BYTES; i++)
		put_hex(w, place->id[i], 2);
	put(w, ")", 1);
}

uint32_t place_object(const struct dl_phdr_info *info, const char *program, char *text,
		      uint32_t size)
{
	struct place place = {0};
	struct writer w = {text, 0, size};

	describe(info, &place);
	put_path(&w, &place, program);
	put_id(&w, &place);
	return w.used;
}

uint32_t place_name(const void *address, const char *program, char *text, uint32_t size)
{
	struct place place = {.address = (uintptr_t)address};
	struct writer w = {text, 0, size};
	uint64_t offset;

	dl_iterate_phdr(find, &place);
	if (place.path) {
		put_path(&w, &place, program);
		put(&w, "+", 1);
	}
	offset = place.address - place.base;
	put(&w, "0x", 2);
	put_hex(&w, offset, hex_digits(offset));
	put_id(&w, &place);
	return w.used;
}
