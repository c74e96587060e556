/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of an ELF file. libelf reads its heads, sections and notes; a table of symbols is walked
 * in pieces, since that of a large library takes many megabytes, and is of interest once.
 */
#include "collector/symbol/symbol.h"

#include <ctype.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX  (16LL << 30)
#define TABLE_MAX (64ULL << 20) /* 2.8 million symbols */
#define NOTES_MAX 65536u
#define PIECE	  1024u /* symbols read at a time */
#define NAMES_MAX 64u	/* of one address that are looked at */

struct symbol_file {
	int fd;
	Elf *elf;
};

/* What libelf takes for granted, or would believe to the last megabyte. */
static bool is_sane(int fd)
{
	const unsigned char order =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	Elf64_Ehdr head;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return false;
	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return false;
	/* No sections would mean 'as many as section 0 says', and those are made before they are
	 * looked for. */
	return !memcmp(head.e_ident, ELFMAG, SELFMAG) && head.e_ident[EI_CLASS] == ELFCLASS64 &&
	       head.e_ident[EI_DATA] == order && head.e_shnum;
}

struct symbol_file *symbol_open(int fd)
{
	struct symbol_file *file;

	if (!is_sane(fd) || elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->fd = fd;
	file->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return file;
	symbol_close(file);
	return NULL;
}

void symbol_close(struct symbol_file *file)
{
	elf_end(file->elf);
	free(file);
}

static bool read_id(Elf_Data *notes, char id[SYMBOL_ID_MAX + 1])
{
	GElf_Nhdr head;
	size_t name, content, at = 0;

	while ((at = gelf_getnote(notes, at, &head, &name, &content))) {
		const unsigned char *bytes = (const unsigned char *)notes->d_buf + content;

		if (head.n_type != NT_GNU_BUILD_ID || head.n_namesz != sizeof("GNU") ||
		    memcmp((const char *)notes->d_buf + name, "GNU", sizeof("GNU")) != 0)
			continue;
		for (size_t i = 0; i < head.n_descsz && i < SYMBOL_ID_MAX / 2; i++)
			sprintf(id + 2 * i, "%02x", bytes[i]);
		return true;
	}
	return false;
}

void symbol_id(struct symbol_file *file, char id[SYMBOL_ID_MAX + 1])
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	id[0] = '\0';
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &head) || head.sh_type != SHT_NOTE ||
		    head.sh_size > NOTES_MAX)
			continue;
		Elf_Data *notes = elf_getdata_rawchunk(file->elf, (int64_t)head.sh_offset,
						       head.sh_size, ELF_T_NHDR);
		if (notes && read_id(notes, id))
			return;
	}
}

/* A function that holds the address looked for, and what speaks for it. */
struct candidate {
	unsigned found; /* how many before it, and itself */
	Elf64_Sym symbol;
	char name[SYMBOL_NAME_MAX];
};

static bool holds(const Elf64_Sym *s, uint64_t value)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || s->st_shndx == SHN_UNDEF ||
	    value < s->st_value)
		return false;
	return value == s->st_value || value - s->st_value < s->st_size;
}

static int compare(const struct candidate *a, const struct candidate *b)
{
	bool a_local = ELF64_ST_BIND(a->symbol.st_info) == STB_LOCAL;
	bool b_local = ELF64_ST_BIND(b->symbol.st_info) == STB_LOCAL;
	size_t a_length = strlen(a->name), b_length = strlen(b->name);

	/* The one that begins last is the innermost. */
	if (a->symbol.st_value != b->symbol.st_value)
		return a->symbol.st_value > b->symbol.st_value ? -1 : 1;
	if (a_local != b_local)
		return a_local - b_local;
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void consider(const struct symbol_file *file, const GElf_Shdr *names, const Elf64_Sym *s,
		     struct candidate *best)
{
	struct candidate next = {.found = best->found + 1, .symbol = *s};
	uint64_t room = s->st_name < names->sh_size ? names->sh_size - s->st_name : 0;
	ssize_t n;

	if (room > SYMBOL_NAME_MAX - 1)
		room = SYMBOL_NAME_MAX - 1;
	n = pread(file->fd, next.name, room, (off_t)(names->sh_offset + s->st_name));
	next.name[n > 0 ? n : 0] = '\0';
	for (char *c = next.name; *c; c++)
		if (!isgraph((unsigned char)*c))
			*c = '?';
	if (next.name[0] && (!best->name[0] || compare(&next, best) < 0))
		*best = next;
	best->found = next.found;
}

static int walk(const struct symbol_file *file, const GElf_Shdr *table, const GElf_Shdr *names,
		uint64_t value, struct candidate *best)
{
	Elf64_Sym piece[PIECE];
	uint64_t left = table->sh_size / sizeof(Elf64_Sym);
	uint64_t at = table->sh_offset;

	if (table->sh_size > TABLE_MAX || table->sh_offset > FILE_MAX ||
	    names->sh_offset > FILE_MAX)
		return -EBADMSG;
	while (left) {
		size_t wanted = left < PIECE ? left : PIECE;
		ssize_t got = pread(file->fd, piece, wanted * sizeof(*piece), (off_t)at);

		if (got != (ssize_t)(wanted * sizeof(*piece)))
			return -EBADMSG;
		for (size_t i = 0; i < wanted; i++)
			if (best->found < NAMES_MAX && holds(&piece[i], value))
				consider(file, names, &piece[i], best);
		at += (uint64_t)got;
		left -= wanted;
	}
	return 0;
}

/* The heads of a table and of the names that it refers to. */
static int find_table(struct symbol_file *file, enum symbol_table table, GElf_Shdr *head,
		      GElf_Shdr *names)
{
	const uint32_t type = table == SYMBOL_ALL ? SHT_SYMTAB : SHT_DYNSYM;
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(file->elf, section))) {
		Elf_Scn *strings;

		if (!gelf_getshdr(section, head) || head->sh_type != type)
			continue;
		strings = elf_getscn(file->elf, head->sh_link);
		return strings && gelf_getshdr(strings, names) && names->sh_type == SHT_STRTAB
			       ? 0
			       : -EBADMSG;
	}
	return -ENOENT;
}

int symbol_find(struct symbol_file *file, enum symbol_table table, uint64_t value,
		char name[SYMBOL_NAME_MAX])
{
	struct candidate best = {.found = 0};
	GElf_Shdr head, names;
	int error = find_table(file, table, &head, &names);

	if (!error)
		error = walk(file, &head, &names, value, &best);
	if (error)
		return error;
	if (!best.name[0])
		return -ENOENT;
	size_t used = (size_t)snprintf(name, SYMBOL_NAME_MAX, "%s", best.name);
	if (value != best.symbol.st_value)
		snprintf(name + used, SYMBOL_NAME_MAX - used, "+0x%llx",
			 (unsigned long long)(value - best.symbol.st_value));
	return 0;
}
