/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subcommands of gramme, one file each. argv[0] is the subcommand's name. They return the
 * exit status.
 */
#ifndef GRAMME_CMD_H
#define GRAMME_CMD_H

/* Where a collector of root's listens. */
#define CMD_ROOT_SOCKET "/run/gramme/collector.sock"
/* Where its ledgers go, in a folder of each user's. */
#define CMD_ROOT_LEDGER "/var/lib/gramme"

int run_main(int argc, char **argv);
int collect_main(int argc, char **argv);

/* 0; 1: the ledger cannot be read or is damaged; 2: wrong usage. */
int show_main(int argc, char **argv);
int verify_main(int argc, char **argv);
int report_main(int argc, char **argv);
int recompute_main(int argc, char **argv);
int estimate_main(int argc, char **argv);
int calibrate_main(int argc, char **argv);
int intensity_main(int argc, char **argv);
/* 0: all is well; 1: something can be fixed; 2: wrong usage. */
int doctor_main(int argc, char **argv);

#endif
