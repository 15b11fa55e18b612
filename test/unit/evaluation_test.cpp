#include "evaluation/tables.hpp"
#include "math/distribution.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::evaluation;
using math::Random;

namespace {

struct Row {
    double score;
    bool label;
};
using Rows = std::vector<Row>;

Evaluation of(const Rows &rows) {
    Evaluation e(std::pmr::new_delete_resource(), SIZE_MAX, Poll{});
    for (const Row &row : rows) e.add(row.score, row.label);
    return e;
}
template <class Summary> std::vector<std::uint8_t> flat(const Summary &s) {
    s.count();
    std::vector<std::uint8_t> bytes(s.flat_size());
    EXPECT_EQ(s.flatten(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}
template <class F> std::string refusal(F &&f) {
    try {
        f();
    } catch (const Error &e) {
        return e.state();
    }
    return "";
}
std::string merge_state(const std::vector<std::uint8_t> &bytes) {
    return refusal([&bytes] { of({}).merge(bytes); });
}

// Few distinct scores, some, or all different; now and then one class only.
Rows random_rows(Random &random, std::size_t most) {
    Rows rows(1 + random.bits() % most);
    const std::uint64_t levels = std::uint64_t{1} << random.bits() % 12;
    const double rate = random.uniform();
    for (Row &row : rows) {
        row.score = static_cast<double>(random.bits() % (levels + 1)) / static_cast<double>(levels);
        row.label = random.uniform() < rate * (0.5 + row.score / 2);
    }
    return rows;
}
double count_of(const Rows &rows, bool label) {
    return static_cast<double>(std::ranges::count(rows, label, &Row::label));
}

// Of the definition: pairs, and the variances of their means over each class.
struct Pairs {
    double auc, variance;
    explicit Pairs(const Rows &rows) {
        std::vector<double> means[2];
        for (const bool label : {false, true})
            for (const Row &row : rows) {
                if (row.label != label) continue;
                double won = 0;
                for (const Row &other : rows)
                    if (other.label != label)
                        won += row.score == other.score ? 0.5 : (row.score > other.score) == label;
                means[label].push_back(won / count_of(rows, !label));
            }
        auc = variance = 0;
        for (const double m : means[1]) auc += m / static_cast<double>(means[1].size());
        for (const auto &of_class : means) {
            const auto n = static_cast<double>(of_class.size());
            double squares = 0;
            for (const double m : of_class) squares += (m - auc) * (m - auc);
            variance += squares / (n - 1) / n;
        }
    }
};

// The toy of the documentation of scikit-learn.
const Rows toy{{0.1, false}, {0.4, false}, {0.35, true}, {0.8, true}};

} // namespace

TEST(Normal, QuantilesOfThePaper) {
    // Wichura 1988, and the values that R prints for qnorm.
    EXPECT_DOUBLE_EQ(math::normal_quantile(0.25), -0.6744897501960817);
    EXPECT_DOUBLE_EQ(math::normal_quantile(0.001), -3.090232306167814);
    EXPECT_NEAR(math::normal_quantile(1e-20), -9.262340089798408, 1e-14);
    EXPECT_NEAR(math::normal_quantile(0.975), 1.959963984540054, 1e-15);
    EXPECT_EQ(math::normal_quantile(0.5), 0);
    // It is the inverse of the distribution.
    for (double p = 1e-9; p < 1; p += 0.000317)
        ASSERT_NEAR(0.5 * std::erfc(-math::normal_quantile(p) * std::sqrt(0.5)), p, 4e-16 + 4e-16 * p);
}

TEST(Evaluation, PublishedToys) {
    const Evaluation e = of(toy);
    EXPECT_EQ(roc_auc(e), 0.75);
    EXPECT_DOUBLE_EQ(*pr_auc(e), 0.5 + 0.5 * 2 / 3);
    EXPECT_DOUBLE_EQ(*brier(e), (0.1 * 0.1 + 0.4 * 0.4 + 0.65 * 0.65 + 0.2 * 0.2) / 4); // 0.158125
    EXPECT_DOUBLE_EQ(*log_loss(e), -std::log(0.9 * 0.6 * 0.35 * 0.8) / 4);              // 0.4722879538
    EXPECT_EQ(ks(e), 0.5);
    // 5 x 6 pairs. Of the six 3 3 2 1 0 0, a 3 beats four and ties with two, a 2 beats three and ties with one, the 1
    // beats two and ties with one.
    Evaluation ties = of({});
    for (const double score : {3, 3, 2, 2, 1}) ties.add(score, true);
    for (const double score : {3, 3, 2, 1, 0, 0}) ties.add(score, false);
    EXPECT_DOUBLE_EQ(*roc_auc(ties), (2 * (4 + 1) + 2 * (3 + 0.5) + (2 + 0.5)) / 30);
}

// 43 patients with ovarian cancer (DeLong, DeLong and Clarke-Pearson 1988): albumin, total protein and K-G score of
// those who benefit from surgery and of the others. Areas, errors and limits are those that SAS prints for PROC
// LOGISTIC.
TEST(Evaluation, PublishedDeLong) {
    struct Published {
        std::vector<double> positive, negative;
        double auc, std_error, low, high;
    };
    const Published tests[] = {
        {{1.6, 2.1, 2.3, 2.6, 3.1, 3.2, 3.2, 3.2, 3.2, 3.3, 3.3, 3.5, 3.5, 3.6, 3.6, 3.7,
          3.7, 3.7, 3.7, 3.8, 3.8, 3.8, 3.9, 4.0, 4.1, 4.1, 4.2, 4.3, 4.3, 4.3, 4.5},
         {0.9, 1.7, 2.5, 2.8, 2.8, 2.9, 3.0, 3.0, 3.3, 3.6, 4.0, 4.2},
         0.7366,
         0.0927,
         0.5549,
         0.9182},
        {{4.4, 4.7, 4.8, 5.1, 5.4, 5.6, 5.7, 5.7, 5.7, 5.8, 5.8, 6.1, 6.2, 6.3, 6.3, 6.5,
          6.6, 6.6, 6.6, 6.6, 6.7, 6.8, 6.8, 6.9, 7.0, 7.0, 7.0, 7.4, 7.4, 7.7, 8.2},
         {4.0, 4.0, 4.7, 4.8, 5.7, 5.7, 5.8, 6.2, 6.6, 6.7, 6.8, 7.6},
         0.6478,
         0.1000,
         0.4518,
         0.8439},
        {{3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7},
         {0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6},
         0.7258,
         0.1028,
         0.5243,
         0.9273},
    };
    for (const Published &test : tests) {
        Evaluation e = of({});
        for (const double score : test.positive) e.add(score, true);
        for (const double score : test.negative) e.add(score, false);
        const Interval seen = *roc_auc_interval(e, 0.95);
        EXPECT_NEAR(seen.value, test.auc, 5e-5);
        EXPECT_NEAR(*seen.std_error, test.std_error, 5e-5);
        EXPECT_NEAR(*seen.low, test.low, 5e-5);
        EXPECT_NEAR(*seen.high, test.high, 5e-5);
    }
}

TEST(Evaluation, AgreesWithTheDefinitions) {
    Random random(1, 1);
    for (int round = 0; round < 2000; ++round) {
        const Rows rows = random_rows(random, 80);
        const Evaluation e = of(rows);
        const double n = static_cast<double>(rows.size()), positives = count_of(rows, true), negatives = n - positives;
        const Pairs pairs(rows);
        ASSERT_EQ(roc_auc(e).has_value(), positives > 0 && negatives > 0);
        if (roc_auc(e)) {
            ASSERT_NEAR(*roc_auc(e), pairs.auc, 1e-14);
            const Interval interval = *roc_auc_interval(e, 0.9);
            ASSERT_EQ(interval.std_error.has_value(), positives > 1 && negatives > 1);
            if (interval.std_error) {
                ASSERT_NEAR(*interval.std_error, std::sqrt(pairs.variance), 1e-14);
                ASSERT_NEAR(*interval.low, std::max(0.0, pairs.auc - 1.6448536269514722 * *interval.std_error), 1e-13);
                ASSERT_NEAR(*interval.high, std::min(1.0, pairs.auc + 1.6448536269514722 * *interval.std_error), 1e-13);
            }
        }
        // At the threshold of each row: who reaches it.
        double precision_sum = 0, distance = 0, loss = 0, squares = 0;
        for (const Row &row : rows) {
            double found = 0, chosen = 0;
            for (const Row &other : rows) {
                chosen += other.score >= row.score;
                found += other.label && other.score >= row.score;
            }
            if (row.label) precision_sum += found / chosen;
            distance = std::max(distance, std::abs(found / positives - (chosen - found) / negatives));
            loss -= std::log(row.label ? row.score : 1 - row.score);
            squares += std::pow(row.label - row.score, 2);
            const Chosen seen = chosen_at(e, row.score);
            ASSERT_EQ(static_cast<double>(seen.positives), found);
            ASSERT_EQ(static_cast<double>(seen.rows()), chosen);
        }
        ASSERT_EQ(pr_auc(e).has_value(), positives > 0);
        if (pr_auc(e)) {
            ASSERT_NEAR(*pr_auc(e), precision_sum / positives, 1e-14);
        }
        ASSERT_EQ(ks(e).has_value(), roc_auc(e).has_value());
        if (ks(e)) {
            ASSERT_NEAR(*ks(e), distance, 1e-14);
        }
        ASSERT_NEAR(*brier(e), squares / n, 1e-14);
        if (std::isinf(loss))
            ASSERT_TRUE(std::isinf(*log_loss(e)));
        else
            ASSERT_NEAR(*log_loss(e), loss / n, 1e-13);
    }
}

// Only the order of scores matters to these.
TEST(Evaluation, MonotoneTransformationsChangeNothing) {
    Random random(2, 1);
    for (int round = 0; round < 200; ++round) {
        Rows rows = random_rows(random, 300);
        const Evaluation before = of(rows);
        for (Row &row : rows) row.score = std::exp(3 * row.score) - 1e3;
        const Evaluation after = of(rows);
        EXPECT_EQ(roc_auc(before), roc_auc(after));
        EXPECT_EQ(pr_auc(before), pr_auc(after));
        EXPECT_EQ(ks(before), ks(after));
        const auto a = gain_table(before, 7), b = gain_table(after, 7);
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].positives, b[i].positives);
        // The other way round: the other side wins.
        for (Row &row : rows) row.score = -row.score;
        if (roc_auc(before)) {
            EXPECT_NEAR(*roc_auc(before) + *roc_auc(of(rows)), 1, 1e-15);
            EXPECT_EQ(ks(before), ks(of(rows)));
        }
    }
}

