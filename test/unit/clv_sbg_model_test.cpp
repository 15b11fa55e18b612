#include "clv/sbg_model.hpp"
#include "clv_data.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;
using test::refusal;

namespace {

std::vector<std::uint8_t> bytes_of(const SbgModel &model) {
    std::vector<std::uint8_t> bytes(model.room());
    EXPECT_EQ(model.put(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}
// Of the "regular" customers of Fader and Hardie 2007, table 1, in a thousand.
constexpr std::int64_t regular[] = {1000, 631, 468, 382, 326}; // after 0 to 4 renewals
SbgModel model() { return SbgModel(30 * test::day, fit(Contracts(regular), 200, {})); }

} // namespace

// Their estimates for seven years, table 2.
TEST(SbgModel, FitsThePublishedContracts) {
    const std::int64_t seven[] = {1000, 631, 468, 382, 326, 289, 262, 241};
    const Part part = fit(Contracts(seven), 200, {});
    ASSERT_TRUE(part.converged());
    EXPECT_NEAR(part.parameters[0], 0.704, 5e-4);
    EXPECT_NEAR(part.parameters[1], 1.182, 5e-4);
    EXPECT_EQ(part.customers, 1000u);
}

TEST(SbgModel, SurvivorsAreLifetimes) {
    std::pmr::monotonic_buffer_resource memory;
    survival::Survival s(&memory, 1 << 20, Poll{});
    const std::int64_t survivors[] = {10, 7, 7, 4};
    for (int i = 0; i < 3; ++i) s.add(1, true);
    for (int i = 0; i < 3; ++i) s.add(3, true);
    for (int i = 0; i < 4; ++i) s.add(3, false);
    s.count();
    const Part a = fit(Contracts(s, {}), 200, {}), b = fit(Contracts(survivors), 200, {});
    EXPECT_EQ(a.parameters, b.parameters);
    EXPECT_EQ(a.log_likelihood, b.log_likelihood);
}

TEST(SbgModel, BytesAreTheModel) {
    const SbgModel m = model();
    const std::vector<std::uint8_t> bytes = bytes_of(m);
    EXPECT_EQ(bytes_of(SbgModel(Bytes(bytes))), bytes);
}

TEST(SbgModel, EveryTruncationAndByteIsCheckedOrKept) {
    const std::vector<std::uint8_t> bytes = bytes_of(model());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_NE(refusal([&] { SbgModel(Bytes(bytes.data(), size)); }), "") << size;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            std::vector<std::uint8_t> changed = bytes;
            changed[i] = static_cast<std::uint8_t>(value);
            refusal([&] { EXPECT_EQ(bytes_of(SbgModel(Bytes(changed))), changed); });
        }
}

TEST(SbgModel, RefusesWhatAreNoContracts) {
    const auto said = [](std::vector<std::int64_t> survivors) {
        return refusal([&] { fit(Contracts(survivors), 200, {}); });
    };
    EXPECT_EQ(said({10, 11}), "22023 survivors must not become more");
    EXPECT_EQ(said({10, 7, 8}), "22023 survivors must not become more");
    EXPECT_EQ(said({-1}), "22023 survivors must not become more");
    EXPECT_EQ(said({}), "22023 there are no contracts");
    EXPECT_EQ(said({0, 0}), "22023 there are no contracts");
    const auto with = [](double t, double entry, bool event) {
        return refusal([&] {
            std::pmr::monotonic_buffer_resource memory;
            survival::Survival s(&memory, 1 << 20, Poll{});
            s.add(t, event, entry);
            s.count();
            Contracts(s, {});
        });
    };
    EXPECT_EQ(with(1.5, 0, true), "22023 durations must count renewals");
    EXPECT_EQ(with(0, 0, true), "22023 durations must count renewals");
    EXPECT_EQ(with(2e6, 0, false), "22023 durations must count renewals");
    EXPECT_EQ(with(3, 1, true), "22023 contracts must be seen from their beginning");
    EXPECT_EQ(with(0, 0, false), "");
}

// Nobody leaves, everybody leaves at once, and one occasion that cannot tell two parameters.
TEST(SbgModel, WhatDoesNotConvergeSaysSo) {
    for (const std::vector<std::int64_t> &survivors :
         {std::vector<std::int64_t>{10, 10, 10}, {10, 0}, {10, 5}, {10}, {1000, 500, 250, 125}}) {
        const Part part = fit(Contracts(survivors), 500, {});
        EXPECT_FALSE(part.converged()) << survivors.size();
        EXPECT_TRUE(part.covariance.empty());
        SbgModel(test::day, part);
    }
}
