// Memory that OpenBLAS packs matrices into, had before it is needed.
#pragma once

namespace unrolled {

#ifdef __ELF__

// Before products from where nobody can throw: sees to it that OpenBLAS has a buffer, after which its calls may have to
// wait for one another and never fail. Throws ERR_UNROLLED_OUT_OF_MEMORY.
void reserveBlasMemory();

#else

// If the linker cannot replace OpenBLAS's functions by ours, OpenBLAS allocates in its own way.
inline void reserveBlasMemory() {}

#endif

}  // namespace unrolled