// What a group gets on average over all orders of equal scores.
TEST(Evaluation, GainTableOfAllOrders) {
    Random random(3, 1);
    for (int round = 0; round < 300; ++round) {
        Rows rows = random_rows(random, 7);
        for (Row &row : rows) row.score = std::floor(row.score * 3);
        std::ranges::sort(rows, std::greater<>(), &Row::score);
        const std::size_t n = rows.size(), groups = 1 + random.bits() % 9;
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), 0);
        std::vector<double> reached(groups + 1); // sum over orders
        double orders = 0;
        do {
            bool by_score = true;
            for (std::size_t i = 0; i + 1 < n; ++i) by_score &= rows[order[i]].score >= rows[order[i + 1]].score;
            if (!by_score) continue;
            ++orders;
            for (std::size_t g = 0; g <= groups; ++g)
                for (std::size_t i = 0; i < g * n / groups; ++i) reached[g] += rows[order[i]].label;
        } while (std::ranges::next_permutation(order).found);
        const auto table = gain_table(of(rows), static_cast<int>(groups));
        ASSERT_EQ(table.size(), groups);
        for (std::size_t g = 1; g <= groups; ++g) {
            const Gain &gain = table[g - 1];
            ASSERT_EQ(gain.cumulative_rows, g * n / groups);
            ASSERT_EQ(gain.rows, g * n / groups - (g - 1) * n / groups);
            ASSERT_NEAR(gain.cumulative_positives, reached[g] / orders, 1e-12);
            ASSERT_NEAR(gain.positives, (reached[g] - reached[g - 1]) / orders, 1e-12);
            if (gain.rows > 0) {
                ASSERT_EQ(gain.least, rows[gain.cumulative_rows - 1].score);
            }
        }
        ASSERT_EQ(table.back().cumulative_positives, count_of(rows, true));
    }
    EXPECT_TRUE(gain_table(of({}), 10).empty());
}

