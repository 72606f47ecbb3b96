// Gives OpenBLAS a name for processors that it does not recognise.
//
// OpenBLAS assumes that an AMD processor without AVX is an old one, and takes kernels with 3DNow! instructions. AMD no
// longer makes processors with these, but a virtual machine may hide AVX, as QEMU's model qemu64 does. There the first
// product would end the process with an illegal instruction. So, before OpenBLAS looks, such a processor gets the name
// of one whose kernels only need SSE3. The variable stays set, because another OpenBLAS in the process has the same
// problem.

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
  // "AuthenticAMD", and "HygonGenuine", which OpenBLAS treats in the same way.
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

// Nothing calls it, so the linker is told its name (CMakeLists.txt). Its priority is before OpenBLAS's own.
extern "C" [[gnu::constructor(101)]] void unrolledNameBlasProcessor() {
  if (isAmd() && !unrolled::ProcessorFeatures().avx() && !has3DNow()) setenv("OPENBLAS_CORETYPE", "Prescott", 0);
}
