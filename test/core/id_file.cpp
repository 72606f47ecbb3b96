// Streams of ids that lie in a file.

#include "data/id_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/stream_batches.h"
#include "support.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// A file of ids that goes with the test.
class IdFile {
 public:
  explicit IdFile(const std::vector<TokenId>& ids)
      : path_((std::filesystem::temp_directory_path() / "unrolled-core-test.ids").string()) {
    std::ofstream file(path_, std::ios::binary);
    file.write(reinterpret_cast<const char*>(ids.data()), static_cast<std::streamsize>(ids.size() * sizeof(TokenId)));
  }
  ~IdFile() { std::remove(path_.c_str()); }
  IdFile(const IdFile&) = delete;
  IdFile& operator=(const IdFile&) = delete;
  IdFile(IdFile&&) = delete;
  IdFile& operator=(IdFile&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void cutTo(std::uintmax_t bytes) const { std::filesystem::resize_file(path_, bytes); }

 private:
  std::string path_;
};

const std::string notRead = "ERR_UNROLLED_FILE_READ";

}  // namespace

TEST_CASE("a stream from a file is cut into the same batches as one in memory") {
  const std::vector<TokenId> ids = randomIds(211, 50, 3);
  const IdFile file(ids);
  const std::vector<TokenId> part(ids.begin() + 10, ids.begin() + 210);
  StreamBatches<float> inMemory(std::make_unique<MemoryIds>(part), 3, 7);
  StreamBatches<float> inFile(std::make_unique<FileIds>(IdFileRange{file.path(), 211, 10, 200}, 50), 3, 7);
  REQUIRE(inFile.stepsPerEpoch() == inMemory.stepsPerEpoch());
  // So that no event loop waits for a disk.
  CHECK(inFile.readsFile());
  CHECK(PrecededIds(1, std::make_unique<FileIds>(IdFileRange{file.path(), 211, 10, 200}, 50)).inFile());
  CHECK_FALSE(inMemory.readsFile());
  for (Index step = 0; step < inMemory.stepsPerEpoch(); ++step) {
    const TrainingBatch<float> expected = inMemory.batch(0, step);
    const TrainingBatch<float> received = inFile.batch(0, step);
    CHECK(std::equal(expected.input.ids, expected.input.ids + 21, received.input.ids));
    CHECK(std::equal(expected.targets.ids, expected.targets.ids + 21, received.targets.ids));
  }
  CHECK(inFile.identity() == inMemory.identity());
}

TEST_CASE("an id before a stream is one more of its ids, wherever these lie") {
  const std::vector<TokenId> ids = randomIds(60, 50, 3);
  std::vector<TokenId> joined = {49};
  joined.insert(joined.end(), ids.begin(), ids.end());
  const IdFile file(ids);
  const PrecededIds inMemory(49, std::make_unique<MemoryIds>(ids));
  const PrecededIds inFile(49, std::make_unique<FileIds>(IdFileRange{file.path(), 60, 0, 60}, 50));
  for (const IdStream* stream : {static_cast<const IdStream*>(&inMemory), static_cast<const IdStream*>(&inFile)}) {
    REQUIRE(stream->size() == 61);
    for (const auto& [first, count] :
         std::vector<std::pair<Index, Index>>{{0, 61}, {0, 1}, {0, 0}, {1, 60}, {7, 9}, {61, 0}}) {
      std::vector<TokenId> read(static_cast<std::size_t>(count));
      stream->read(first, count, read.data());
      CHECK(std::equal(read.begin(), read.end(), joined.begin() + first));
    }
  }
  const StreamBatches<float> expected(joined, 3, 7);
  const StreamBatches<float> received(std::make_unique<PrecededIds>(49, std::make_unique<MemoryIds>(ids)), 3, 7);
  CHECK(received.identity() == expected.identity());
}

TEST_CASE("evaluation of a file is that of its ids, bit for bit") {
  Chain chain;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<TokenId> ids = randomIds(101, 7, 1);
  const IdFile file(ids);
  const auto goOn = [] { return true; };
  const FileIds stream({file.path(), 101, 0, 101}, 7);
  const Evaluation received = evaluateStream<double>(model, stream, 2, 10, threads(1), goOn);
  const Evaluation expected = evaluateStream<double>(model, MemoryIds(ids), 2, 10, threads(1), goOn);
  CHECK(received.lossSum == expected.lossSum);
  CHECK(received.tokens == expected.tokens);
}

TEST_CASE("a file that is not there, of another size, or no file is refused") {
  const IdFile file(std::vector<TokenId>(10, 1));
  CHECK(codeOf([&] { FileIds({file.path(), 10, 0, 10}, 2); }) == "none");
  CHECK(codeOf([&] { FileIds({file.path() + "-not", 10, 0, 10}, 2); }) == "ERR_UNROLLED_FILE_NOT_FOUND");
  CHECK(codeOf([&] { FileIds({file.path(), 11, 0, 10}, 2); }) == notRead);
  CHECK(codeOf([&] { FileIds({file.path(), 9, 0, 9}, 2); }) == notRead);
  CHECK(codeOf([&] { FileIds({file.path(), 10, 1, 10}, 2); }) == "ERR_UNROLLED_SHAPE");
  CHECK(codeOf([&] { FileIds({std::filesystem::temp_directory_path().string(), 10, 0, 10}, 2); }) == notRead);
  CHECK(codeOf([&] { FileIds({file.path(), 10, 0, 10}, 2, "1:2:3"); }) == notRead);
  file.cutTo(39);
  CHECK(codeOf([&] { FileIds({file.path(), 10, 0, 10}, 2); }) == notRead);
}

TEST_CASE("ids that the model does not have, and a file cut short later, end in an error") {
  const IdFile file({0, 1, 2, 3, -1, 0});
  const FileIds ids({file.path(), 6, 0, 6}, 3);
  std::vector<TokenId> read(6);
  CHECK(codeOf([&] { ids.read(0, 3, read.data()); }) == "none");
  CHECK(read == std::vector<TokenId>{0, 1, 2, 0, 0, 0});
  CHECK(codeOf([&] { ids.read(0, 4, read.data()); }) == notRead);
  CHECK(codeOf([&] { ids.read(4, 2, read.data()); }) == notRead);
  CHECK(codeOf([&] { ids.read(5, 1, read.data()); }) == "none");
  file.cutTo(22);
  CHECK(codeOf([&] { ids.read(5, 1, read.data()); }) == notRead);
  CHECK(codeOf([&] { ids.read(0, 3, read.data()); }) == "none");
}
