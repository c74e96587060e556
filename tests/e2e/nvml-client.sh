#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NVIDIA's own Python client reads the simulated NVML as it would the real one: names, numbers and
# layouts of the interface that gramme asks by are not of its own making.
. tests/e2e/lib.sh

wheel nvidia-ml-py
export LD_LIBRARY_PATH=$fake/nvml SIMGPU_COUNT=2 SIMNVML_SCRIPT=$TMPDIR/script
cat >"$SIMNVML_SCRIPT" <<'END'
0 * power 200000
0 0 process 77 40
0 0 process 78 0
0 1 mig 1
0 1 slice 3 0 42
0 1 process 99 0 3 0
END
"$venv/bin/python" - >"$TMPDIR/seen" <<'END'
from pynvml import *

nvmlInit()
for i in range(nvmlDeviceGetCount()):
    gpu = nvmlDeviceGetHandleByIndex(i)
    print(nvmlDeviceGetUUID(gpu), nvmlDeviceGetName(gpu), nvmlDeviceGetPciInfo(gpu).busId)
    print(nvmlDeviceGetTotalEnergyConsumption(gpu) - 123456789 < 60 * 200000)
    print(nvmlDeviceGetPowerUsage(gpu), nvmlDeviceGetPowerManagementLimitConstraints(gpu))
    for field in nvmlDeviceGetFieldValues(gpu, [
            (NVML_FI_DEV_POWER_INSTANT, 0), (NVML_FI_DEV_POWER_AVERAGE, 0), NVML_FI_DEV_ECC_CURRENT]):
        print(field.nvmlReturn, field.valueType, field.value.uiVal)
    print([(p.pid, p.gpuInstanceId) for p in nvmlDeviceGetComputeRunningProcesses(gpu)])
    print(nvmlDeviceGetMigMode(gpu))
    try:
        print([(use.pid, use.smUtil) for use in nvmlDeviceGetProcessUtilization(gpu, 0)])
    except NVMLError_NotSupported:
        print("not supported")
    try:
        part = nvmlDeviceGetMigDeviceHandleByIndex(gpu, 0)
        print(nvmlDeviceGetUUID(part), nvmlDeviceGetGpuInstanceId(part),
              nvmlDeviceGetComputeInstanceId(part),
              nvmlDeviceGetAttributes(part).multiprocessorCount)
        print(nvmlDeviceGetGpuInstanceProfileInfo(
            gpu, NVML_GPU_INSTANCE_PROFILE_7_SLICE, 1).multiprocessorCount)
    except NVMLError_NotFound:
        print("whole")
END
diff -u - "$TMPDIR/seen" <<'END' || fail "the client sees something else"
GPU-6772616d-6d65-4000-8000-000000000000 gramme simulated GPU 00000000:01:00.0
True
200000 [100000, 700000]
0 1 200000
0 1 200000
3 0 0
[(77, 4294967295), (78, 4294967295)]
[0, 0]
[(77, 40)]
whole
GPU-6772616d-6d65-4000-8000-000000000001 gramme simulated GPU 00000000:02:00.0
True
200000 [100000, 700000]
0 1 200000
0 1 200000
3 0 0
[(99, 3)]
[1, 1]
not supported
MIG-6772616d-6d65-4000-8000-000000000101 3 0 42
98
END
