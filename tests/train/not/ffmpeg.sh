#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# Encodes a test picture twice, as one does it in two passes.
for pass in 1 2; do
	ffmpeg -hide_banner -y -f lavfi -i testsrc2=duration=6:size=320x240:rate=25 -c:v mpeg4 -b:v 400k -pass $pass film.avi </dev/null
done
