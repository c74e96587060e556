/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices and queues: who they are, and whether their commands may be timed.
 */
#include <string.h>

#include "preload/device.h"
#include "preload/init.h"
#include "preload/memory.h"
#include "preload/opencl.h"

/* Vendor extensions; not in every version of the headers. */
#define PCI_BUS_INFO_KHR 0x410f
#define PCI_BUS_ID_NV	 0x4008
#define PCI_SLOT_ID_NV	 0x4009
#define PCI_DOMAIN_ID_NV 0x400a

struct opencl *opencl_make(void)
{
	return memory_make(sizeof(struct opencl));
}

void opencl_free(struct opencl *cl)
{
	memory_free(cl, sizeof(*cl));
}

static void put_hex(char **end, uint32_t value, unsigned digits)
{
	while (digits--)
		*(*end)++ = "0123456789abcdef"[(value >> (4 * digits)) & 0xf];
}

/* "dddd:bb:ss.f", as lspci writes it. */
static void put_address(char *text, const uint32_t pci[4])
{
	put_hex(&text, pci[0], 4);
	*text++ = ':';
	put_hex(&text, pci[1], 2);
	*text++ = ':';
	put_hex(&text, pci[2], 2);
	*text++ = '.';
	put_hex(&text, pci[3], 1);
	*text = '\0';
}

static bool ask(const struct loader *loader, cl_device_id device, cl_device_info what, size_t size,
		void *value)
{
	__typeof__(&clGetDeviceInfo) real = OPENCL_REAL(loader, clGetDeviceInfo);

	return real && real(device, what, size, value, NULL) == CL_SUCCESS;
}

static void describe_bus(const struct loader *loader, cl_device_id device, struct wire_device *w)
{
	uint32_t pci[4] = {0}; /* domain, bus, device, function */
	uint32_t slot;

	if (ask(loader, device, PCI_BUS_INFO_KHR, sizeof(pci), pci)) {
		put_address(w->bus_id, pci);
	} else if (ask(loader, device, PCI_BUS_ID_NV, sizeof(pci[1]), &pci[1]) &&
		   ask(loader, device, PCI_SLOT_ID_NV, sizeof(slot), &slot)) {
		(void)ask(loader, device, PCI_DOMAIN_ID_NV, sizeof(pci[0]), &pci[0]);
		pci[2] = slot >> 3;
		pci[3] = slot & 7;
		put_address(w->bus_id, pci);
	}
}

/* Profiling costs 1.1 to 1.8 times the run time on some Intel GPUs (research/interposers.md). */
static bool policy(const struct wire_device *w)
{
	enum init_profiling profiling = init_settings()->profiling;

	if (profiling != INIT_PROFILING_AUTO)
		return profiling == INIT_PROFILING_ON;
	return w->type != WIRE_DEVICE_GPU || strncmp(w->vendor, "Intel", 5) != 0;
}

/* Asks for a text that may be longer than there is room: then it is cut. */
static void ask_text(const struct loader *loader, cl_device_id device, cl_device_info what,
		     char *text, size_t size)
{
	char longer[1024] = "";

	(void)ask(loader, device, what, sizeof(longer) - 1, longer);
	memcpy(text, longer, strnlen(longer, size - 1));
}

/* A device, and by whom it is asked. */
struct asked {
	const struct loader *loader;
	cl_device_id device;
};

static void describe(struct wire_device *w, const void *what)
{
	const struct asked *a = what;
	cl_device_type type = 0;

	(void)ask(a->loader, a->device, CL_DEVICE_TYPE, sizeof(type), &type);
	w->type = type & CL_DEVICE_TYPE_CPU   ? WIRE_DEVICE_CPU
		  : type & CL_DEVICE_TYPE_GPU ? WIRE_DEVICE_GPU
					      : WIRE_DEVICE_OTHER;
	w->api = WIRE_API_OPENCL;
	ask_text(a->loader, a->device, CL_DEVICE_NAME, w->name, sizeof(w->name));
	ask_text(a->loader, a->device, CL_DEVICE_VENDOR, w->vendor, sizeof(w->vendor));
	describe_bus(a->loader, a->device, w);
	w->timed = policy(w);
}

uint8_t opencl_device(struct life *life, const struct loader *loader, cl_device_id device)
{
	return device_find(life, (uintptr_t)device, describe, &(struct asked){loader, device});
}

cl_device_id opencl_device_id(const struct life *life, uint8_t device)
{
	return (cl_device_id)atomic_load(&life->device[device]);
}

bool opencl_may_profile(struct life *life, uint8_t device)
{
	return __atomic_load_n(&life->arena->device[device].timed, __ATOMIC_RELAXED);
}

uint32_t opencl_alive_limit(struct life *life, uint8_t device)
{
	/* NVIDIA's driver slows down a thousandfold once thousands of events are alive. */
	return life->arena->device[device].vendor[0] == 'N' ? 512 : OPENCL_ALIVE;
}

void opencl_queue_know(struct life *life, cl_command_queue queue, uint16_t facts)
{
	cache_put(life->opencl->queue, OPENCL_QUEUE_SETS, queue, facts);
}

uint16_t opencl_queue_ask(struct life *life, const struct loader *loader, cl_command_queue queue)
{
	__typeof__(&clGetCommandQueueInfo) real = OPENCL_REAL(loader, clGetCommandQueueInfo);
	cl_command_queue_properties properties = 0;
	cl_device_id device = NULL;
	uint16_t facts = 0;

	if (!queue || !real ||
	    real(queue, CL_QUEUE_DEVICE, sizeof(device), &device, NULL) != CL_SUCCESS)
		return 0;
	(void)real(queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL);
	facts = opencl_device(life, loader, device);
	if (properties & CL_QUEUE_PROFILING_ENABLE)
		facts |= QUEUE_TIMED;
	opencl_queue_know(life, queue, facts);
	return facts;
}
