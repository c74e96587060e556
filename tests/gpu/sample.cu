/* SPDX-License-Identifier: Apache-2.0 */
// What nvcc makes of a program: launches on two streams and of a graph, counted by itself.
#include <cstdio>
#include <cuda_runtime.h>

__global__ void forward(float *at)
{
	at[threadIdx.x] += 1;
}

__global__ void backward(float *at)
{
	at[threadIdx.x] *= 2;
}

int main()
{
	const int rounds = 500;
	cudaGraphExec_t exec;
	cudaStream_t stream;
	cudaGraph_t graph;
	float *memory;

	if (cudaMalloc(&memory, 1024) || cudaStreamCreate(&stream))
		return 1;
	for (int i = 0; i < rounds; i++) {
		forward<<<1, 256, 0, stream>>>(memory);
		backward<<<1, 256>>>(memory);
	}
	cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
	forward<<<1, 256, 0, stream>>>(memory);
	backward<<<1, 256, 0, stream>>>(memory);
	backward<<<1, 256, 0, stream>>>(memory);
	cudaStreamEndCapture(stream, &graph);
	if (cudaGraphInstantiate(&exec, graph, 0))
		return 1;
	for (int i = 0; i < rounds; i++)
		cudaGraphLaunch(exec, stream);
	if (cudaDeviceSynchronize())
		return 1;
	std::printf("count kernel forward(float*) %d\ncount kernel backward(float*) %d\n", 2 * rounds,
		    3 * rounds);
	return 0;
}
