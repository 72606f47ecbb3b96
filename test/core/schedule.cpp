// Learning-rate schedules, step by step.

#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <doctest/doctest.h>

using namespace unrolled;

TEST_CASE("a schedule warms up and then falls as its kind says") {
  using Kind = Schedule::Kind;
  const auto at = [](Kind kind, Index step) {
    Schedule schedule;
    schedule.kind = kind;
    schedule.warmup = 4;
    schedule.every = 10;
    schedule.factor = 0.5;
    schedule.length = 20;
    schedule.floor = 0.1;
    return schedule.at(step, 1000);
  };
  for (const Kind kind : {Kind::constant, Kind::step, Kind::exponential, Kind::linear, Kind::cosine}) {
    for (Index step = 0; step < 4; ++step) CHECK(at(kind, step) == doctest::Approx(static_cast<double>(step + 1) / 4));
    CHECK(at(kind, 4) == doctest::Approx(1));
  }
  CHECK(at(Kind::constant, 4000) == 1);
  CHECK(at(Kind::step, 13) == 1);
  CHECK(at(Kind::step, 14) == 0.5);
  CHECK(at(Kind::step, 34) == 0.125);
  CHECK(at(Kind::exponential, 9) == doctest::Approx(std::sqrt(0.5)));
  CHECK(at(Kind::exponential, 24) == doctest::Approx(0.25));
  CHECK(at(Kind::linear, 14) == doctest::Approx(0.55));
  CHECK(at(Kind::linear, 24) == doctest::Approx(0.1));
  CHECK(at(Kind::linear, 4000) == doctest::Approx(0.1));
  CHECK(at(Kind::cosine, 9) == doctest::Approx(0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2));
  CHECK(at(Kind::cosine, 14) == doctest::Approx(0.55));
  CHECK(at(Kind::cosine, 4000) == doctest::Approx(0.1));
}

TEST_CASE("a schedule in epochs falls at the very step that decimal fractions say") {
  // Fractions of an epoch in hundredths, so that the step is a quotient of integers.
  for (const Index perEpoch : {10, 30, 37, 100, 1000}) {
    for (Index hundredths = 1; hundredths <= 130; ++hundredths) {
      for (const Index warmup : {0, 7, 29, 58}) {
        Schedule schedule;
        schedule.kind = Schedule::Kind::step;
        schedule.inEpochs = true;
        schedule.warmup = static_cast<double>(warmup) / 100;
        schedule.every = static_cast<double>(hundredths) / 100;
        schedule.factor = 0.5;
        const Index begin = (warmup * perEpoch + 99) / 100;
        for (Index step = begin; step < begin + 3 * perEpoch; ++step) {
          const Index falls = (step * 100 - warmup * perEpoch) / (hundredths * perEpoch);
          REQUIRE(schedule.at(step, perEpoch) == std::pow(0.5, static_cast<double>(falls)));
        }
        for (Index step = 0; step < begin; ++step) {
          const double expected = static_cast<double>((step + 1) * 100) / static_cast<double>(warmup * perEpoch);
          REQUIRE(schedule.at(step, perEpoch) == doctest::Approx(std::min(1.0, expected)));
        }
      }
    }
  }
}

TEST_CASE("a schedule in epochs counts their steps") {
  Schedule schedule;
  schedule.kind = Schedule::Kind::step;
  schedule.inEpochs = true;
  schedule.warmup = 0.5;
  schedule.every = 2;
  schedule.factor = 0.1;
  CHECK(schedule.at(0, 10) == doctest::Approx(0.2));
  CHECK(schedule.at(4, 10) == doctest::Approx(1));
  CHECK(schedule.at(24, 10) == 1);
  CHECK(schedule.at(25, 10) == doctest::Approx(0.1));
  CHECK(schedule.at(45, 10) == doctest::Approx(0.01));
}