TEST(Evaluation, CalibrationOfTheDefinition) {
    Random random(4, 1);
    for (int round = 0; round < 1000; ++round) {
        const Rows rows = random_rows(random, 90);
        const Evaluation e = of(rows);
        const int bins = 1 + static_cast<int>(random.bits() % 12);
        for (const Binning method : {Binning::quantile, Binning::width}) {
            const auto number_of = [&](const Row &row) {
                if (method == Binning::width) {
                    int above = 0; // borders below the score, as scikit-learn counts them
                    for (int k = 1; k < bins; ++k) above += static_cast<double>(k) / bins < row.score;
                    return 1 + above;
                }
                long less = 0, equal = 0;
                for (const Row &other : rows) {
                    less += other.score < row.score;
                    equal += other.score == row.score;
                }
                return 1 + static_cast<int>(bins * (2 * less + equal - 1) / (2 * static_cast<long>(rows.size())));
            };
            double error = 0;
            std::size_t seen = 0;
            int before = 0;
            for (const CalibrationBin &bin : calibration_table(e, bins, method)) {
                ASSERT_GT(bin.number, before);
                before = bin.number;
                double n = 0, positives = 0, sum = 0, low = 2, high = -1;
                for (const Row &row : rows) {
                    if (number_of(row) != bin.number) continue;
                    ++n;
                    positives += row.label;
                    sum += row.score;
                    low = std::min(low, row.score);
                    high = std::max(high, row.score);
                }
                ASSERT_EQ(static_cast<double>(bin.rows), n);
                ASSERT_EQ(static_cast<double>(bin.positives), positives);
                ASSERT_EQ(bin.low, low);
                ASSERT_EQ(bin.high, high);
                ASSERT_NEAR(bin.predicted, sum / n, 1e-14);
                error += std::abs(sum - positives) / static_cast<double>(rows.size());
                seen += bin.rows;
            }
            ASSERT_LE(before, bins);
            ASSERT_EQ(seen, rows.size());
            ASSERT_NEAR(*calibration_error(e, bins, method), error, 1e-13);
        }
    }
    EXPECT_FALSE(calibration_error(of({}), 10, Binning::width));
}

