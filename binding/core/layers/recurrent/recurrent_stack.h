// A recurrent layer of a description: stacked levels of a cell in one direction or both, with dropout between them,
// each a node of the graph; and where its initial states come from.
#pragma once

#include <functional>
#include <memory>

#include "layers/builder.h"
#include "layers/recurrent/recurrent_layer.h"
#include "layers/recurrent/recurrent_options.h"

namespace unrolled {

// One level of a stack, in one direction.
template <class T>
using CellMaker = std::function<std::unique_ptr<RecurrentLayer<T>>(LevelOptions)>;

template <class T>
Flow makeStack(Builder<T>& builder, const char* type, const RecurrentOptions& options, const CellMaker<T>& makeCell,
               const Flow& input);

// What the options of a cell are made by. They have, beside what all layers' options have:
//   static constexpr Index gates                                   blocks of rows of its weights
//   template <class T> std::unique_ptr<RecurrentLayer<T>> makeCell(ParameterList&, LevelOptions) const
template <class T, class Options>
Flow makeStack(Builder<T>& builder, const Options& options, const Flow& input) {
  const auto makeCell = [&](LevelOptions level) {
    return options.template makeCell<T>(builder.parameters(), std::move(level));
  };
  return makeStack<T>(builder, Options::type, options, makeCell, input);
}

}  // namespace unrolled
