#include "training/precision.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "base/error.h"

namespace unrolled {
namespace {

Error refusal(const std::string& why, const std::string& expected, const std::string& received) {
  return Error::of("ERR_UNROLLED_PRECISION", "precision",
                   "'bf16' is refused, since it would be slower than 'float32': " + why)
      .about("precision", expected, received);
}

// What the environment asks for must be known: a misspelt word would end in a refusal that nobody understands.
void requireKnownChoice() {
  const char* text = std::getenv("UNROLLED_BF16");
  if (text == nullptr || *text == '\0' || std::string(text) == "reference") return;
  const std::string received = std::string("\"") + text + "\"";
  throw Error::of("ERR_UNROLLED_OPTION_RANGE", "UNROLLED_BF16", "must be reference, or left out, not " + received)
      .about("UNROLLED_BF16", "reference", received);
}

// The part of a token's multiply-adds that is with large weights. A table's rows and a one-hot input's are gathered,
// not multiplied; a table is the only matrix that is drawn from a normal law.
double shareOfLarge(const std::vector<Parameter>& parameters) {
  double large = 0;
  double all = 0;
  for (const Parameter& parameter : parameters) {
    const bool gathered = parameter.transposed || parameter.initialization.kind == DefaultInitialization::Kind::normal;
    if (parameter.shape.size() != 2 || gathered) continue;
    const auto count = static_cast<double>(parameter.count());
    all += count;
    if (std::min(parameter.shape[0], parameter.shape[1]) >= leastBf16Side) large += count;
  }
  return all == 0 ? 0 : large / all;
}

}  // namespace

void requireBf16Gain(const std::vector<Parameter>& parameters, Index batch, Index shards) {
  const Index rows = (batch + shards - 1) / shards;
  if (rows < leastBf16Rows) {
    const std::string least = std::to_string(leastBf16Rows);
    throw refusal(std::string(shards == 1 ? "the batches have " : "the shards of a batch have ") +
                      std::to_string(rows) + " rows, and its products need " + least,
                  "'float32', or a batch of " + std::to_string(leastBf16Rows * shards) + " or more",
                  "'bf16' with a batch of " + std::to_string(batch));
  }
  const double share = shareOfLarge(parameters);
  if (share < leastBf16Share) {
    const std::string percent = std::to_string(static_cast<int>(share * 100)) + " %";
    const std::string needed = std::to_string(static_cast<int>(leastBf16Share * 100)) + " %";
    const std::string sides = std::to_string(leastBf16Side) + " or more on both sides";
    throw refusal(percent + " of this model's multiply-adds are with weights of " + sides + ", and it takes " + needed +
                      " to gain anything",
                  "'float32', or larger layers",
                  "'bf16' for a model with " + percent + " of its work in large products");
  }
}

template <class T>
std::unique_ptr<Bf16Products> productsOf(Precision precision, const std::vector<Parameter>& parameters, Index batch,
                                         Index shards) {
  if (precision == Precision::full) return nullptr;
  if (!std::is_same_v<T, float>) {
    throw Error::of("ERR_UNROLLED_PRECISION", "precision",
                    "'bf16' is for models of 32-bit floats, and this one has 64-bit ones")
        .about("precision", "'float32', or a float32 model", "'bf16'");
  }
  requireKnownChoice();
  const Bf16Kernels* kernels = bf16Kernels();
  if (kernels != nullptr && bf16ReferenceAsked()) return std::make_unique<Bf16Products>(*kernels);
  if (kernels == nullptr) {
    throw refusal(
        "this processor has no instructions for it, AVX512-BF16 (AMD from Zen 4, Intel Cooper Lake and from Sapphire "
        "Rapids) or AMX-BF16 (Intel from Sapphire Rapids, on Linux), or its system does not let them be used",
        "'float32', or a processor with AVX512-BF16 or AMX-BF16", "'bf16'");
  }
  requireBf16Gain(parameters, batch, shards);
  return std::make_unique<Bf16Products>(*kernels);
}

template std::unique_ptr<Bf16Products> productsOf<float>(Precision, const std::vector<Parameter>&, Index, Index);
template std::unique_ptr<Bf16Products> productsOf<double>(Precision, const std::vector<Parameter>&, Index, Index);

}  // namespace unrolled
