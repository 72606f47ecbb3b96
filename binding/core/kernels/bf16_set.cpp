// The bf16 kernels of one way to compute them. CMake compiles this file once for each, with the set's flags,
// UNROLLED_ISA (its name, a namespace), UNROLLED_VECTOR_BYTES and UNROLLED_BF16_TILE (the tiles it takes).

#define UNROLLED_PLAIN 1
#define UNROLLED_AVX512_BF16 2
#define UNROLLED_AMX_BF16 3

#if UNROLLED_BF16_TILE == UNROLLED_AMX_BF16
#include "kernels/bf16_tile_amx.h"
#elif UNROLLED_BF16_TILE == UNROLLED_AVX512_BF16
#include "kernels/bf16_tile_avx512.h"
#else
#include "kernels/bf16_tile_plain.h"
#endif

#define UNROLLED_TEXT_OF(name) #name
#define UNROLLED_NAME(name) UNROLLED_TEXT_OF(name)

namespace unrolled::UNROLLED_ISA {

#if UNROLLED_BF16_TILE == UNROLLED_AMX_BF16
using Tile = AmxTile;
#elif UNROLLED_BF16_TILE == UNROLLED_AVX512_BF16
using Tile = Avx512Tile;
#else
using Tile = PlainTile;
#endif

const Bf16Kernels& bf16Table() {
  static constexpr Bf16Kernels filled = {
      UNROLLED_NAME(UNROLLED_ISA),       bf16Pack, bf16PackTransposed, bf16PackedProduct<Tile>,
      bf16PackedProductTransposed<Tile>,
  };
  return filled;
}

}  // namespace unrolled::UNROLLED_ISA
