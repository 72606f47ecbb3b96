// The gradients of a whole model against central differences, in float64: the one helper of all such tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "model/packing.h"
#include "support.h"

namespace unrolled::test {

inline constexpr double difference =
    1e-5;  // h of (f(x + h) - f(x - h)) / 2h: its error is about h² of f's third derivative
inline constexpr double tolerance = 1e-7;

// A model with a batch, and an objective that reaches everything a gradient can flow from: the
// scaled loss of the head, or the output times fixed factors where there is none, plus the final
// states times fixed factors.
class GradientCheck {
 public:
  GradientCheck(const ModelDescription& description, Index time, Index batch, double scale = 1)
      : GradientCheck(description, std::vector<Index>(asSize(batch), time), scale) {}

  // Rows of those lengths.
  GradientCheck(const ModelDescription& description, const std::vector<Index>& lengths, double scale = 1)
      : model_(description),
        packing_(*std::max_element(lengths.begin(), lengths.end()), lengths),
        time_(packing_.layout().time),
        batch_(packing_.layout().batch),
        starts_(packing_.layout().positions() == time_ * batch_ ? nullptr : packing_.layout().starts),
        scale_(scale) {
    model_.initialize({}, 5);
    moveConstants();
    const Index batch = batch_;
    const Index positions = packing_.layout().positions();
    if (description.input == InputKind::ids) {
      ids_ = randomIds(positions, description.inputSize, 1);
    } else {
      features_ = normals<double>(positions * description.inputSize, 1);
    }
    const Index outputs = model_.manyToOne() ? batch : positions;
    if (model_.hasHead()) targets_ = randomIds(outputs, model_.outputFeatures(), 2);
    outputFactors_ = normals<double>(outputs * model_.outputFeatures(), 3);
    states_ = normals<double>(model_.stateSize(batch), 4, 0.5);
    stateFactors_ = normals<double>(model_.stateSize(batch), 5);
  }

  // Units are dropped in every pass as in that one; of a model with a head.
  GradientCheck& dropping(const Dropping& dropping) {
    dropping_ = dropping;
    return *this;
  }

  // In place of random ones.
  GradientCheck& targets(std::vector<TokenId> ids) {
    targets_ = std::move(ids);
    return *this;
  }

  // Parameters that no target reaches: their gradients are to be zero.
  GradientCheck& unreached(std::vector<std::string> names) {
    unreached_ = std::move(names);
    return *this;
  }

  // Checks every parameter, every initial state and every input feature.
  void run() {
    std::vector<double> stateGradients = stateFactors_;
    std::vector<double> inputGradients;
    analyse(stateGradients, inputGradients);
    const std::vector<double> gradients = gradientsOf(model_);

    std::vector<double> weights = weightsOf(model_);
    for (const Parameter& parameter : model_.parameters()) {
      CAPTURE(parameter.name);
      double largest = 0;
      for (Index i = parameter.offset; i < parameter.offset + parameter.count(); ++i) {
        check(gradients[asSize(i)], weights[asSize(i)], [&] { model_.write(weights.data()); });
        largest = std::max(largest, std::abs(gradients[asSize(i)]));
      }
      // Else the check of this parameter says nothing.
      CHECK((largest > 0) == (std::count(unreached_.begin(), unreached_.end(), parameter.name) == 0));
      model_.write(weights.data());
    }
    for (std::size_t i = 0; i < states_.size(); ++i) check(stateGradients[i], states_[i], [] {});
    REQUIRE(inputGradients.size() == features_.size());
    for (std::size_t i = 0; i < features_.size(); ++i) check(inputGradients[i], features_[i], [] {});
  }

 private:
  // Gains of 1 and shifts of 0 would hide where they are forgotten.
  void moveConstants() {
    std::vector<double> weights = weightsOf(model_);
    for (const Parameter& parameter : model_.parameters()) {
      if (parameter.initialization.kind != DefaultInitialization::Kind::constant) continue;
      const std::vector<double> moves = normals<double>(parameter.count(), 6, 0.3);
      for (std::size_t i = 0; i < moves.size(); ++i) weights[asSize(parameter.offset) + i] += moves[i];
    }
    model_.write(weights.data());
  }

  [[nodiscard]] Batch<double> batch() const {
    return {time_, batch_, ids_.empty() ? nullptr : ids_.data(), features_.empty() ? nullptr : features_.data(),
            starts_};
  }

  double objective() {
    std::vector<double> states = states_;
    double value = 0;
    if (dropping_.active) {
      std::vector<double> gradients(states.size());
      value =
          scale_ *
          model_.lossAndGradients(batch(), targets_.data(), 1, states.data(), gradients.data(), threads(1), dropping_)
              .sum;
    } else if (model_.hasHead()) {
      value = scale_ * model_.loss(batch(), targets_.data(), states.data(), threads(1)).sum;
    } else {
      const Sequence<double> output = model_.forward(batch(), states.data(), threads(1));
      for (std::size_t i = 0; i < outputFactors_.size(); ++i) value += outputFactors_[i] * output.data[i];
    }
    for (std::size_t i = 0; i < states.size(); ++i) value += stateFactors_[i] * states[i];
    return value;
  }

  // `stateGradients` come in as those of the final states and leave as those of the initial ones.
  void analyse(std::vector<double>& stateGradients, std::vector<double>& inputGradients) {
    std::vector<double> states = states_;
    InputGradients<double> inputs;
    if (model_.hasHead()) {
      model_.lossAndGradients(batch(), targets_.data(), scale_, states.data(), stateGradients.data(), threads(1),
                              dropping_, &inputs);
    } else {
      model_.reserve(batch().size(true));
      model_.forward(batch(), states.data(), threads(1));
      inputs = model_.backward(outputFactors_, stateGradients.data(), threads(1));
    }
    if (inputs.input != nullptr) inputGradients.assign(inputs.input, inputs.input + features_.size());
  }

  // Compares a derivative with the difference that moving `value` makes; `moved` tells of the move.
  template <class Moved>
  void check(double derivative, double& value, Moved&& moved) {
    const double kept = value;
    const auto slope = [&](double distance) {
      value = kept + distance;
      moved();
      const double above = objective();
      value = kept - distance;
      moved();
      const double below = objective();
      value = kept;
      return (above - below) / (2 * distance);
    };
    const auto close = [&](double measured) {
      return std::abs(derivative - measured) <= tolerance * std::max(0.1, std::abs(measured));
    };
    double measured = slope(difference);
    // Where f bends much, as behind a normalisation of few features, a second difference takes away the error in h².
    if (!close(measured)) measured = (4 * measured - slope(2 * difference)) / 3;
    CHECK_MESSAGE(close(measured), derivative, " is not ", measured);
  }

  Model<double> model_;
  Packing packing_;
  Index time_;
  Index batch_;
  const Index* starts_;
  double scale_;
  Dropping dropping_;
  std::vector<TokenId> ids_;
  std::vector<double> features_;
  std::vector<TokenId> targets_;
  std::vector<std::string> unreached_;
  std::vector<double> outputFactors_;
  std::vector<double> states_;
  std::vector<double> stateFactors_;
};

}  // namespace unrolled::test
