#!/bin/sh
# Installs the packed package, which lies in the folder named, into an empty project, and trains, samples and asks the
# doctor there. From the root of the clone.
set -eu
tarball=$(cd "$1" && pwd)
project=$(mktemp -d)
cd "$project"
npm init --yes >/dev/null
npm install --ignore-scripts "$tarball"/unrolled-*.tgz
npx unrolled doctor
npx unrolled train sonnets --steps 20 --out model.safetensors
npx unrolled sample model.safetensors --length 40
