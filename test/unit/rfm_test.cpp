#include "rfm/rfm.hpp"
#include "math/random.hpp"
#include "rfm/cuts.hpp"
#include "rfm/rfm_segment.hpp"
#include "rfm/rfm_summary.hpp"
#include <cfloat>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::rfm;
using math::Random;

namespace {

std::vector<double> random_values(Random &random) {
    const std::size_t n = 1 + random.bits() % 60;
    const std::uint64_t distinct = 1 + random.bits() % (random.bits() % 2 ? 5 : 1000);
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>(random.bits() % distinct) - 3);
    return values;
}

// The definition: lt worse, eq equal, 1 + floor(bins (2 lt + eq - 1) / (2 n)).
int dense_score(const std::vector<double> &values, double v, Dimension d, int bins) {
    std::int64_t lt = 0, eq = 0;
    for (const double w : values) {
        lt += d == recency ? w > v : w < v;
        eq += w == v;
    }
    return static_cast<int>(1 + bins * (2 * lt + eq - 1) / (2 * static_cast<std::int64_t>(values.size())));
}

Summary empty(std::pmr::memory_resource &memory, std::size_t limit = SIZE_MAX) { return {&memory, limit, Poll{}}; }

std::vector<std::uint8_t> flat(const Summary &s) {
    s.count();
    std::vector<std::uint8_t> bytes(s.flat_size());
    EXPECT_EQ(s.flatten(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}

int score(const Bins::Cuts &cuts, double v, Dimension d) { return score_of_class(d, cuts.size + 1, cuts.class_of(v)); }

} // namespace

TEST(Rfm, DenseCutsGiveTheDefinedScores) {
    Random random(1, 1);
    for (int round = 0; round < 20000; ++round) {
        const auto values = random_values(random);
        const int bins = 2 + static_cast<int>(random.bits() % (round % 10 ? 9 : 99));
        for (const Dimension d : {recency, frequency}) {
            auto scratch = values;
            const Bins::Cuts cuts = cuts_of(scratch, d, bins, Method::dense);
            for (const double v : values) ASSERT_EQ(score(cuts, v, d), dense_score(values, v, d, bins));
            // A cut is the smallest value of its class; where no value reaches it, just above all.
            const double largest = *std::max_element(values.begin(), values.end());
            for (std::size_t k = 0; k < cuts.size; ++k)
                ASSERT_TRUE(std::count(values.begin(), values.end(), cuts.at[k]) || cuts.at[k] == just_above(largest));
            ASSERT_EQ(score(cuts, largest + 1, d), d == recency ? 1 : bins);
        }
    }
}

TEST(Rfm, WithoutTiesClassSizesDifferByAtMostOne) {
    for (std::size_t n = 5; n < 60; ++n)
        for (int bins = 2; bins <= 7; ++bins) {
            std::vector<double> values(n);
            for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<double>((i * 31) % n);
            if (n % 31 == 0) continue;
            auto scratch = values;
            for (const Dimension d : {recency, monetary}) {
                const Bins::Cuts cuts = cuts_of(scratch, d, bins, Method::dense);
                std::vector<int> size(static_cast<std::size_t>(bins));
                for (const double v : values) ++size[static_cast<std::size_t>(score(cuts, v, d) - 1)];
                const auto [least, most] = std::minmax_element(size.begin(), size.end());
                ASSERT_LE(*most - *least, 1) << n << " " << bins;
            }
        }
}

// R 4.2: quantile(c(1, 2, 4, 8, 16), 1:4 / 5) is 1.8, 3.2, 5.6, 9.6.
TEST(Rfm, QuantileIsTypeSevenPlusOne) {
    std::vector<double> values = {16, 1, 8, 2, 4};
    const Bins::Cuts cuts = cuts_of(values, monetary, 5, Method::quantile);
    const double expected[] = {2.8, 4.2, 6.6, 10.6};
    ASSERT_EQ(cuts.size, 4);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(cuts.at[i], expected[i], 1e-12);
}

TEST(Rfm, SummaryAgreesWithColumns) {
    Random random(2, 1);
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = 1 + random.bits() % 200;
        std::vector<double> columns[dimensions];
        std::pmr::monotonic_buffer_resource memory;
        Summary whole = empty(memory), parts[2] = {empty(memory), empty(memory)};
        for (std::size_t i = 0; i < n; ++i) {
            for (auto &column : columns) column.push_back(static_cast<double>(random.bits() % 50) / 4 - 2);
            whole.add(columns[0][i], columns[1][i], columns[2][i]);
            parts[random.bits() % 2].add(columns[0][i], columns[1][i], columns[2][i]);
        }
        parts[0].merge(flat(parts[1]));
        ASSERT_EQ(flat(parts[0]), flat(whole));
        for (const Method method : {Method::dense, Method::quantile}) {
            const int bins = 2 + static_cast<int>(random.bits() % 20);
            const Bins seen = parts[0].bins(bins, method);
            for (std::size_t d = 0; d < dimensions; ++d) {
                auto scratch = columns[d];
                const Bins::Cuts expected = cuts_of(scratch, static_cast<Dimension>(d), bins, method);
                for (std::size_t k = 0; k < expected.size; ++k) ASSERT_EQ(seen.cuts[d].at[k], expected.at[k]);
            }
        }
    }
}

