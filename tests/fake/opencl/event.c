/* SPDX-License-Identifier: Apache-2.0 */
/* Events: their life, and what they tell. */
#include "tests/fake/opencl/fake.h"
#include "tests/fake/tally.h"

#include <pthread.h>
#include <stdlib.h>

static uint64_t live;

cl_event fake_event_new(cl_context context, cl_command_type type)
{
	cl_event event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->dispatch = &fake_dispatch;
	event->refs = 1;
	event->context = context;
	event->type = type;
	event->queued_ns = fake_now_ns();
	fake_clRetainContext(context);
	tally_gauge("live-events", __atomic_add_fetch(&live, 1, __ATOMIC_RELAXED));
	return event;
}

void fake_event_retain(cl_event event)
{
	__atomic_add_fetch(&event->refs, 1, __ATOMIC_RELAXED);
}

void fake_event_forget_waits(cl_event event)
{
	for (cl_uint i = 0; i < event->waits; i++)
		fake_event_release(event->wait[i]);
	free(event->wait);
	event->wait = NULL;
	event->waits = 0;
}

void fake_event_release(cl_event event)
{
	if (__atomic_sub_fetch(&event->refs, 1, __ATOMIC_ACQ_REL))
		return;
	fake_event_forget_waits(event);
	fake_clReleaseContext(event->context);
	if (event->queue)
		fake_queue_release(event->queue);
	tally_gauge("live-events", __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED));
	free(event);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clWaitForEvents(cl_uint count, const cl_event *events)
{
	cl_int err = CL_SUCCESS;

	if (!count || !events)
		return CL_INVALID_VALUE;
	for (cl_uint i = 0; i < count; i++)
		if (fake_event_wait(events[i]) < 0)
			err = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	return err;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainEvent(cl_event event)
{
	fake_event_retain(event);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseEvent(cl_event event)
{
	fake_event_release(event);
	return CL_SUCCESS;
}

static cl_int status(cl_event event)
{
	uint64_t now = fake_now_ns();
	cl_int result;

	fake_lock();
	if (!fake_event_settle(event))
		result = event->queue ? CL_QUEUED : CL_SUBMITTED;
	else if (now < event->start_ns)
		result = CL_SUBMITTED;
	else if (now < event->end_ns)
		result = CL_RUNNING;
	else
		result = event->failure;
	fake_unlock();
	return result;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetEventInfo(cl_event event, cl_event_info what, size_t size,
						    void *value, size_t *size_ret)
{
	cl_int now;

	switch (what) {
	case CL_EVENT_COMMAND_QUEUE:
		return fake_info(&event->queue, sizeof(event->queue), size, value, size_ret);
	case CL_EVENT_CONTEXT:
		return fake_info(&event->context, sizeof(event->context), size, value, size_ret);
	case CL_EVENT_COMMAND_TYPE:
		return fake_info(&event->type, sizeof(event->type), size, value, size_ret);
	case CL_EVENT_REFERENCE_COUNT:
		return fake_info(&event->refs, sizeof(cl_uint), size, value, size_ret);
	case CL_EVENT_COMMAND_EXECUTION_STATUS:
		now = status(event);
		return fake_info(&now, sizeof(now), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetEventProfilingInfo(cl_event event, cl_profiling_info what,
							     size_t size, void *value,
							     size_t *size_ret)
{
	cl_ulong t_ns;

	if (!event->queue || !(event->queue->properties & CL_QUEUE_PROFILING_ENABLE) ||
	    status(event) != CL_COMPLETE)
		return CL_PROFILING_INFO_NOT_AVAILABLE;
	switch (what) {
	case CL_PROFILING_COMMAND_QUEUED:
	case CL_PROFILING_COMMAND_SUBMIT:
		t_ns = fake_device_ns(event->queued_ns);
		break;
	case CL_PROFILING_COMMAND_START:
		t_ns = fake_device_ns(event->start_ns);
		break;
	case CL_PROFILING_COMMAND_END:
	case CL_PROFILING_COMMAND_COMPLETE:
		t_ns = fake_device_ns(event->end_ns);
		break;
	default:
		return CL_INVALID_VALUE;
	}
	return fake_info(&t_ns, sizeof(t_ns), size, value, size_ret);
}

CL_API_ENTRY cl_event CL_API_CALL fake_clCreateUserEvent(cl_context context, cl_int *err)
{
	cl_event event = fake_event_new(context, CL_COMMAND_USER);

	if (err)
		*err = event ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	return event;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clSetUserEventStatus(cl_event event, cl_int result)
{
	cl_int err = CL_SUCCESS;

	fake_lock();
	if (event->queue || event->settled || result > CL_COMPLETE) {
		err = CL_INVALID_OPERATION;
	} else {
		event->failure = result;
		event->start_ns = event->end_ns = fake_now_ns();
		event->settled = true;
	}
	fake_unlock();
	return err;
}

struct callback {
	cl_event event;
	void(CL_CALLBACK *call)(cl_event, cl_int, void *);
	void *data;
};

static void *call_back(void *arg)
{
	struct callback *callback = arg;
	cl_int failure = fake_event_wait(callback->event);

	callback->call(callback->event, failure ? failure : CL_COMPLETE, callback->data);
	fake_event_release(callback->event);
	free(callback);
	return NULL;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clSetEventCallback(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *data)
{
	struct callback *callback;
	pthread_t thread;

	if (!call || type != CL_COMPLETE)
		return CL_INVALID_VALUE;
	callback = malloc(sizeof(*callback));
	if (!callback)
		return CL_OUT_OF_HOST_MEMORY;
	*callback = (struct callback){event, call, data};
	fake_event_retain(event);
	if (pthread_create(&thread, NULL, call_back, callback)) {
		fake_event_release(event);
		free(callback);
		return CL_OUT_OF_HOST_MEMORY;
	}
	pthread_detach(thread);
	return CL_SUCCESS;
}
