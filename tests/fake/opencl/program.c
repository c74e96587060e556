/* SPDX-License-Identifier: Apache-2.0 */
/* Programs are their source text; their kernels are what stands behind the word "kernel" in it. */
#include "tests/fake/opencl/fake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KERNELS_MAX 32

struct _cl_program {
	FAKE_OBJECT;
	cl_context context;
	char *source;
	bool built;
	cl_uint kernels;
	struct {
		char name[128];
		cl_uint args;
	} kernel[KERNELS_MAX];
};

static cl_uint count_args(const char *open)
{
	const char *close = strchr(open, ')');
	cl_uint args = 1;

	if (!close)
		return 0;
	for (const char *p = open + 1; p < close; p++)
		args += *p == ',';
	return args;
}

/* The name before the parenthesis of a kernel's arguments. */
static void add_kernel(cl_program program, const char *text)
{
	const char *open = strchr(text, '(');
	const char *end;
	const char *start;

	if (!open || program->kernels == KERNELS_MAX)
		return;
	for (end = open; end > text && isspace((unsigned char)end[-1]); end--)
		;
	for (start = end; start > text && (isalnum((unsigned char)start[-1]) || start[-1] == '_');)
		start--;
	if (start == end || (size_t)(end - start) >= sizeof(program->kernel[0].name))
		return;
	memcpy(program->kernel[program->kernels].name, start, (size_t)(end - start));
	program->kernel[program->kernels++].args = count_args(open);
}

static void find_kernels(cl_program program)
{
	const char *at = program->source;

	while ((at = strstr(at, "kernel"))) {
		const char *word = at > program->source + 1 && at[-1] == '_' ? at - 2 : at;
		bool whole = word == program->source || !isalnum((unsigned char)word[-1]);

		at += strlen("kernel");
		if (whole && isspace((unsigned char)*at))
			add_kernel(program, at);
	}
}

static cl_program program_new(cl_context context, char *source, cl_int *err)
{
	cl_program program = source ? calloc(1, sizeof(*program)) : NULL;

	if (err)
		*err = program ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	if (!program) {
		free(source);
		return NULL;
	}
	program->dispatch = &fake_dispatch;
	program->refs = 1;
	program->context = context;
	program->source = source;
	find_kernels(program);
	fake_clRetainContext(context);
	return program;
}

CL_API_ENTRY cl_program CL_API_CALL fake_clCreateProgramWithSource(
	cl_context context, cl_uint count, const char **strings, const size_t *lengths, cl_int *err)
{
	size_t total = 0;
	char *source;

	for (cl_uint i = 0; i < count; i++)
		total += lengths && lengths[i] ? lengths[i] : strlen(strings[i]);
	source = calloc(1, total + 1);
	for (cl_uint i = 0; source && i < count; i++)
		strncat(source, strings[i],
			lengths && lengths[i] ? lengths[i] : strlen(strings[i]));
	return program_new(context, source, err);
}

