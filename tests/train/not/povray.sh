#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# A ray tracer that says which line it is at.
printf 'camera { location <0,2,-6> look_at 0 }\nlight_source { <5,9,-9> rgb 1 }\nplane { y, -1 pigment { checker rgb 1 rgb 0.2 } }\n' >scene.pov
for i in $(seq 12); do
	printf 'sphere { <%d,%d,%d>, 0.6 pigment { rgb <0.3,0.%d,0.9> } finish { reflection 0.4 } }\n' $((i % 4 - 2)) $((i / 6)) $((i % 3)) $((i % 9)) >>scene.pov
done
povray -D +W320 +H240 +A0.1 +V scene.pov