// Rows and parts in any order and grouping, small and large, are the same summary.
TEST(Rfm, MergesAndRowsMixInAnyOrder) {
    Random random(3, 1);
    for (int round = 0; round < 20; ++round) {
        std::pmr::monotonic_buffer_resource memory;
        const std::uint64_t distinct = round % 2 ? 1000000 : 100;
        Summary whole = empty(memory), mixed = empty(memory);
        while (whole.customers() < 100000) {
            Summary part = empty(memory);
            for (std::size_t n = random.bits() % (random.bits() % 8 ? 100 : 30000); n > 0; --n) {
                double row[dimensions];
                for (double &value : row) value = static_cast<double>(random.bits() % distinct) - 50;
                const double sign = random.bits() % 2 ? 1 : -1; // -0.0 is 0
                whole.add(row[0], row[1] * sign, row[2]);
                (random.bits() % 2 ? mixed : part).add(row[0], row[1] * sign, row[2]);
            }
            part.skip();
            whole.skip();
            mixed.merge(flat(part));
            if (random.bits() % 16 == 0) mixed.count();
        }
        ASSERT_EQ(flat(mixed), flat(whole));
    }
}

// Each tally is moved a few times only: what was quadratic took minutes here.
TEST(Rfm, ManySmallPartsAreMergedInTime) {
    std::pmr::monotonic_buffer_resource memory;
    Summary whole = empty(memory), merged = empty(memory);
    for (int p = 0; p < 20000; ++p) {
        Summary part = empty(memory);
        for (int i = 0; i < 50; ++i) {
            const double value = (p * 50 + i) * 0.37;
            part.add(value, i, -value);
            whole.add(value, i, -value);
        }
        merged.merge(flat(part));
    }
    EXPECT_EQ(merged.customers(), 1000000u);
    EXPECT_EQ(flat(merged), flat(whole));
}

TEST(Rfm, SummaryIsBounded) {
    std::pmr::monotonic_buffer_resource memory;
    Summary one = empty(memory), most = empty(memory), small = empty(memory, 30);
    one.add(1, 1, 1);
    const auto bytes = flat(one);
    ASSERT_EQ(bytes.size(), 33u);
    EXPECT_THROW(small.merge(bytes), Error);
    // As many customers as can be, all with the same values.
    std::vector<std::uint8_t> full(3 * (1 + 8) + 4 * max_varint + 2);
    std::uint8_t *end = put_varint(full.data() + 1, INT64_MAX);
    full[0] = bytes[0];
    *end++ = 0;
    for (int d = 0; d < dimensions; ++d) {
        *end++ = 1;
        end = put_varint(put_fixed(end, 1.0), INT64_MAX);
    }
    full.resize(static_cast<std::size_t>(end - full.data()));
    most.merge(full);
    EXPECT_EQ(flat(most), full);
    EXPECT_THROW(most.add(1, 1, 1), Error);
    EXPECT_THROW(most.merge(bytes), Error);
    EXPECT_THROW(most.merge(full), Error);
}

// A poll that throws ends every long step.
TEST(Rfm, LongWorkIsCancelled) {
    struct Cancelled {};
    static int polls;
    const Poll poll([] {
        if (--polls < 0) throw Cancelled{};
    });
    std::pmr::monotonic_buffer_resource memory;
    polls = 1000000000;
    Summary summary(&memory, SIZE_MAX, poll);
    Random random(4, 1);
    std::vector<double> values;
    for (int i = 0; i < 3000000; ++i) values.push_back(static_cast<double>(random.bits() % 1000000));
    for (const double v : values) summary.add(v, 1, 1);
    polls = 0;
    EXPECT_THROW(summary.count(), Cancelled);
    EXPECT_THROW(cuts_of(values, recency, 5, Method::dense, poll), Cancelled);
    polls = 5; // more than the first selection begins with
    EXPECT_THROW(cuts_of(values, recency, 5, Method::dense, poll), Cancelled);
}

