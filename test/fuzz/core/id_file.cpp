// Files of ids, of any content and length, read through any range, and cut short while they are in use: the ids that
// are there, or an error with a code.

#include "data/id_file.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "data/stream_batches.h"

using namespace unrolled;

namespace {

// One file in memory for all runs; it has a path all the same.
struct File {
  File() : descriptor(::memfd_create("ids", MFD_CLOEXEC)), path("/proc/self/fd/" + std::to_string(descriptor)) {
    if (descriptor < 0) std::abort();
  }
  void write(const std::vector<std::uint8_t>& bytes) const {
    cut(0);
    if (::pwrite(descriptor, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  void cut(std::size_t length) const {
    if (::ftruncate(descriptor, static_cast<off_t>(length)) != 0) std::abort();
  }

  int descriptor;
  std::string path;
};

// A size near those of the file, or far from any.
Index size(FuzzedDataProvider& data) {
  return data.ConsumeBool() ? data.ConsumeIntegralInRange<Index>(-2, 40) : data.ConsumeIntegral<Index>();
}

void check(const std::vector<TokenId>& ids, Index vocabulary) {
  for (const TokenId id : ids) {
    if (id < 0 || id >= vocabulary) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  static const File file;
  FuzzedDataProvider data(bytes, length);
  const bool isSound = data.ConsumeBool();
  const Index vocabulary = data.ConsumeIntegralInRange<Index>(1, 300);
  IdFileRange range{file.path, size(data), size(data), size(data)};
  const Index batch = data.ConsumeIntegralInRange<Index>(1, 4);
  const Index window = data.ConsumeIntegralInRange<Index>(1, 8);
  const std::size_t left = data.ConsumeIntegralInRange<std::size_t>(0, 200);
  const auto content = data.ConsumeRemainingBytes<std::uint8_t>();
  file.write(content);
  if (isSound) range = {file.path, static_cast<Index>(content.size() / 4), 0, static_cast<Index>(content.size() / 4)};
  try {
    auto ids = std::make_unique<FileIds>(range, vocabulary);
    if (ids->size() > 0) {
      std::vector<TokenId> all(static_cast<std::size_t>(ids->size()));
      ids->read(0, ids->size(), all.data());
      check(all, vocabulary);
    }
    StreamBatches<float> batches(std::move(ids), batch, window);
    for (Index step = 0; step < batches.stepsPerEpoch(); ++step) {
      const TrainingBatch<float> cut = batches.batch(0, step);
      check({cut.input.ids, cut.input.ids + batch * window}, vocabulary);
      check({cut.targets.ids, cut.targets.ids + batch * window}, vocabulary);
      // Somebody cuts the file short.
      if (step == 0) file.cut(left);
    }
  } catch (const Error& error) {
    if (error.code().rfind("ERR_UNROLLED_", 0) != 0) std::abort();
  }
  return 0;
}
