/* SPDX-License-Identifier: Apache-2.0 */
/* Modules and libraries, and their functions by name. A library's module is made when asked for. */
#include "tests/fake/cuda/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GLOBAL_BYTES 65536u

struct sim_global {
	char name[256];
	CUdeviceptr address;
	struct sim_global *next;
};

static CUmodule made(char *names, bool is_library)
{
	CUmodule module = sim_new(sizeof(*module));

	module->context = is_library ? NULL : sim_current();
	module->is_library = is_library;
	module->names = names;
	return module;
}

int sim_module_load(CUmodule *out, const void *image, bool is_library)
{
	if (!image)
		return CUDA_ERROR_INVALID_VALUE;
	if (!is_library && !sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	*out = made(sim_image_names(image), is_library);
	return CUDA_SUCCESS;
}

int sim_module_open(CUmodule *out, const char *path, bool is_library)
{
	FILE *file = fopen(path, "re");
	char *image = sim_new(SIM_GRANULARITY * 16);
	int err = CUDA_ERROR_FILE_NOT_FOUND;

	if (file && fread(image, 1, SIM_GRANULARITY * 16 - 1, file) > 3)
		err = sim_module_load(out, image, is_library);
	if (file)
		fclose(file);
	free(image);
	return err;
}

/* Its functions stay: a launch of one may be under way. */
int sim_module_unload(CUmodule module)
{
	return module ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

static bool has(CUmodule module, const char *name)
{
	size_t length = strlen(name);
	const char *line = module->names;

	while (line && *line) {
		size_t own = strcspn(line, "\n");

		if (own == length && !memcmp(line, name, own))
			return true;
		line += own + 1;
	}
	return !module->names;
}

static CUfunction function_new(CUmodule module, const char *name)
{
	CUfunction function = sim_new(sizeof(*function));

	snprintf(function->name, sizeof(function->name), "%s", name);
	function->module = module;
	function->context = module->is_library ? NULL : sim_current();
	function->attribute[0] = 1024; /* threads a block */
	function->attribute[4] = 32;   /* registers */
	function->attribute[5] = 90;   /* versions */
	function->attribute[6] = 90;
	function->attribute[8] = 49152; /* dynamic shared memory */
	function->block[0] = function->block[1] = function->block[2] = 1;
	function->next = module->functions;
	module->functions = function;
	module->count++;
	return function;
}

int sim_module_function(CUfunction *out, CUmodule module, const char *name)
{
	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	for (CUfunction f = module->functions; f; f = f->next)
		if (!strcmp(f->name, name)) {
			*out = f;
			return CUDA_SUCCESS;
		}
	if (!has(module, name))
		return CUDA_ERROR_NOT_FOUND;
	*out = function_new(module, name);
	return CUDA_SUCCESS;
}

/* Of what size a variable is, only a compiler knows: one is as large as fits most. */
int sim_module_global(CUdeviceptr *out, size_t *bytes, CUmodule module, const char *name)
{
	struct sim_global *global;

	for (global = module->globals; global; global = global->next)
		if (!strcmp(global->name, name))
			break;
	if (!global) {
		global = sim_new(sizeof(*global));
		snprintf(global->name, sizeof(global->name), "%s", name);
		global->address = (uintptr_t)sim_new(GLOBAL_BYTES);
		global->next = module->globals;
		module->globals = global;
	}
	if (out)
		*out = global->address;
	if (bytes)
		*bytes = GLOBAL_BYTES;
	return CUDA_SUCCESS;
}

static void make_all(CUmodule module)
{
	const char *line = module->names;
	char name[256];
	CUfunction function;

	while (line && *line) {
		size_t own = strcspn(line, "\n");

		snprintf(name, sizeof(name), "%.*s", (int)own, line);
		if (own)
			sim_module_function(&function, module, name);
		line += own + 1;
	}
}

int sim_module_count(unsigned *count, CUmodule module)
{
	make_all(module);
	*count = module->count;
	return CUDA_SUCCESS;
}

int sim_module_list(CUfunction *out, unsigned count, CUmodule module)
{
	make_all(module);
	for (CUfunction f = module->functions; f && count; f = f->next, count--)
		*out++ = f;
	return CUDA_SUCCESS;
}

int sim_library_module(CUmodule *out, CUmodule library)
{
	if (!sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	if (!library->loaded)
		library->loaded = made(library->names, false);
	*out = library->loaded;
	return CUDA_SUCCESS;
}

int sim_kernel_function(CUfunction *out, CUfunction kernel)
{
	CUmodule module;
	int err = sim_library_module(&module, kernel->module);

	if (!err)
		err = sim_module_function(out, module, kernel->name);
	if (!err)
		(*out)->kernel = kernel;
	return err;
}

int sim_function_name(const char **name, CUfunction function)
{
	if (!function)
		return CUDA_ERROR_INVALID_HANDLE;
	*name = function->name;
	return CUDA_SUCCESS;
}

int sim_function_module(CUmodule *out, CUfunction function)
{
	*out = function->module;
	return CUDA_SUCCESS;
}

int sim_function_attribute(int *value, int attribute, CUfunction function)
{
	if (!function || attribute < 0 || attribute >= SIM_ATTRIBUTES)
		return CUDA_ERROR_INVALID_VALUE;
	*value = function->attribute[attribute];
	return CUDA_SUCCESS;
}

int sim_function_set(CUfunction function, int attribute, int value)
{
	if (!function || attribute < 0 || attribute >= SIM_ATTRIBUTES)
		return CUDA_ERROR_INVALID_VALUE;
	function->attribute[attribute] = value;
	return CUDA_SUCCESS;
}

int sim_function_block(CUfunction function, int x, int y, int z)
{
	function->block[0] = (unsigned)x;
	function->block[1] = (unsigned)y;
	function->block[2] = (unsigned)z;
	return CUDA_SUCCESS;
}

int sim_occupancy(int *blocks, CUfunction function, int block_size)
{
	if (!function || block_size <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	*blocks = 2048 / block_size ? 2048 / block_size : 1;
	return CUDA_SUCCESS;
}

int sim_best_block(int *grid, int *block, CUfunction function, int limit)
{
	if (!function)
		return CUDA_ERROR_INVALID_HANDLE;
	*block = limit > 0 && limit < 1024 ? limit : 1024;
	*grid = 132 * 2;
	return CUDA_SUCCESS;
}

/* Linking hands back what was added last. */
struct link {
	void *image;
	size_t bytes;
};

int sim_link_create(void **state)
{
	*state = sim_new(sizeof(struct link));
	return CUDA_SUCCESS;
}

int sim_link_add(void *state, const void *data, size_t bytes)
{
	struct link *link = state;

	link->image = sim_new(bytes + 1);
	memcpy(link->image, data, bytes);
	link->bytes = bytes;
	return CUDA_SUCCESS;
}

int sim_link_complete(void *state, void **image, size_t *bytes)
{
	const struct link *link = state;

	*image = link->image;
	if (bytes)
		*bytes = link->bytes;
	return link->image ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}
