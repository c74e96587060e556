/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities by the kernel's own calls, which are a thread's, as libc's wrappers and libcap's
 * promise to be a process'; and a user's rights over files. setfsuid and setfsgid tell no errors:
 * asking again tells what is in force.
 */
#include "collector/rights.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))
#define NONE		(-1)

static struct {
	bool done;
	uint64_t kept;
} settled;

/* Of this thread; one that is begun meanwhile would begin with it, and none is. */
static __thread int in_force = NONE;

static int get_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &head, data))
		return -errno;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int set(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.permitted = (uint32_t)permitted, .effective = (uint32_t)effective},
		{.permitted = (uint32_t)(permitted >> 32),
		 .effective = (uint32_t)(effective >> 32)},
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

/* As the kernel has it after setfsuid is not always as we left it: it is set, not compared. */
static void put(int capability)
{
	int error = errno;

	if (settled.done)
		set(settled.kept, capability == NONE ? 0 : BIT(capability));
	in_force = capability;
	errno = error;
}

int rights_settle(void)
{
	uint64_t permitted = 0, kept = BIT(CAP_CHOWN) | BIT(CAP_SETGID) | BIT(CAP_SETUID) |
				       BIT(CAP_SYS_PTRACE) | BIT(CAP_PERFMON);
	int error = get_permitted(&permitted);

	if (geteuid() != 0)
		kept |= BIT(CAP_DAC_READ_SEARCH);
	if (error || !permitted)
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* A user's rights are not those of root's groups. */
	if (geteuid() == 0 && getgroups(0, NULL) > 0)
		setgroups(0, NULL);
	/* Where that may not be done there is less to be given up; what is above is enough. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (!(kept & BIT(i)))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	kept &= permitted;
	error = set(kept, 0);
	settled.kept = kept;
	settled.done = !error;
	return error;
}

int rights_raise(int capability)
{
	int before = in_force;

	if (settled.done && before != capability && settled.kept & BIT(capability))
		put(capability);
	return before;
}

void rights_lower(int before)
{
	if (in_force != before)
		put(before);
}

/* Each asks for a capability of its own, and is given it alone. */
static void take_group(gid_t gid, struct rights *before)
{
	int raised = rights_raise(CAP_SETGID);

	before->gid = (gid_t)setfsgid(gid);
	rights_lower(raised);
}

static void take_user(uid_t uid, struct rights *before)
{
	int raised = rights_raise(CAP_SETUID);

	before->uid = (uid_t)setfsuid(uid);
	rights_lower(raised);
}

int rights_take(uid_t uid, gid_t gid, struct rights *before)
{
	before->changed = geteuid() == 0 && uid != 0;
	if (!before->changed)
		return 0;
	take_group(gid, before);
	take_user(uid, before);
	if ((uid_t)setfsuid((uid_t)-1) == uid && (gid_t)setfsgid((gid_t)-1) == gid)
		return 0;
	rights_return(before);
	return -EPERM;
}

void rights_return(const struct rights *before)
{
	int error = errno;

	if (before->changed) {
		setfsuid(before->uid);
		setfsgid(before->gid);
		/* With its old number a thread of root gets the rights over files that it kept. */
		put(in_force);
	}
	errno = error;
}
