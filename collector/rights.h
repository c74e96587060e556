/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights: a collector that serves many touches a user's files with that user's rights, and what it
 * may beyond any user it may for a moment only.
 *
 * A collector that was started with capabilities settles: it keeps the few below, none in force,
 * and neither it nor what it might execute can get another. Around the one call for which the
 * kernel asks for it, or around a walk over all processes, a thread puts one of them in force. What
 * the kernel asks for (capabilities(7), and its source of 6.1):
 * - CAP_SETGID, CAP_SETUID: to take on a user's rights (setfsgid, setfsuid), not to put them down
 * - CAP_CHOWN: to give a user the folder of his ledgers
 * - CAP_SYS_PTRACE: to look at a process of somebody else: its maps, environment, memory, its root,
 *   and with hidepid= that it is there
 * - CAP_PERFMON: to count for a whole CPU, where kernel.perf_event_paranoid is above 0
 * - CAP_DAC_READ_SEARCH: for the counters of powercap, 0400 and root's. Root owns them, and needs
 * no capability: it is kept by a collector of another user, to whom a unit gave it, and not by root
 * /dev/ipmi0 is root's as well, and its driver asks for no capability.
 */
#ifndef GRAMME_RIGHTS_H
#define GRAMME_RIGHTS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Gives up what is not kept, for good, and the rest until it is raised. To be called before the
 * process has threads. Returns 0, also where there was nothing to give up, or -errno.
 */
int rights_settle(void);

/*
 * Puts one capability in force for this thread, instead of any other; nothing happens where it was
 * not kept, or nothing was settled (then what the process may is in force all the time). Returns
 * what is to be given to rights_lower. Both keep errno.
 */
int rights_raise(int capability);
void rights_lower(int before);

struct rights {
	bool changed;
	uid_t uid;
	gid_t gid;
};

/*
 * Takes on somebody's rights for the file system, of this thread alone (setfsuid also drops root's
 * power over files). Who is not root stays who he is. Returns 0 with *before for rights_return, or
 * -EPERM.
 */
int rights_take(uid_t uid, gid_t gid, struct rights *before);

/* Keeps errno. */
void rights_return(const struct rights *before);

#endif