TEST(Evaluation, WilsonOfThePaper) {
    // Newcombe, Statistics in Medicine 17, 1998, table I, method 3: 81/263, 15/148, 0/20 and 1/29.
    const double z = math::confidence_quantile(0.95);
    const double expected[][4] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (const auto &[successes, n, low, high] : expected) {
        const Interval seen = wilson(successes, n, z);
        EXPECT_NEAR(*seen.low, low, 5e-5);
        EXPECT_NEAR(*seen.high, high, 5e-5);
    }
    EXPECT_EQ(wilson(7, 7, z).high, 1);
}

TEST(Evaluation, BestThresholdOfAll) {
    Random random(5, 1);
    for (int round = 0; round < 1000; ++round) {
        const Rows rows = random_rows(random, 60);
        const Campaign campaign{static_cast<double>(random.bits() % 5), static_cast<double>(random.bits() % 9), 0.5};
        const Evaluation e = of(rows);
        const Chosen best = best_threshold(e, campaign);
        double most = 0;
        std::size_t fewest = 0;
        for (const Row &at : rows) {
            double profit = 0;
            std::size_t contacted = 0;
            for (const Row &row : rows) {
                if (row.score < at.score) continue;
                ++contacted;
                profit += row.label * campaign.save_value * campaign.save_rate - campaign.contact_cost;
            }
            if (profit > most || (profit == most && contacted < fewest)) {
                most = profit;
                fewest = contacted;
            }
        }
        ASSERT_EQ(campaign.profit(best), most);
        ASSERT_EQ(best.rows(), fewest);
        ASSERT_EQ(std::isinf(best.threshold), fewest == 0);
    }
    EXPECT_EQ(refusal([] { Campaign{1, HUGE_VAL, 1}.check(); }), "22023");
    EXPECT_EQ(refusal([] { Campaign{-1, 1, 1}.check(); }), "22023");
    EXPECT_EQ(refusal([] { Campaign{1, 1, 1.1}.check(); }), "22023");
    EXPECT_EQ(refusal([] { best_threshold(of(toy), {1, DBL_MAX, 1}); }), "22003");
}

