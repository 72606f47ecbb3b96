/** What a system needs to compile the native module. */
export const BUILD_NEEDS =
  'It needs a C++20 compiler (GCC 12 or Clang 15, or later), CMake 3.18 or later with make or ninja, and a static OpenBLAS ' +
  'with its headers (on Debian and Ubuntu: apt-get install g++ make cmake libopenblas-serial-dev; on Alpine: apk add ' +
  'g++ make cmake openblas-dev openblas-static); --openblas names the folder of another OpenBLAS.';
