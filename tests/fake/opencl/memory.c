/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers, images and shared virtual memory: sizes without contents, but for what is mapped. */
#include "tests/fake/opencl/fake.h"

#include <stdlib.h>

struct _cl_mem {
	FAKE_OBJECT;
	cl_context context;
	cl_mem_object_type type;
	cl_mem_flags flags;
	size_t bytes;
	void *host; /* the program's memory, or what was made at the first map */
	bool host_own;
};

static cl_mem memory_new(cl_context context, cl_mem_object_type type, cl_mem_flags flags,
			 size_t bytes, void *host, cl_int *err)
{
	cl_mem memory = context && bytes ? calloc(1, sizeof(*memory)) : NULL;

	if (err)
		*err = memory ? CL_SUCCESS : CL_INVALID_VALUE;
	if (!memory)
		return NULL;
	memory->dispatch = &fake_dispatch;
	memory->refs = 1;
	memory->context = context;
	memory->type = type;
	memory->flags = flags;
	memory->bytes = bytes;
	memory->host = flags & CL_MEM_USE_HOST_PTR ? host : NULL;
	fake_clRetainContext(context);
	return memory;
}

CL_API_ENTRY cl_mem CL_API_CALL fake_clCreateBuffer(cl_context context, cl_mem_flags flags,
						    size_t bytes, void *host, cl_int *err)
{
	return memory_new(context, CL_MEM_OBJECT_BUFFER, flags, bytes, host, err);
}

CL_API_ENTRY cl_mem CL_API_CALL
fake_clCreateBufferWithProperties(cl_context context, const cl_mem_properties *properties,
				  cl_mem_flags flags, size_t bytes, void *host, cl_int *err)
{
	(void)properties;
	return memory_new(context, CL_MEM_OBJECT_BUFFER, flags, bytes, host, err);
}

CL_API_ENTRY cl_mem CL_API_CALL fake_clCreateSubBuffer(cl_mem buffer, cl_mem_flags flags,
						       cl_buffer_create_type type, const void *info,
						       cl_int *err)
{
	const cl_buffer_region *region = info;

	(void)type;
	return memory_new(buffer->context, CL_MEM_OBJECT_BUFFER, flags, region->size, NULL, err);
}

static size_t image_bytes(const cl_image_desc *desc)
{
	size_t height = desc->image_height ? desc->image_height : 1;
	size_t depth = desc->image_depth ? desc->image_depth : 1;

	/* Four channels of four bytes are the most that a pixel holds. */
	return desc->image_width * height * depth * 16;
}

CL_API_ENTRY cl_mem CL_API_CALL fake_clCreateImage(cl_context context, cl_mem_flags flags,
						   const cl_image_format *format,
						   const cl_image_desc *desc, void *host,
						   cl_int *err)
{
	(void)format;
	return memory_new(context, desc->image_type, flags, image_bytes(desc), host, err);
}

