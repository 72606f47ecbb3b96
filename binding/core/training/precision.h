// The precision of a training's large products: those of the input, of the recurrence and of the head, and of their
// gradients. Where it would not be faster it is refused.
#pragma once

#include <memory>
#include <vector>

#include "kernels/bf16_products.h"
#include "parameters/parameters.h"

namespace unrolled {

enum class Precision {
  full,  // that of the model
  bf16   // operands are rounded to bfloat16 on their way into a product, whose sums stay in float
};

// What takes the products of a training in that precision; null: they stay in T. Throws ERR_UNROLLED_PRECISION where
// bf16 would be slower: of a double model, on a processor without instructions for it, with batches of fewer than
// `leastBf16Rows` rows (of shards of a batch, where it has several), and where less than `leastBf16Share` of the
// multiply-adds are with weights of `leastBf16Side` or more on both sides. The environment can ask for bf16 all the
// same (UNROLLED_BF16=reference), of a float model.
template <class T>
std::unique_ptr<Bf16Products> productsOf(Precision precision, const std::vector<Parameter>& parameters, Index batch,
                                         Index shards = 1);

// A rule by the kernels' shape, which take 16 or 32 rows, columns and steps of depth at once, and round both operands
// anew at every product.
constexpr Index leastBf16Rows = 16;
constexpr Index leastBf16Side = 128;
constexpr double leastBf16Share = 0.75;

// That rule: throws where a processor with the instructions would still lose.
void requireBf16Gain(const std::vector<Parameter>& parameters, Index batch, Index shards = 1);

}  // namespace unrolled
