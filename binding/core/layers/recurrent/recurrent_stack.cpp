#include "layers/recurrent/recurrent_stack.h"

#include <string>
#include <utility>
#include <vector>

#include "layers/dropout.h"
#include "layers/recurrent/bidirectional.h"

namespace unrolled {
namespace {

Error cannotStart(const std::string& option, const RecurrentStack& stack, const std::string& described,
                  const std::string& from, const std::string& why) {
  std::string expected = "a recurrent layer of the same kind, features, layers and directions";
  if (stack.layers == 1 && !stack.bidirectional) {
    expected += ", or from a layer with one step of " + counted(stack.features, "feature") +
                ": a pooling layer, followed by a dense layer if the features differ";
  }
  return Error("ERR_UNROLLED_OPTION_RANGE", option + ": layer " + described + " cannot start from " + from + ": " + why,
               "It starts from " + expected + ".")
      .about(option, expected, from);
}

// The differences between the states of two stacks; empty if they are the same.
std::vector<std::string> differences(const RecurrentStack& one, const RecurrentStack& other) {
  std::vector<std::string> found;
  const auto compare = [&](const char* what, const std::string& own, const std::string& its) {
    if (own != its) found.push_back(std::string(what) + " (" + own + " and " + its + ")");
  };
  compare("kind", one.type, other.type);
  compare("features", std::to_string(one.features), std::to_string(other.features));
  compare("layers", std::to_string(one.layers), std::to_string(other.layers));
  compare("directions", one.bidirectional ? "both" : "one", other.bidirectional ? "both" : "one");
  return found;
}

// Why a stack cannot start from what a layer or an input gives; nothing if it can.
std::vector<std::string> faultsOf(const RecurrentStack& stack, const Flow& start) {
  std::vector<std::string> faults;
  if (stack.layers != 1 || stack.bidirectional) {
    faults.emplace_back("only a single layer in one direction can start from an output");
  }
  if (!start.oneStep || start.form != Flow::Form::vectors) {
    faults.emplace_back("it has an output at every step");
  } else if (start.features != stack.features) {
    faults.push_back("it has " + counted(start.features, "feature") + ", not " + std::to_string(stack.features));
  }
  return faults;
}

// The last level of `stack` so far takes its initial states from the layer `from`.
template <class T>
void start(Builder<T>& builder, const RecurrentStack& stack, const std::string& from) {
  const std::string where = builder.where("initialState");
  const Flow* const flow = builder.flowOf(from);
  if (flow == nullptr) {
    throw unknownName(where, "the name of a layer before it", from, builder.remarkOn(from), builder.namesBefore());
  }
  const auto fail = [&](const std::string& why) {
    return cannotStart(where, stack, builder.described(builder.name()), builder.described(from), why);
  };
  const auto other = builder.stacks().find(from);
  if (other != builder.stacks().end()) {
    const std::vector<std::string> differing = differences(stack, other->second);
    if (!differing.empty()) throw fail("they differ in " + joined(differing));
    builder.startFromStates(stack.nodes.back(), other->second.nodes[stack.nodes.size() - 1]);
    return;
  }
  const std::vector<std::string> faults = faultsOf(stack, *flow);
  if (!faults.empty()) throw fail(joined(faults));
  builder.startFromOutput(stack.nodes.back(), flow->node);
}

LevelOptions levelOf(const RecurrentOptions& options, const std::string& name, Index level, const Flow& input) {
  LevelOptions result;
  result.name = name;
  result.suffix = "_l" + std::to_string(level);
  result.features = input.features;
  result.hidden = options.features;
  result.oneHot = input.form == Flow::Form::oneHot;
  result.bias = options.bias;
  result.singleBias = options.singleBias;
  result.activations.candidate = options.activation;
  result.recurrentDropout = options.recurrentDropout;
  result.layerNorm = options.layerNorm;
  result.epsilon = options.epsilon;
  return result;
}

}  // namespace

template <class T>
Flow makeStack(Builder<T>& builder, const char* type, const RecurrentOptions& options, const CellMaker<T>& makeCell,
               const Flow& input) {
  RecurrentStack stack = {type, options.features, options.layers, options.bidirectional};
  Flow value = input;
  for (Index level = 0; level < options.layers; ++level) {
    if (level > 0 && options.dropout > 0) {
      auto dropout = std::make_unique<Dropout<T>>(options.dropout, value.features, builder.nextPart());
      value = builder.add(std::move(dropout), value, value.likewise());
    }
    LevelOptions cell = levelOf(options, builder.name(), level, value);
    cell.part = builder.nextPart();
    if (options.bidirectional) {
      auto ahead = makeCell(cell);
      cell.suffix += "_reverse";
      cell.part = builder.nextPart();
      auto both = std::make_unique<Bidirectional<T>>(std::move(ahead), makeCell(cell), options.merge, cell.features,
                                                     cell.hidden, cell.oneHot, value.form == Flow::Form::table);
      Flow output = value.vectors(both->outputs());
      // Added up, both directions are in every feature: neither end has both.
      output.ahead = options.features;
      value = builder.add(std::move(both), value, output);
    } else {
      cell.tableRows = value.form == Flow::Form::table ? value.tableRows : 0;
      value = builder.add(makeCell(cell), value, value.vectors(options.features));
    }
    stack.nodes.push_back(value.node);
    if (!options.initialState.empty()) start(builder, stack, options.initialState);
  }
  builder.stacks()[builder.name()] = stack;
  return value;
}

template Flow makeStack<float>(Builder<float>&, const char*, const RecurrentOptions&, const CellMaker<float>&,
                               const Flow&);
template Flow makeStack<double>(Builder<double>&, const char*, const RecurrentOptions&, const CellMaker<double>&,
                                const Flow&);

}  // namespace unrolled
