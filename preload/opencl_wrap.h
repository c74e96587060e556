/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wrapper is written, by its road. Extension wrappers do not carry the extensions' names:
 * these are reached by pointer only, and a program may define them itself.
 */
#ifndef GRAMME_OPENCL_WRAP_H
#define GRAMME_OPENCL_WRAP_H

#include <CL/cl.h>
#include <CL/cl_egl.h>
#include <CL/cl_ext.h>
#include <CL/cl_gl.h>

#include "preload/opencl.h"

#define CALLER() __builtin_return_address(0)

#define CORE_HEAD	   __attribute__((visibility("default")))
#define CORE_AS(name)	   name
#define EXTENSION_HEAD	   __attribute__((visibility("hidden")))
#define EXTENSION_AS(name) opencl_ext_##name

/*
 * A second name of an exported wrapper, hidden: taking its address needs no relocation. The linker
 * turns that of an exported name into arithmetic on x86-64, but not on aarch64, where the table of
 * hooks was 54 relocations in every exec.
 */
#define CORE_OWN(name)	    opencl_own_##name
#define EXTENSION_OWN(name) EXTENSION_AS(name)
#define CORE_SECOND_NAME(name)                                                                     \
	extern __typeof__(name) CORE_OWN(name) __attribute__((alias(#name), visibility("hidde"     \
										       "n")));
#define EXTENSION_SECOND_NAME(name)

/* The real function: the caller's loader has it, or the queue's platform told it. */
#define CORE_REAL(name, loader, queue) OPENCL_REAL(loader, name)
#define EXTENSION_REAL(name, loader, queue)                                                        \
	((__typeof__(&name))opencl_extension_real(CALL_##name, loader, queue))

void *opencl_extension_real(enum call call, const struct loader *loader, cl_command_queue queue);

/* The wrapper of a row, or NULL for what is only used. */
void *opencl_hook(enum call call);
/* True if the row is reached by clGetExtensionFunctionAddress alone. */
bool opencl_is_extension(enum call call);

#define CORE_DECLARE(result, name, params)
#define EXTENSION_DECLARE(result, name, params)                                                    \
	EXTENSION_HEAD result CL_API_CALL EXTENSION_AS(name) params;

#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking)                           \
	road##_DECLARE(cl_int, name, params)
#define HAND(road, result, name, params, args, none) road##_DECLARE(result, name, params)
#include "preload/calls.def"

#endif