TEST(Evaluation, ThresholdsFromNobodyToAll) {
    std::vector<double> thresholds;
    std::vector<std::uint64_t> rows;
    each_threshold(of({{0.2, true}, {0.5, false}, {0.5, true}, {0.9, true}}), [&](const Chosen &chosen) {
        thresholds.push_back(chosen.threshold);
        rows.push_back(chosen.rows());
    });
    EXPECT_EQ(thresholds, (std::vector<double>{HUGE_VAL, 0.9, 0.5, 0.2}));
    EXPECT_EQ(rows, (std::vector<std::uint64_t>{0, 1, 3, 4}));
}

TEST(Evaluation, PartsInAnyOrderMakeTheSameBytes) {
    Random random(6, 1);
    for (int round = 0; round < 200; ++round) {
        Evaluation whole = of({}), parts[3] = {of({}), of({}), of({})};
        for (std::size_t i = 0, n = round % 20 ? random.bits() % 300 : 60000; i < n; ++i) {
            Evaluation &part = parts[random.bits() % 3];
            if (random.bits() % 50 == 0) {
                whole.skip();
                part.skip();
                continue;
            }
            const double score = static_cast<double>(random.bits() % 30000) / 1000 - 2;
            const bool label = random.bits() % 3 == 0;
            whole.add(score, label);
            part.add(score, label);
        }
        const auto a = flat(parts[0]), b = flat(parts[1]);
        parts[2].merge(b);
        parts[2].merge(a);
        ASSERT_EQ(flat(parts[2]), flat(whole));
        ASSERT_EQ(parts[2].rows(), whole.rows());
        ASSERT_EQ(parts[2].positives(), whole.positives());
        ASSERT_EQ(parts[2].skipped(), whole.skipped());
        ASSERT_EQ(roc_auc(parts[2]), roc_auc(whole));
    }
}

