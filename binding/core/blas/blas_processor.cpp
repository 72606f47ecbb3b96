// A name for processors that OpenBLAS takes for others.
//
// Of an AMD processor without AVX OpenBLAS believes that it is an old one, whose kernels have 3DNow! instructions. AMD
// makes none with these any more, but a virtual machine may hide AVX and claim to be old, as QEMU's model qemu64 does.
// There the first product would end the process with an illegal instruction. So such a processor is given the name of
// one whose kernels need SSE3 alone, before OpenBLAS looks. The variable stays, since another OpenBLAS meets the same
// here.

#include <cstdlib>

#include <cpuid.h>

#include "base/processor_features.h"

namespace {

bool isAmd() {
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0) return false;
  // "AuthenticAMD", and "HygonGenuine", which OpenBLAS takes for the same.
  return ebx == 0x68747541U || ebx == 0x6f677948U;
}

bool has3DNow() {
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  return __get_cpuid(0x80000001U, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 31U)) != 0;
}

}  // namespace

// The linker is asked for it by name (CMakeLists.txt), since nothing calls it. The priority is before OpenBLAS's own.
extern "C" [[gnu::constructor(101)]] void unrolledNameBlasProcessor() {
  if (isAmd() && !unrolled::ProcessorFeatures().avx() && !has3DNow()) setenv("OPENBLAS_CORETYPE", "Prescott", 0);
}
