/* SPDX-License-Identifier: Apache-2.0 */
/* The GPUs: as many as were asked for, all alike but for their numbers. */
#include "tests/fake/cuda/sim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int visible[SIM_DEVICES_MAX]; /* the GPU behind an ordinal */
static int visible_count;
static bool is_ready;
static bool is_forked;

/* The same as the double of libnvidia-ml gives the same GPU. */
static void uuid_of(int gpu, CUuuid *uuid)
{
	static const unsigned char start[15] = {0x67, 0x72, 0x61, 0x6d, 0x6d, 0x65, 0x40, 0x00,
						0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

	memcpy(uuid->bytes, start, sizeof(start));
	uuid->bytes[15] = (char)gpu;
}

/* "GPU-" and a UUID, or as much of its beginning as was typed. */
static int gpu_of_uuid(const char *text, size_t length)
{
	for (unsigned gpu = 0; gpu < sim_settings.devices; gpu++) {
		char uuid[64];

		snprintf(uuid, sizeof(uuid), "GPU-6772616d-6d65-4000-8000-0000000000%02x", gpu);
		if (length > 4 && !strncmp(uuid, text, length))
			return (int)gpu;
	}
	return -1;
}

/* As the driver reads it: up to the first that is none. */
static void read_visible(const char *list)
{
	visible_count = 0;
	while (*list && visible_count < (int)SIM_DEVICES_MAX) {
		size_t length = strcspn(list, ",");
		char *end;
		long gpu = strtol(list, &end, 10);

		if (!strncmp(list, "GPU-", 4))
			gpu = gpu_of_uuid(list, length);
		else if (end == list)
			return;
		if (gpu < 0 || gpu >= (long)sim_settings.devices)
			return;
		visible[visible_count++] = (int)gpu;
		list += length + (list[length] == ',');
	}
}

static void forked(void)
{
	is_forked = is_ready;
}

int sim_init(unsigned flags)
{
	const char *list = getenv("CUDA_VISIBLE_DEVICES");

	if (flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (is_forked)
		return CUDA_ERROR_NOT_INITIALIZED;
	if (is_ready)
		return CUDA_SUCCESS;
	for (unsigned i = 0; i < sim_settings.devices; i++)
		visible[i] = (int)i;
	visible_count = (int)sim_settings.devices;
	if (list)
		read_visible(list);
	if (!visible_count)
		return CUDA_ERROR_NO_DEVICE;
	pthread_atfork(NULL, NULL, forked);
	is_ready = true;
	return CUDA_SUCCESS;
}

bool sim_is_ready(void)
{
	return is_ready && !is_forked;
}

int sim_device_ok(CUdevice device)
{
	return device >= 0 && device < visible_count ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

int sim_device_get(CUdevice *device, int ordinal)
{
	*device = ordinal;
	return sim_device_ok(ordinal);
}

int sim_device_count(int *count)
{
	*count = visible_count;
	return CUDA_SUCCESS;
}

int sim_device_name(char *name, int bytes, CUdevice device)
{
	snprintf(name, (size_t)bytes, "gramme simulated GPU");
	return sim_device_ok(device);
}

int sim_device_uuid(CUuuid *uuid, CUdevice device)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	uuid_of(visible[device], uuid);
	return CUDA_SUCCESS;
}

/* Numbers of CUdevice_attribute, and what a GPU of the class of an H100 says. */
static int attribute_of(int attribute)
{
	static const struct {
		int attribute;
		int value;
	} table[] = {
		{1, 1024},	  {2, 1024},   {3, 1024},      {4, 64},	     {5, 2147483647},
		{6, 65535},	  {7, 65535},  {8, 49152},     {9, 65536},   {10, 32},
		{11, 2147483647}, {12, 65536}, {13, 1980000},  {14, 512},    {15, 1},
		{16, 132},	  {19, 1},     {21, 131072},   {22, 131072}, {23, 65536},
		{24, 16384},	  {25, 16384}, {26, 16384},    {31, 1},	     {34, 0},
		{36, 2619000},	  {37, 5120},  {38, 52428800}, {39, 2048},   {40, 3},
		{41, 1},	  {75, 9},     {76, 0},	       {77, 32768},  {78, 1},
		{79, 1},	  {80, 1},     {81, 233472},   {82, 65536},  {83, 1},
		{86, 1},	  {87, 2},     {88, 1},	       {89, 1},	     {90, 1},
		{91, 1},	  {95, 1},     {96, 1},	       {97, 232448}, {98, 1},
		{99, 1},	  {102, 1},    {103, 1},       {106, 32},    {108, 31457280},
		{109, 128},	  {111, 1024}, {115, 1},       {116, 1},     {117, 1},
		{119, 1},	  {120, 1},    {121, 1},       {122, 1},     {123, 1},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].attribute == attribute)
			return table[i].value;
	return 0;
}

int sim_device_attribute(int *value, int attribute, CUdevice device)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (attribute <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	*value = attribute == CU_DEVICE_ATTRIBUTE_PCI_BUS_ID ? visible[device] + 1
							     : attribute_of(attribute);
	return CUDA_SUCCESS;
}

int sim_device_bus_id(char *id, int bytes, CUdevice device)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	snprintf(id, (size_t)bytes, "0000:%02X:00.0", (unsigned)visible[device] + 1);
	return CUDA_SUCCESS;
}

int sim_device_of_bus_id(CUdevice *device, const char *id)
{
	for (int i = 0; i < visible_count; i++) {
		char own[32];

		sim_device_bus_id(own, sizeof(own), i);
		if (!strcasecmp(own, id)) {
			*device = i;
			return CUDA_SUCCESS;
		}
	}
	return CUDA_ERROR_INVALID_DEVICE;
}

int sim_error_text(int error, const char **text)
{
	static const struct {
		int error;
		const char *text;
	} table[] = {
		{CUDA_SUCCESS, "CUDA_SUCCESS"},
		{CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
		{CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
		{CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"},
		{CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
		{CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
		{CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
		{CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"},
		{CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND"},
		{CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY"},
		{CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"},
		{CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED"},
		{CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED"},
		{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
		{CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
		{CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"},
		{CUDA_ERROR_CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT"},
		{CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].error == error) {
			*text = table[i].text;
			return CUDA_SUCCESS;
		}
	*text = NULL;
	return CUDA_ERROR_INVALID_VALUE;
}