CL_API_ENTRY cl_mem CL_API_CALL fake_clCreateImageWithProperties(
	cl_context context, const cl_mem_properties *properties, cl_mem_flags flags,
	const cl_image_format *format, const cl_image_desc *desc, void *host, cl_int *err)
{
	(void)properties;
	return fake_clCreateImage(context, flags, format, desc, host, err);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainMemObject(cl_mem memory)
{
	__atomic_add_fetch(&memory->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseMemObject(cl_mem memory)
{
	if (__atomic_sub_fetch(&memory->refs, 1, __ATOMIC_ACQ_REL))
		return CL_SUCCESS;
	if (memory->host_own)
		free(memory->host);
	fake_clReleaseContext(memory->context);
	free(memory);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetMemObjectInfo(cl_mem memory, cl_mem_info what,
							size_t size, void *value, size_t *size_ret)
{
	switch (what) {
	case CL_MEM_TYPE:
		return fake_info(&memory->type, sizeof(memory->type), size, value, size_ret);
	case CL_MEM_FLAGS:
		return fake_info(&memory->flags, sizeof(memory->flags), size, value, size_ret);
	case CL_MEM_SIZE:
		return fake_info(&memory->bytes, sizeof(memory->bytes), size, value, size_ret);
	case CL_MEM_HOST_PTR:
		return fake_info(&memory->host, sizeof(memory->host), size, value, size_ret);
	case CL_MEM_CONTEXT:
		return fake_info(&memory->context, sizeof(memory->context), size, value, size_ret);
	case CL_MEM_REFERENCE_COUNT:
		return fake_info(&memory->refs, sizeof(cl_uint), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetImageInfo(cl_mem image, cl_image_info what, size_t size,
						    void *value, size_t *size_ret)
{
	const cl_image_format format = {CL_RGBA, CL_FLOAT};
	const size_t pixel = 16;

	if (image->type == CL_MEM_OBJECT_BUFFER)
		return CL_INVALID_MEM_OBJECT;
	switch (what) {
	case CL_IMAGE_FORMAT:
		return fake_info(&format, sizeof(format), size, value, size_ret);
	case CL_IMAGE_ELEMENT_SIZE:
		return fake_info(&pixel, sizeof(pixel), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL
fake_clGetSupportedImageFormats(cl_context context, cl_mem_flags flags, cl_mem_object_type type,
				cl_uint entries, cl_image_format *formats, cl_uint *count)
{
	(void)context, (void)flags, (void)type;
	if (formats && entries)
		formats[0] = (cl_image_format){CL_RGBA, CL_FLOAT};
	if (count)
		*count = 1;
	return CL_SUCCESS;
}

CL_API_ENTRY void *CL_API_CALL fake_clSVMAlloc(cl_context context, cl_svm_mem_flags flags,
					       size_t bytes, cl_uint alignment)
{
	(void)context, (void)flags, (void)alignment;
	return calloc(1, bytes);
}

CL_API_ENTRY void CL_API_CALL fake_clSVMFree(cl_context context, void *memory)
{
	(void)context;
	free(memory);
}

static void *mapped(cl_mem memory, size_t offset, const struct fake_command *command, cl_int *err)
{
	cl_int result = memory ? fake_submit(command) : CL_INVALID_MEM_OBJECT;
	char *host = NULL;

	if (!result) {
		fake_lock();
		if (!memory->host) {
			memory->host = calloc(1, memory->bytes);
			memory->host_own = true;
		}
		host = memory->host;
		fake_unlock();
	}
	if (err)
		*err = result;
	return host ? host + offset : NULL;
}

CL_API_ENTRY void *CL_API_CALL fake_clEnqueueMapBuffer(cl_command_queue queue, cl_mem buffer,
						       cl_bool blocking, cl_map_flags flags,
						       size_t offset, size_t bytes, cl_uint waits,
						       const cl_event *wait, cl_event *event,
						       cl_int *err)
{
	const struct fake_command command = {
		queue, CL_COMMAND_MAP_BUFFER, "call", "clEnqueueMapBuffer", blocking, waits, wait,
		event};

	(void)flags, (void)bytes;
	return mapped(buffer, offset, &command, err);
}

CL_API_ENTRY void *CL_API_CALL fake_clEnqueueMapImage(cl_command_queue queue, cl_mem image,
						      cl_bool blocking, cl_map_flags flags,
						      const size_t *origin, const size_t *region,
						      size_t *row_pitch, size_t *slice_pitch,
						      cl_uint waits, const cl_event *wait,
						      cl_event *event, cl_int *err)
{
	const struct fake_command command = {
		queue, CL_COMMAND_MAP_IMAGE, "call", "clEnqueueMapImage", blocking, waits, wait,
		event};

	(void)flags, (void)origin;
	*row_pitch = region[0] * 16;
	if (slice_pitch)
		*slice_pitch = 0;
	return mapped(image, 0, &command, err);
}
