#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# Compiles a few files under make, then with steps numbered as ninja and CMake number them.
for i in $(seq 6); do
	printf '#include <math.h>\n#include <stdio.h>\ndouble f%d(double x)\n{\n\tfor (int i = 0; i < 99; i++)\n\t\tx = sin(x) + i;\n\treturn x;\n}\n' "$i" >"part$i.c"
done
printf 'all: %s\n%%.o: %%.c\n\t@echo "[$*/6] Building C object $@"\n\tgcc -O3 -c -o $@ $<\n' "$(echo part{1..6}.o)" >Makefile
make
