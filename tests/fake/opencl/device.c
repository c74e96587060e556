/* SPDX-License-Identifier: Apache-2.0 */
/* The two devices, what they say of themselves, and their clock. */
#include "tests/fake/opencl/fake.h"

#include <string.h>

static struct _cl_device_id devices[2] = {
	{&fake_dispatch, CL_DEVICE_TYPE_CPU, "Fake CPU"},
	{&fake_dispatch, CL_DEVICE_TYPE_GPU, "Fake GPU"},
};

struct _cl_device_id *fake_device(unsigned index)
{
	return &devices[index];
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetDeviceIDs(cl_platform_id platform, cl_device_type type,
						    cl_uint entries, cl_device_id *ids,
						    cl_uint *count)
{
	cl_uint found = 0;

	(void)platform;
	if (type & CL_DEVICE_TYPE_DEFAULT)
		type |= CL_DEVICE_TYPE_CPU;
	for (unsigned i = 0; i < 2; i++) {
		if (!(devices[i].type & type))
			continue;
		if (ids && found < entries)
			ids[found] = &devices[i];
		found++;
	}
	if (count)
		*count = found;
	return found ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

static cl_int text_info(cl_device_id device, cl_device_info what, size_t size, void *value,
			size_t *size_ret)
{
	switch (what) {
	case CL_DEVICE_NAME:
		return fake_info_text(device->name, size, value, size_ret);
	case CL_DEVICE_VENDOR:
		return fake_info_text(fake_settings.vendor, size, value, size_ret);
	case CL_DEVICE_VERSION:
		return fake_info_text(fake_settings.no_timer ? "OpenCL 2.0 fake"
							     : "OpenCL 3.0 fake",
				      size, value, size_ret);
	case CL_DRIVER_VERSION:
		return fake_info_text("1", size, value, size_ret);
	case CL_DEVICE_OPENCL_C_VERSION:
		return fake_info_text("OpenCL C 1.2 fake", size, value, size_ret);
	case CL_DEVICE_PROFILE:
		return fake_info_text("FULL_PROFILE", size, value, size_ret);
	case CL_DEVICE_EXTENSIONS:
		return fake_info_text("cl_khr_pci_bus_info cl_khr_command_buffer", size, value,
				      size_ret);
	case CL_DEVICE_BUILT_IN_KERNELS:
		return fake_info_text("", size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

static const struct {
	cl_device_info what;
	uint8_t bytes;
	uint64_t value;
} numbers[] = {
	{CL_DEVICE_VENDOR_ID, 4, 0xfa4e},
	{CL_DEVICE_MAX_COMPUTE_UNITS, 4, 2},
	{CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, 4, 3},
	{CL_DEVICE_MAX_WORK_GROUP_SIZE, 8, 1024},
	{CL_DEVICE_MAX_PARAMETER_SIZE, 8, 1024},
	{CL_DEVICE_MAX_CLOCK_FREQUENCY, 4, 1000},
	{CL_DEVICE_ADDRESS_BITS, 4, 64},
	{CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8, 1u << 30},
	{CL_DEVICE_GLOBAL_MEM_SIZE, 8, 1u << 30},
	{CL_DEVICE_LOCAL_MEM_SIZE, 8, 1u << 16},
	{CL_DEVICE_LOCAL_MEM_TYPE, 4, CL_GLOBAL},
	{CL_DEVICE_IMAGE_SUPPORT, 4, CL_TRUE},
	{CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4, 1024},
	{CL_DEVICE_PROFILING_TIMER_RESOLUTION, 8, 1},
	{CL_DEVICE_ENDIAN_LITTLE, 4, CL_TRUE},
	{CL_DEVICE_AVAILABLE, 4, CL_TRUE},
	{CL_DEVICE_COMPILER_AVAILABLE, 4, CL_TRUE},
	{CL_DEVICE_LINKER_AVAILABLE, 4, CL_FALSE},
	{CL_DEVICE_HOST_UNIFIED_MEMORY, 4, CL_FALSE},
	{CL_DEVICE_EXECUTION_CAPABILITIES, 8, CL_EXEC_KERNEL | CL_EXEC_NATIVE_KERNEL},
	{CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, 8,
	 CL_QUEUE_PROFILING_ENABLE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE},
	{CL_DEVICE_SVM_CAPABILITIES, 8, CL_DEVICE_SVM_COARSE_GRAIN_BUFFER},
	{CL_DEVICE_REFERENCE_COUNT, 4, 1},
	{CL_DEVICE_PARTITION_MAX_SUB_DEVICES, 4, 0},
	{CL_DEVICE_PARENT_DEVICE, 8, 0},
	{CL_DEVICE_NUMERIC_VERSION, 4, CL_MAKE_VERSION(3, 0, 0)},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, 4, 1},
	{CL_DEVICE_DOUBLE_FP_CONFIG, 8, 0},
	{CL_DEVICE_SINGLE_FP_CONFIG, 8, CL_FP_ROUND_TO_NEAREST},
};

CL_API_ENTRY cl_int CL_API_CALL fake_clGetDeviceInfo(cl_device_id device, cl_device_info what,
						     size_t size, void *value, size_t *size_ret)
{
	static const size_t items[3] = {1024, 1024, 1024};
	const cl_device_pci_bus_info_khr bus = {0, 1, 0, 0};
	cl_platform_id platform = fake_platform();

	if (device != &devices[0] && device != &devices[1])
		return CL_INVALID_DEVICE;
	if (what == CL_DEVICE_TYPE)
		return fake_info(&device->type, sizeof(device->type), size, value, size_ret);
	if (what == CL_DEVICE_PLATFORM)
		return fake_info(&platform, sizeof(platform), size, value, size_ret);
	if (what == CL_DEVICE_MAX_WORK_ITEM_SIZES)
		return fake_info(items, sizeof(items), size, value, size_ret);
	if (what == CL_DEVICE_PCI_BUS_INFO_KHR && device == &devices[1])
		return fake_info(&bus, sizeof(bus), size, value, size_ret);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].what == what)
			return fake_info(&numbers[i].value, numbers[i].bytes, size, value,
					 size_ret);
	return text_info(device, what, size, value, size_ret);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainDevice(cl_device_id device)
{
	(void)device;
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseDevice(cl_device_id device)
{
	(void)device;
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetDeviceAndHostTimer(cl_device_id device,
							     cl_ulong *device_ns, cl_ulong *host_ns)
{
	(void)device;
	if (fake_settings.no_timer)
		return CL_INVALID_OPERATION;
	*host_ns = fake_now_ns();
	*device_ns = fake_device_ns(*host_ns);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetHostTimer(cl_device_id device, cl_ulong *host_ns)
{
	(void)device;
	if (fake_settings.no_timer)
		return CL_INVALID_OPERATION;
	*host_ns = fake_now_ns();
	return CL_SUCCESS;
}