TEST(Evaluation, Bounds) {
    const Evaluation none = of({}), positive = of({{0.3, true}}), negative = of({{0.3, false}});
    EXPECT_FALSE(roc_auc(none) || pr_auc(none) || ks(none) || log_loss(none) || brier(none));
    EXPECT_FALSE(roc_auc(positive) || ks(positive) || roc_auc(negative) || pr_auc(negative));
    EXPECT_EQ(pr_auc(positive), 1);
    EXPECT_DOUBLE_EQ(*log_loss(negative), -std::log(0.7));
    EXPECT_EQ(*log_loss(of({{0, true}})), HUGE_VAL);
    EXPECT_EQ(*log_loss(of({{1, false}})), HUGE_VAL);
    EXPECT_EQ(*log_loss(of({{1, true}, {0, false}})), 0);
    for (const double score : {-0.1, 1.5})
        for (const auto metric : {log_loss, brier})
            EXPECT_EQ(refusal([&] { metric(of({{score, true}, {0.5, false}})); }), "22023");
    for (const double score : {static_cast<double>(NAN), HUGE_VAL, -HUGE_VAL})
        EXPECT_EQ(refusal([&] { of({{score, true}}); }), "22023");
    EXPECT_EQ(flat(of({{-0.0, true}})), flat(of({{0.0, true}})));
    EXPECT_EQ(roc_auc(of({{-DBL_MAX, false}, {DBL_MAX, true}})), 1);
    for (const double confidence : {0.0, 1.0, -0.5, static_cast<double>(NAN)})
        EXPECT_EQ(refusal([&] { math::check_confidence(confidence); }), "22023");
    for (const int groups : {0, -1, 10001}) EXPECT_EQ(refusal([&] { check_groups(groups, "groups"); }), "22023");
    EXPECT_EQ(refusal([] { chosen_at(of(toy), NAN); }), "22023");
    EXPECT_EQ(refusal([] { binning_named("kmeans"); }), "22023");
    Evaluation small(std::pmr::new_delete_resource(), 4096, Poll{});
    EXPECT_EQ(refusal([&] {
                  for (int i = 0; i < 100000; ++i) small.add(i, i % 2);
              }),
              "54000");
}

TEST(Evaluation, NumbersOfRowsBeyondDoubles) {
    // Two distinct scores with 2^61 rows each, all positive ones above but one.
    std::vector<std::uint8_t> bytes(100);
    std::uint8_t *to = bytes.data();
    *to++ = 1; // version
    *to++ = 0; // skipped
    const auto many = INT64_MAX / 4;
    to = put_varint(to, many); // negatives
    to = put_varint(to, 1);
    to = put_varint(put_fixed(to, 0.25), many);
    to = put_varint(to, many); // positives
    to = put_varint(to, 2);
    to = put_varint(put_fixed(to, 0.25), 1);
    to = put_varint(put_fixed(to, 0.75), many - 1);
    bytes.resize(static_cast<std::size_t>(to - bytes.data()));
    Evaluation e = of({});
    e.merge(bytes);
    EXPECT_EQ(flat(e), bytes);
    EXPECT_DOUBLE_EQ(*roc_auc(e), 1);
    EXPECT_DOUBLE_EQ(*ks(e), 1);
    const auto table = gain_table(e, 10);
    EXPECT_EQ(table.back().cumulative_rows, 2 * static_cast<std::uint64_t>(many));
    // A third of the kind is one too many.
    e.merge(bytes);
    EXPECT_EQ(refusal([&] { e.merge(bytes); }), "22003");
}

TEST(Evaluation, RefusesWhatNoSummaryIs) {
    const auto good = flat(of({{1, true}, {2, false}, {2, false}}));
    EXPECT_EQ(merge_state(good), "");
    ASSERT_EQ(good.size(), 2u + 2 + 9 + 2 + 9);
    for (std::size_t n = 0; n < good.size(); ++n)
        EXPECT_EQ(merge_state({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)}), "22P03");
    auto bad = good;
    bad.push_back(0);
    EXPECT_EQ(merge_state(bad), "22P03");
    bad = good;
    bad[0] = 2; // version
    EXPECT_EQ(merge_state(bad), "22P03");
    bad = good;
    bad[2] = 3; // three negative ones, of which the counts are two
    EXPECT_EQ(merge_state(bad), "22P03");
}
