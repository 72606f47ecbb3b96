// How a layer's file declares its options: as a struct in which each option has its default as its initialiser:
//
//   struct DenseOptions {
//     static constexpr const char* type = "dense";      what descriptions call the layer
//     static constexpr Reads reads = Reads::vectors;    the kind of its input: builder.h
//
//     Index features = 0;
//     bool bias = true;
//
//     static constexpr auto fields() {                  each by its name in JavaScript, with its allowed values
//       return std::tuple{needed("features", &DenseOptions::features, WholeNumber{1, largestCount}),
//                         option("bias", &DenseOptions::bias, Flag{})};
//     }
//     template <class T>
//     Flow make(Builder<T>& builder, const Flow& input) const;     how it becomes a part of a graph
//   };
//
// By these fields the addon reads a description, TypeScript checks and completes one, and the core's tests and
// fuzzer create layers: none of them knows a layer by name.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/types.h"
#include "kernels/kernel_table.h"

namespace unrolled {

// Bounds that keep every product of sizes within 64 bits: of ids and classes, of other features, of stacked layers.
constexpr Index largestCount = (Index{1} << 31U) - 1;
constexpr Index largestWidth = Index{1} << 24U;
constexpr Index mostLevels = 1024;

// The kinds of values. The first is an `Index`, or a std::optional<Index> that is empty if nobody says it.
struct WholeNumber {
  Index least;
  Index most;
};

// A double within the given bounds.
struct RealNumber {
  std::optional<double> least = {};
  std::optional<double> above = {};
  std::optional<double> below = {};
};

struct Flag {};

// One of a few values by their names.
template <class Value, std::size_t count>
struct Choice {
  std::array<std::pair<const char*, Value>, count> choices;
};

// A std::string that names another layer; empty: none.
struct LayerName {};

// A vector of Index or TokenId, empty if nobody says it.
struct WholeNumbers {
  Index least;
  Index most;
};

template <class Options, class Value, class Kind>
struct Field {
  const char* name;
  Value Options::*member;
  Kind kind;
  bool needed;  // whether a layer is nothing without it
};

template <class Options, class Value, class Kind>
constexpr Field<Options, Value, Kind> needed(const char* name, Value Options::*member, Kind kind) {
  return {name, member, kind, true};
}

template <class Options, class Value, class Kind>
constexpr Field<Options, Value, Kind> option(const char* name, Value Options::*member, Kind kind) {
  return {name, member, kind, false};
}

template <class Value, std::size_t count>
constexpr Choice<Value, count> oneOf(const std::pair<const char*, Value> (&choices)[count]) {
  Choice<Value, count> choice = {};
  for (std::size_t i = 0; i < count; ++i) choice.choices[i] = choices[i];
  return choice;
}

// Options of several layers: a function, and a dropout rate.
inline constexpr auto anyActivation = oneOf<Activation>({{"tanh", Activation::tanh},
                                                         {"relu", Activation::relu},
                                                         {"sigmoid", Activation::sigmoid},
                                                         {"linear", Activation::linear}});
inline constexpr RealNumber dropRate{.least = 0.0, .below = 1.0};
inline constexpr RealNumber positive{.above = 0.0};

// Calls visit(field) for each of them.
template <class Options, class Visit>
void forEachField(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, Options::fields());
}

// Whether a value may be there. Throws ERR_UNROLLED_OPTION_RANGE naming the option.
void requireValue(const std::string& option, const WholeNumber& kind, Index value);
void requireValue(const std::string& option, const RealNumber& kind, double value);
template <class Number>
void requireValue(const std::string& option, const WholeNumbers& kind, const std::vector<Number>& values) {
  for (const Number value : values) requireValue(option, WholeNumber{kind.least, kind.most}, Index{value});
}
inline void requireValue(const std::string& option, const WholeNumber& kind, const std::optional<Index>& value) {
  if (value.has_value()) requireValue(option, kind, *value);
}
// Only checks that follow from their types.
inline void requireValue(const std::string& /*option*/, const Flag& /*kind*/, bool /*value*/) {}
inline void requireValue(const std::string& /*option*/, const LayerName& /*kind*/, const std::string& /*value*/) {}
template <class Value, std::size_t count>
void requireValue(const std::string& /*option*/, const Choice<Value, count>& /*kind*/, Value /*value*/) {}

// Whether all of a layer's options may be there. `layer` is how errors name it: layers[2].
template <class Options>
void requireOptions(const std::string& layer, const Options& options) {
  forEachField<Options>(
      [&](const auto& field) { requireValue(layer + "." + field.name, field.kind, options.*field.member); });
}

}  // namespace unrolled