CL_API_ENTRY cl_program CL_API_CALL fake_clCreateProgramWithBinary(
	cl_context context, cl_uint count, const cl_device_id *ids, const size_t *lengths,
	const unsigned char **binaries, cl_int *status, cl_int *err)
{
	cl_program program;

	(void)ids;
	program = program_new(context, strndup((const char *)binaries[0], lengths[0]), err);
	for (cl_uint i = 0; status && i < count; i++)
		status[i] = program ? CL_SUCCESS : CL_INVALID_VALUE;
	return program;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainProgram(cl_program program)
{
	__atomic_add_fetch(&program->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseProgram(cl_program program)
{
	if (__atomic_sub_fetch(&program->refs, 1, __ATOMIC_ACQ_REL))
		return CL_SUCCESS;
	fake_clReleaseContext(program->context);
	free(program->source);
	free(program);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clBuildProgram(cl_program program, cl_uint count,
						    const cl_device_id *ids, const char *options,
						    void(CL_CALLBACK *notify)(cl_program, void *),
						    void *data)
{
	(void)count, (void)ids, (void)options;
	program->built = true;
	if (notify)
		notify(program, data);
	return CL_SUCCESS;
}

static cl_int kernel_names(cl_program program, size_t size, void *value, size_t *size_ret)
{
	char names[KERNELS_MAX * (sizeof(program->kernel[0].name) + 1)] = "";

	for (cl_uint i = 0; i < program->kernels; i++) {
		if (i)
			strcat(names, ";");
		strcat(names, program->kernel[i].name);
	}
	return fake_info_text(names, size, value, size_ret);
}

static cl_int binaries(cl_program program, size_t size, void *value, size_t *size_ret)
{
	cl_uint devices = program->context->devices;

	if (value && size < devices * sizeof(char *))
		return CL_INVALID_VALUE;
	for (cl_uint i = 0; value && i < devices; i++)
		if (((char **)value)[i])
			memcpy(((char **)value)[i], program->source, strlen(program->source));
	if (size_ret)
		*size_ret = devices * sizeof(char *);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetProgramInfo(cl_program program, cl_program_info what,
						      size_t size, void *value, size_t *size_ret)
{
	const cl_context context = program->context;
	const size_t sizes[2] = {strlen(program->source), strlen(program->source)};
	const size_t kernels = program->kernels;

	switch (what) {
	case CL_PROGRAM_REFERENCE_COUNT:
		return fake_info(&program->refs, sizeof(cl_uint), size, value, size_ret);
	case CL_PROGRAM_CONTEXT:
		return fake_info(&context, sizeof(context), size, value, size_ret);
	case CL_PROGRAM_NUM_DEVICES:
		return fake_info(&context->devices, sizeof(cl_uint), size, value, size_ret);
	case CL_PROGRAM_DEVICES:
		return fake_info(context->device, context->devices * sizeof(cl_device_id), size,
				 value, size_ret);
	case CL_PROGRAM_SOURCE:
		return fake_info_text(program->source, size, value, size_ret);
	case CL_PROGRAM_NUM_KERNELS:
		return fake_info(&kernels, sizeof(kernels), size, value, size_ret);
	case CL_PROGRAM_KERNEL_NAMES:
		return kernel_names(program, size, value, size_ret);
	case CL_PROGRAM_BINARY_SIZES:
		return fake_info(sizes, context->devices * sizeof(size_t), size, value, size_ret);
	case CL_PROGRAM_BINARIES:
		return binaries(program, size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetProgramBuildInfo(cl_program program, cl_device_id device,
							   cl_program_build_info what, size_t size,
							   void *value, size_t *size_ret)
{
	const cl_build_status status = program->built ? CL_BUILD_SUCCESS : CL_BUILD_NONE;
	const cl_program_binary_type type = CL_PROGRAM_BINARY_TYPE_EXECUTABLE;

	(void)device;
	switch (what) {
	case CL_PROGRAM_BUILD_STATUS:
		return fake_info(&status, sizeof(status), size, value, size_ret);
	case CL_PROGRAM_BUILD_LOG:
	case CL_PROGRAM_BUILD_OPTIONS:
		return fake_info_text("", size, value, size_ret);
	case CL_PROGRAM_BINARY_TYPE:
		return fake_info(&type, sizeof(type), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

static cl_kernel kernel_new(cl_program program, const char *name, cl_uint args, cl_int *err)
{
	cl_kernel kernel = calloc(1, sizeof(*kernel));

	if (err)
		*err = kernel ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	if (!kernel)
		return NULL;
	kernel->dispatch = &fake_dispatch;
	kernel->refs = 1;
	kernel->program = program;
	kernel->args = args;
	strncpy(kernel->name, name, sizeof(kernel->name) - 1);
	fake_clRetainProgram(program);
	return kernel;
}

CL_API_ENTRY cl_kernel CL_API_CALL fake_clCreateKernel(cl_program program, const char *name,
						       cl_int *err)
{
	for (cl_uint i = 0; program->built && i < program->kernels; i++)
		if (!strcmp(program->kernel[i].name, name))
			return kernel_new(program, name, program->kernel[i].args, err);
	if (err)
		*err = program->built ? CL_INVALID_KERNEL_NAME : CL_INVALID_PROGRAM_EXECUTABLE;
	return NULL;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clCreateKernelsInProgram(cl_program program, cl_uint entries,
							      cl_kernel *kernels, cl_uint *count)
{
	if (kernels && entries < program->kernels)
		return CL_INVALID_VALUE;
	for (cl_uint i = 0; kernels && i < program->kernels; i++)
		kernels[i] =
			kernel_new(program, program->kernel[i].name, program->kernel[i].args, NULL);
	if (count)
		*count = program->kernels;
	return CL_SUCCESS;
}

CL_API_ENTRY cl_kernel CL_API_CALL fake_clCloneKernel(cl_kernel kernel, cl_int *err)
{
	return kernel_new(kernel->program, kernel->name, kernel->args, err);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainKernel(cl_kernel kernel)
{
	__atomic_add_fetch(&kernel->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseKernel(cl_kernel kernel)
{
	if (__atomic_sub_fetch(&kernel->refs, 1, __ATOMIC_ACQ_REL))
		return CL_SUCCESS;
	fake_clReleaseProgram(kernel->program);
	free(kernel);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size,
						    const void *value)
{
	(void)size, (void)value;
	return index < kernel->args ? CL_SUCCESS : CL_INVALID_ARG_INDEX;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clSetKernelArgSVMPointer(cl_kernel kernel, cl_uint index,
							      const void *value)
{
	(void)value;
	return index < kernel->args ? CL_SUCCESS : CL_INVALID_ARG_INDEX;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetKernelInfo(cl_kernel kernel, cl_kernel_info what,
						     size_t size, void *value, size_t *size_ret)
{
	switch (what) {
	case CL_KERNEL_FUNCTION_NAME:
		return fake_info_text(kernel->name, size, value, size_ret);
	case CL_KERNEL_NUM_ARGS:
		return fake_info(&kernel->args, sizeof(kernel->args), size, value, size_ret);
	case CL_KERNEL_REFERENCE_COUNT:
		return fake_info(&kernel->refs, sizeof(cl_uint), size, value, size_ret);
	case CL_KERNEL_CONTEXT:
		return fake_info(&kernel->program->context, sizeof(cl_context), size, value,
				 size_ret);
	case CL_KERNEL_PROGRAM:
		return fake_info(&kernel->program, sizeof(cl_program), size, value, size_ret);
	case CL_KERNEL_ATTRIBUTES:
		return fake_info_text("", size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
							      cl_kernel_work_group_info what,
							      size_t size, void *value,
							      size_t *size_ret)
{
	const size_t group = 1024;
	const size_t multiple = 1;
	const size_t compiled[3] = {0, 0, 0};

	(void)kernel, (void)device;
	switch (what) {
	case CL_KERNEL_WORK_GROUP_SIZE:
		return fake_info(&group, sizeof(group), size, value, size_ret);
	case CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
		return fake_info(&multiple, sizeof(multiple), size, value, size_ret);
	case CL_KERNEL_COMPILE_WORK_GROUP_SIZE:
		return fake_info(compiled, sizeof(compiled), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}