TEST(Rfm, StoredBinsAreExactAndChecked) {
    Bins bins;
    for (auto &cuts : bins.cuts)
        for (const double cut : {1.5, 2.5, 2.5, DBL_MAX}) cuts.push(cut);
    std::vector<std::uint8_t> bytes(max_packed_bins);
    bytes.resize(static_cast<std::size_t>(pack(bins, bytes.data()) - bytes.data()));
    EXPECT_EQ(bytes.size(), 1 + 3 * (1 + 4 * 8u));
    const Bins again = unpack(bytes);
    EXPECT_EQ(again.score(2, 2, 2.5), bins.score(2, 2, 2.5));
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_THROW(unpack(Bytes(bytes.data(), n)), Error);
    auto bad = bytes;
    const double infinite = HUGE_VAL;
    for (const double wrong : {static_cast<double>(NAN), -HUGE_VAL, 3.0}) {
        std::memcpy(bad.data() + 2, &wrong, 8);
        EXPECT_THROW(unpack(bad), Error);
    }
    bad = bytes;
    std::memcpy(bad.data() + 2 + 3 * 8, &infinite, 8);
    EXPECT_THROW(unpack(bad), Error);
}

TEST(Rfm, CutsOfExtremeValuesCanBeStored) {
    for (const Method method : {Method::dense, Method::quantile})
        for (const double extreme : {DBL_MAX, -DBL_MAX}) {
            Bins bins;
            for (std::size_t d = 0; d < dimensions; ++d) {
                std::vector<double> values = {extreme, std::nextafter(extreme, 0), extreme};
                bins.cuts[d] = cuts_of(values, static_cast<Dimension>(d), 7, method);
            }
            std::vector<std::uint8_t> bytes(max_packed_bins);
            bytes.resize(static_cast<std::size_t>(pack(bins, bytes.data()) - bytes.data()));
            EXPECT_EQ(unpack(bytes).cuts[0].at[5], bins.cuts[0].at[5]);
        }
}

TEST(Rfm, CodeHasDashesAboveNineBins) {
    const auto text = [](Score s, bool dashes) {
        const Code code = code_of(s, dashes);
        return std::string(code.text, code.size);
    };
    EXPECT_EQ(text({5, 4, 3}, false), "543");
    EXPECT_EQ(text({10, 5, 5}, true), "10-5-5");
    EXPECT_EQ(text({100, 100, 100}, true), "100-100-100");
}

TEST(Rfm, ClassicRulesCoverEveryScoreOnce) {
    Rules rules;
    ASSERT_TRUE(shipped_rules("classic", rules));
    EXPECT_EQ(rules.size(), 10u);
    for (std::int16_t r = 1; r <= 5; ++r)
        for (std::int16_t f = 1; f <= 5; ++f)
            for (std::int16_t m = 1; m <= 5; ++m)
                EXPECT_EQ(std::count_if(rules.begin(), rules.end(),
                                        [&](const Rule &x) {
                                            return x.matches({r, f, m});
                                        }),
                          1);
    EXPECT_FALSE(shipped_rules("mine", rules));
}

TEST(Rfm, FirstRuleWins) {
    Rules rules;
    ASSERT_TRUE(shipped_rules("r_rfm", rules));
    const Segments segments(rules);
    EXPECT_EQ(rules[segments.rule({5, 5, 5})].segment, "Champions");
    EXPECT_EQ(rules[segments.rule({4, 5, 5})].segment, "Potential Loyalist");
    EXPECT_EQ(segments.rule({2, 1, 5}), rules.size()); // no rule: 14 such customers in the published online retail data
}

TEST(Rfm, BadInputIsRefused) {
    EXPECT_THROW(check_bins(1), Error);
    EXPECT_THROW(check_bins(101), Error);
    EXPECT_THROW(method_named("ntile"), Error);
    EXPECT_THROW(check_value(recency, NAN), Error);
    const double descending[] = {2, 1};
    EXPECT_THROW(check_given(recency, descending), Error);
    EXPECT_THROW(check_given(recency, {}), Error);
}
