/** The platforms that a binary is built for, and how each is told to Zig, CMake and OpenBLAS. */

// Kernels of OpenBLAS that a binary holds; it picks one when it is loaded. AMD's processors take Haswell's and SkylakeX's.
const x64Kernels = ['TARGET=PRESCOTT', 'DYNAMIC_ARCH=1', 'DYNAMIC_LIST=HASWELL SKYLAKEX'];
const arm64Kernels = ['TARGET=ARMV8', 'DYNAMIC_ARCH=1', 'DYNAMIC_LIST=NEOVERSEN1'];

/**
 * `name` as on the command line, `platform` and `arch` as Node has them, `libc` on Linux alone; `zig` is the triple, with
 * the oldest system that it is for; `system` and `processor` are CMake's; `kernels` are settings of OpenBLAS's Makefile.
 */
export const targets = [
  linux('x64', 'glibc', 'x86_64-linux-gnu.2.28', 'x86_64', x64Kernels),
  linux('arm64', 'glibc', 'aarch64-linux-gnu.2.28', 'aarch64', arm64Kernels),
  linux('x64', 'musl', 'x86_64-linux-musl', 'x86_64', x64Kernels),
  linux('arm64', 'musl', 'aarch64-linux-musl', 'aarch64', arm64Kernels),
  {
    ...{ name: 'darwin-x64', platform: 'darwin', arch: 'x64', zig: 'x86_64-macos.11.0' },
    ...{ system: 'Darwin', processor: 'x86_64', kernels: x64Kernels },
  },
  {
    ...{ name: 'darwin-arm64', platform: 'darwin', arch: 'arm64', zig: 'aarch64-macos.11.0' },
    ...{ system: 'Darwin', processor: 'arm64', kernels: ['TARGET=VORTEX'] },
  },
  {
    ...{ name: 'win32-x64', platform: 'win32', arch: 'x64', zig: 'x86_64-windows-gnu' },
    ...{ system: 'Windows', processor: 'AMD64', kernels: x64Kernels },
  },
  {
    ...{ name: 'win32-arm64', platform: 'win32', arch: 'arm64', zig: 'aarch64-windows-gnu' },
    ...{ system: 'Windows', processor: 'ARM64', kernels: ['TARGET=ARMV8'] },
  },
];

function linux(arch, libc, zig, processor, kernels) {
  return { name: `linux-${arch}-${libc}`, platform: 'linux', arch, libc, zig, system: 'Linux', processor, kernels };
}

/** Where prebuildify puts the binary of a target, from the root. */
export function prebuiltFile({ platform, arch, libc }) {
  return `prebuilds/${platform}-${arch}/unrolled${libc === undefined ? '' : `.${libc}`}.node`;
}

/** The target that runs here. */
export function hostTarget() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  return targets.find(
    (target) =>
      target.platform === process.platform &&
      target.arch === process.arch &&
      (target.libc === undefined || target.libc === libc),
  );
}
