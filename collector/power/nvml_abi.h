/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of the binary interface of libnvidia-ml.so.1 as gramme asks and its test double answers:
 * names, numbers and layouts as NVIDIA documents them (NVML API reference), in words of our own.
 * A call with a version in its name keeps its layout for ever; none without one that has newer
 * forms is used. nvidia-ml-py, which NVIDIA publishes, was used to check sizes and numbers (13.615,
 * 2026-11-21); tests/e2e/nvml-client.sh does so again.
 */
#ifndef GRAMME_NVML_ABI_H
#define GRAMME_NVML_ABI_H

#define NVML_ABI_SONAME "libnvidia-ml.so.1"

/* Room that callers give for strings. */
#define NVML_ABI_UUID	 96
#define NVML_ABI_NAME	 96
#define NVML_ABI_VERSION 80

enum nvml_return {
	NVML_OK = 0,
	NVML_UNINITIALIZED = 1,
	NVML_INVALID_ARGUMENT = 2,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_DRIVER_NOT_LOADED = 9,
	NVML_TIMEOUT = 10,
	NVML_LIBRARY_NOT_FOUND = 12,
	NVML_FUNCTION_NOT_FOUND = 13,
	NVML_GPU_IS_LOST = 15,
	NVML_RESET_REQUIRED = 16,
	NVML_OPERATING_SYSTEM = 17,
	NVML_VERSION_MISMATCH = 18, /* the library and the kernel's driver are of two versions */
	NVML_NO_DATA = 21,
	NVML_UNKNOWN = 999
};

struct nvml_device; /* opaque: a GPU, or a slice of one */

struct nvml_pci {
	char bus_legacy[16];
	unsigned domain;
	unsigned bus;
	unsigned device;
	unsigned device_id;
	unsigned subsystem_id;
	char bus_id[32]; /* "00000000:01:00.0" */
};

/* Of a slice: what part of its GPU it is. */
struct nvml_attributes {
	unsigned multiprocessors;
	unsigned copy_engines;
	unsigned decoders;
	unsigned encoders;
	unsigned jpeg_engines;
	unsigned flow_engines;
	unsigned gpu_slices;
	unsigned compute_slices;
	unsigned long long memory_mb;
};

/* Of a way to cut a GPU into slices: what one of them has. */
struct nvml_profile {
	unsigned id;
	unsigned p2p;
	unsigned gpu_slices;
	unsigned instances;
	unsigned multiprocessors;
	unsigned copy_engines;
	unsigned decoders;
	unsigned encoders;
	unsigned jpeg_engines;
	unsigned flow_engines;
	unsigned long long memory_mb;
};

#define NVML_NO_INSTANCE 0xffffffffu /* of a process on a GPU that is not in slices */

struct nvml_process_info {
	unsigned pid;
	unsigned long long memory_bytes;
	unsigned gpu_instance;
	unsigned compute_instance;
};

struct nvml_utilization {
	unsigned pid;
	unsigned long long t_us; /* CPU time, microseconds since 1970 */
	unsigned sm_pct;
	unsigned memory_pct;
	unsigned encoder_pct;
	unsigned decoder_pct;
};

enum nvml_value_type {
	NVML_VALUE_DOUBLE = 0,
	NVML_VALUE_UINT = 1,
	NVML_VALUE_ULONG = 2,
	NVML_VALUE_ULONGLONG = 3,
	NVML_VALUE_LONGLONG = 4
};

union nvml_number {
	double as_double;
	unsigned as_uint;
	unsigned long as_ulong;
	unsigned long long as_ulonglong;
	long long as_longlong;
};

enum nvml_field {
	NVML_FIELD_POWER_AVERAGE = 185, /* mW, mean over a second where the hardware has one */
	NVML_FIELD_POWER_INSTANT = 186	/* mW */
};

enum nvml_scope { NVML_SCOPE_GPU = 0, NVML_SCOPE_MODULE = 1, NVML_SCOPE_MEMORY = 2 };

struct nvml_field_value {
	unsigned field;
	unsigned scope;
	long long t_us;
	long long latency_us;
	unsigned type;	 /* enum nvml_value_type */
	unsigned result; /* enum nvml_return, of this field alone */
	union nvml_number value;
};

_Static_assert(sizeof(struct nvml_pci) == 68, "as the driver lays it out");
_Static_assert(sizeof(struct nvml_attributes) == 40, "as the driver lays it out");
_Static_assert(sizeof(struct nvml_profile) == 48, "as the driver lays it out");
_Static_assert(sizeof(struct nvml_process_info) == 24, "as the driver lays it out");
_Static_assert(sizeof(struct nvml_utilization) == 32, "as the driver lays it out");
_Static_assert(sizeof(struct nvml_field_value) == 40, "as the driver lays it out");

#endif
