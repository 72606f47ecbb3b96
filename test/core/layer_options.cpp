// What the layers declare of their options: every bound of every layer is kept, and a type has one layer.

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "layers/all.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// The name of the option that is refused, or "none".
template <class Options>
std::string refused(const Options& options) {
  try {
    requireOptions("layers[2]", options);
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
    return error.option();
  }
  return "none";
}

// Values at the bounds of each kind, and just beyond them.
std::vector<Index> within(const WholeNumber& kind) { return {kind.least, kind.most}; }
std::vector<Index> beyond(const WholeNumber& kind) { return {kind.least - 1, kind.most + 1}; }

std::vector<double> within(const RealNumber& kind) {
  return {kind.least.value_or(kind.above.value_or(0) + 1e-9), kind.below.value_or(1e9) - 1e-9};
}
std::vector<double> beyond(const RealNumber& kind) {
  std::vector<double> values = {std::nan(""), HUGE_VAL, -HUGE_VAL};
  if (kind.least.has_value()) values.push_back(*kind.least - 1e-9);
  if (kind.above.has_value()) values.push_back(*kind.above);
  if (kind.below.has_value()) values.push_back(*kind.below);
  return values;
}

std::vector<std::vector<TokenId>> within(const WholeNumbers& kind) { return {{}, {static_cast<TokenId>(kind.least)}}; }
std::vector<std::vector<TokenId>> beyond(const WholeNumbers& kind) {
  return {{static_cast<TokenId>(kind.least), static_cast<TokenId>(kind.least - 1)}};
}

void put(const std::vector<TokenId>& values, std::vector<Index>& into) { into.assign(values.begin(), values.end()); }
template <class Value, class Into>
void put(const Value& value, Into& into) {
  into = value;
}

template <class Kind>
constexpr bool hasBounds =
    std::is_same_v<Kind, WholeNumber> || std::is_same_v<Kind, RealNumber> || std::is_same_v<Kind, WholeNumbers>;

// The same options with all that a layer needs.
template <class Options>
Options sound() {
  Options options;
  forEachField<Options>([&](const auto& field) {
    if constexpr (hasBounds<std::decay_t<decltype(field.kind)>>) {
      if (field.needed) put(within(field.kind).front(), options.*field.member);
    }
  });
  return options;
}

}  // namespace

TEST_CASE("every layer takes its options up to their bounds, and refuses what is beyond, by name") {
  int bounds = 0;
  forEachLayer([&](const auto& layer) {
    using Options = std::decay_t<decltype(layer)>;
    const std::string type = Options::type;
    CAPTURE(type);
    CHECK(refused(sound<Options>()) == "none");
    forEachField<Options>([&](const auto& field) {
      const std::string name = field.name;
      CAPTURE(name);
      if constexpr (hasBounds<std::decay_t<decltype(field.kind)>>) {
        Options options = sound<Options>();
        for (const auto& value : within(field.kind)) {
          put(value, options.*field.member);
          CHECK(refused(options) == "none");
        }
        for (const auto& value : beyond(field.kind)) {
          put(value, options.*field.member);
          CHECK(refused(options) == "layers[2]." + name);
        }
        ++bounds;
      }
    });
  });
  CHECK(bounds > 0);
}

TEST_CASE("every type names one layer, and every option of it one value") {
  std::set<std::string> types;
  forEachLayer([&](const auto& layer) {
    using Options = std::decay_t<decltype(layer)>;
    CHECK(types.insert(Options::type).second);
    CHECK(std::string(typeOf(layerOfType("type", Options::type))) == Options::type);
    std::set<std::string> names = {"type", "name", "from"};
    forEachField<Options>([&](const auto& field) { CHECK(names.insert(field.name).second); });
  });
  CHECK(codeOf([] { layerOfType("type", "no such layer"); }) == "ERR_UNROLLED_OPTION_RANGE");
}
