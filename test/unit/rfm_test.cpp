#include "rfm/rfm.hpp"
#include "math/random.hpp"
#include "rfm/cuts.hpp"
#include "rfm/rfm_segment.hpp"
#include "rfm/rfm_summary.hpp"
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
        Summary whole(&memory, SIZE_MAX), parts[2] = {{&memory, SIZE_MAX}, {&memory, SIZE_MAX}};
        for (std::size_t i = 0; i < n; ++i) {
            for (auto &column : columns) column.push_back(static_cast<double>(random.bits() % 50) / 4 - 2);
            whole.add(columns[0][i], columns[1][i], columns[2][i]);
            parts[random.bits() % 2].add(columns[0][i], columns[1][i], columns[2][i]);
        }
        const auto flat = [](const Summary &s) {
            s.count();
            std::vector<std::uint8_t> bytes(s.flat_size());
            EXPECT_EQ(s.flatten(bytes.data()), bytes.data() + bytes.size());
            return bytes;
        };
        parts[0].merge(flat(parts[1]), Poll{});
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

TEST(Rfm, StoredBinsAreExactAndChecked) {
    Bins bins;
    for (auto &cuts : bins.cuts)
        for (const double cut : {1.5, 2.5, 2.5, HUGE_VAL}) cuts.push(cut);
    std::vector<std::uint8_t> bytes(max_packed_bins);
    bytes.resize(static_cast<std::size_t>(pack(bins, bytes.data()) - bytes.data()));
    EXPECT_EQ(bytes.size(), 1 + 3 * (1 + 4 * 8u));
    const Bins again = unpack(bytes);
    EXPECT_EQ(again.score(2, 2, 2.5), bins.score(2, 2, 2.5));
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_THROW(unpack(Bytes(bytes.data(), n)), Error);
    auto bad = bytes;
    const double nan = NAN;
    std::memcpy(bad.data() + 2, &nan, 8);
    EXPECT_THROW(unpack(bad), Error);
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
