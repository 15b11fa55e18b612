#include "learn/held_out.hpp"
#include "learn/boosting.hpp"
#include "learn/calibration.hpp"
#include "learn/cart.hpp"
#include "learn/forest.hpp"
#include "learn_data.hpp"
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace cd;
using namespace cd::learn;
using math::Random;

namespace {

// Customers of one to `most` rows. What a customer is like says nothing of whether he leaves, but his rows are alike,
// and have the same end.
Table look_alikes(std::size_t customers, std::uint64_t most, Random &random) {
    Table t;
    t.columns.resize(2);
    t.category = {0, 0};
    for (std::size_t c = 0; c < customers; ++c) {
        const double a = random.normal(), b = random.normal();
        const bool leaves = random.uniform() < 0.4;
        for (std::uint64_t i = random.bits() % most + 1; i-- > 0;) {
            t.columns[0].push_back(a + 0.001 * random.normal());
            t.columns[1].push_back(b + 0.001 * random.normal());
            t.label.push_back(leaves);
            t.customer.push_back(dataset::customer_of(std::to_string(c)));
        }
    }
    return t;
}

Table without_customers(Table t) {
    t.customer.clear();
    return t;
}

std::vector<std::uint64_t> keys_of(Problem &p, std::uint64_t seed = 0) {
    return held_out_keys(row_keys(p.bins, p.target, seed, p.workers), p.target, seed);
}

double base_loss(const Target &target) {
    const double rate = target.base_rate();
    return -rate * std::log(rate) - (1 - rate) * std::log(1 - rate);
}

// Customers of whom some rows are in one part, others in another.
std::size_t split_customers(const Table &t, const std::vector<std::uint8_t> &part) {
    std::map<double, std::set<int>> parts;
    for (std::size_t row = 0; row < t.rows(); ++row)
        if (!dataset::is_missing(t.customer[row])) parts[t.customer[row]].insert(part[row]);
    return static_cast<std::size_t>(
        std::ranges::count_if(parts, [](const auto &seen) { return seen.second.size() > 1; }));
}

std::size_t share(const std::vector<std::uint8_t> &part, const std::vector<std::uint8_t> &label, std::uint8_t wanted,
                  std::uint8_t of) {
    std::size_t n = 0;
    for (std::size_t row = 0; row < part.size(); ++row) n += part[row] == wanted && label[row] == of;
    return n;
}

std::string refusal(const auto &f) {
    try {
        f();
    } catch (const Error &error) {
        EXPECT_FALSE(error.hint().empty());
        return std::string(error.state()) + " " + error.what();
    }
    return "";
}

} // namespace

TEST(HeldOut, NoCustomerIsSplit) {
    Random random(1, 0);
    for (const std::uint64_t most : {1U, 2U, 5U, 40U}) {
        Table t = look_alikes(500, most, random);
        // A tenth of the rows is of nobody, and each of these is drawn by itself.
        for (double &customer : t.customer)
            if (random.uniform() < 0.1) customer = dataset::missing;
        Problem p(t);
        for (const std::uint64_t seed : {0U, 1U, 2U}) {
            const std::vector<std::uint64_t> keys = keys_of(p, seed);
            const std::vector<std::uint8_t> held = hold_out(p.target, keys, 0.1, {});
            EXPECT_EQ(split_customers(t, held), 0U);
            const auto out = static_cast<double>(std::ranges::count(held, 0));
            EXPECT_LE(out, 0.1 * static_cast<double>(t.rows()));
            EXPECT_GT(out, 0.1 * static_cast<double>(t.rows()) - static_cast<double>(most));
            for (const std::size_t parts : {2U, 5U, 10U}) {
                const std::vector<std::uint8_t> part = deal(p.target, keys, parts, {});
                EXPECT_EQ(split_customers(t, part), 0U);
                // Both classes are spread evenly: a part has one customer more or less than its share.
                for (std::uint8_t k = 0; k < parts; ++k)
                    for (const std::uint8_t label : std::vector<std::uint8_t>{0, 1})
                        EXPECT_NEAR(static_cast<double>(share(part, t.label, k, label)),
                                    static_cast<double>(std::ranges::count(t.label, label)) /
                                        static_cast<double>(parts),
                                    static_cast<double>(most) + 1);
            }
        }
    }
    // The test itself can fail: rows that are dealt out one by one split customers.
    const Table t = look_alikes(500, 5, random);
    Problem p(without_customers(t));
    EXPECT_GT(split_customers(t, deal(p.target, keys_of(p), 5, {})), 300U);
    EXPECT_GT(split_customers(t, hold_out(p.target, keys_of(p), 0.1, {})), 100U);
}

TEST(HeldOut, ACustomerHasHisPartInAnyOrderOfTheRows) {
    Random random(2, 0);
    const Table t = look_alikes(300, 6, random);
    Problem p(t);
    const std::vector<std::size_t> order = shuffled(t.rows(), random);
    Problem other(t.of(order));
    const auto same_parts = [&](const std::vector<std::uint8_t> &a, const std::vector<std::uint8_t> &b) {
        for (std::size_t i = 0; i < order.size(); ++i)
            if (a[order[i]] != b[i]) return false;
        return true;
    };
    EXPECT_TRUE(same_parts(deal(p.target, keys_of(p), 5, {}), deal(other.target, keys_of(other), 5, {})));
    EXPECT_TRUE(same_parts(hold_out(p.target, keys_of(p), 0.1, {}), hold_out(other.target, keys_of(other), 0.1, {})));
    EXPECT_FALSE(same_parts(deal(p.target, keys_of(p), 5, {}), deal(other.target, keys_of(other, 1), 5, {})));
}

TEST(HeldOut, FewAndLargeCustomers) {
    // One customer has half of the rows: he is alone in his part, and nobody holds him out as a tenth.
    Random random(3, 0);
    Table t = look_alikes(100, 1, random);
    const double large = dataset::customer_of("large");
    for (int i = 0; i < 100; ++i) {
        t.columns[0].push_back(i);
        t.columns[1].push_back(i);
        t.label.push_back(i % 2 == 0);
        t.customer.push_back(large);
    }
    Problem p(t);
    const std::vector<std::uint8_t> part = deal(p.target, keys_of(p), 5, {});
    EXPECT_EQ(std::ranges::count(part, part.back()), 100);
    EXPECT_EQ(hold_out(p.target, keys_of(p), 0.1, {}).back(), 1);

    // Fewer customers than parts: none of these is all of the rows.
    Table two = t.of({0, 1, 2, 3, 4, 5});
    two.label = {0, 0, 1, 1, 1, 1};
    two.customer = {1, 1, 1, 1, 2, 2};
    Problem few(two);
    EXPECT_EQ(deal(few.target, keys_of(few), 5, {}), (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(hold_out(few.target, keys_of(few), 0.1, {}), (std::vector<std::uint8_t>{1, 1, 1, 1, 0, 0}));
    boost(few.bins, few.target, {}, few.workers, {});
    grow_forest(few.bins, few.target, {}, few.workers, {});
    grow_cart(few.bins, few.target, {}, few.workers, {});

    two.customer = {1, 1, 1, 1, 1, 1};
    Problem one(two);
    const std::string refused = "22023 all rows are of one customer";
    EXPECT_EQ(refusal([&] { boost(one.bins, one.target, {}, one.workers, {}); }), refused);
    EXPECT_EQ(refusal([&] { grow_cart(one.bins, one.target, {}, one.workers, {}); }), refused);
    EXPECT_EQ(refusal([&] { grow_forest(one.bins, one.target, {}, one.workers, {}); }), refused);
    EXPECT_EQ(refusal([&] {
                  boost(one.bins, one.target, {.trees = 2, .hold_out = false}, one.workers, {});
                  grow_cart(one.bins, one.target, {.complexity = 0.01, .monotone = {}}, one.workers, {});
              }),
              "");
}

// Nothing can be learnt here but who is who. Rows by themselves seem to say that it can.
TEST(HeldOut, LossesAreThoseOfNewCustomers) {
    Random random(4, 0);
    const Table t = look_alikes(600, 9, random);
    Problem by_customer(t), by_row(without_customers(t));
    const double nothing = base_loss(by_row.target);

    const BoostingOptions options{.min_leaf = 2, .l2 = 1};
    const auto least = [](const Boosted &boosted) { return *std::ranges::min_element(boosted.loss); };
    const Boosted honest = boost(by_customer.bins, by_customer.target, options, by_customer.workers, {});
    const Boosted sure = boost(by_row.bins, by_row.target, options, by_row.workers, {});
    EXPECT_LT(least(sure), 0.5 * nothing);
    EXPECT_GT(sure.ensemble.trees.size(), 100U);
    EXPECT_GT(least(honest), 0.98 * nothing);
    EXPECT_LT(honest.ensemble.trees.size(), 10U);

    const ForestOptions forest{.trees = 100, .min_leaf = 2};
    EXPECT_LT(grow_forest(by_row.bins, by_row.target, forest, by_row.workers, {}).loss, 0.5 * nothing);
    EXPECT_GT(grow_forest(by_customer.bins, by_customer.target, forest, by_customer.workers, {}).loss, 0.98 * nothing);

    const CartOptions cart{.min_leaf = 2, .min_split = 4, .complexity = {}, .monotone = {}};
    const Cart small = grow_cart(by_customer.bins, by_customer.target, cart, by_customer.workers, {});
    const Cart large = grow_cart(by_row.bins, by_row.target, cart, by_row.workers, {});
    EXPECT_LT(small.sizes[small.chosen].leaves, 5U);
    EXPECT_GT(large.sizes[large.chosen].leaves, 100U);
}

// The same of more rows, of which a part is held out once.
TEST(HeldOut, ManyRowsToo) {
    Random random(5, 0);
    const Table t = look_alikes(12'000, 9, random);
    ASSERT_GT(t.rows(), cross_fit_rows);
    Problem by_customer(t), by_row(without_customers(t));
    const BoostingOptions options{.trees = 60, .leaves = 255, .learning_rate = 0.5, .min_leaf = 2, .l2 = 1};
    const auto last = [](const Boosted &boosted) { return boosted.loss.back(); };
    const Boosted honest = boost(by_customer.bins, by_customer.target, options, by_customer.workers, {});
    const Boosted sure = boost(by_row.bins, by_row.target, options, by_row.workers, {});
    EXPECT_LT(last(sure), 0.9 * base_loss(by_row.target));
    EXPECT_GT(last(honest), base_loss(by_row.target));
    std::vector<std::uint8_t> out(t.rows());
    for (const std::uint32_t row : honest.held_out.rows) out[row] = 1;
    EXPECT_EQ(split_customers(t, out), 0U);
    EXPECT_NEAR(static_cast<double>(honest.held_out.rows.size()), 0.1 * static_cast<double>(t.rows()), 9);
}

// Bit for bit, in any order of the rows and with any number of threads: rows that are equal but for their customer too.
TEST(HeldOut, ModelsAreTheSameInAnyOrder) {
    Random random(6, 0);
    Table t = mixed(1500, random);
    for (std::size_t i = 0; i < 1500; ++i)
        t.customer.push_back(i % 11 == 0 ? dataset::missing : dataset::customer_of(std::to_string(i % 400)));
    std::vector<std::size_t> twice(t.rows());
    std::iota(twice.begin(), twice.end(), std::size_t{0});
    twice.insert(twice.end(), twice.begin(), twice.begin() + 500);
    t = t.of(twice);
    for (std::size_t i = 1500; i < t.rows(); ++i)
        t.customer[i] = dataset::customer_of("other " + std::to_string(i % 50));
    Problem p(t), other(t.of(shuffled(t.rows(), random)), 4);
    const BoostingOptions boosting{.trees = 20};
    EXPECT_TRUE(same(boost(p.bins, p.target, boosting, p.workers, {}).ensemble,
                     boost(other.bins, other.target, boosting, other.workers, {}).ensemble));
    const ForestOptions forest{.trees = 20};
    EXPECT_TRUE(same(grow_forest(p.bins, p.target, forest, p.workers, {}).ensemble,
                     grow_forest(other.bins, other.target, forest, other.workers, {}).ensemble));
    EXPECT_TRUE(same(grow_cart(p.bins, p.target, {}, p.workers, {}).ensemble,
                     grow_cart(other.bins, other.target, {}, other.workers, {}).ensemble));
}

// Scores are right as they are. Of each customer a hundred rows of one score and one end: a rising function of many
// steps follows the customers, and is better for rows of known ones only.
TEST(HeldOut, CalibrationIsChosenForNewCustomers) {
    Random random(7, 0);
    Judged judged;
    for (std::uint64_t c = 0; c < 40; ++c) {
        const double score = random.normal();
        const bool leaves = random.uniform() < 1 / (1 + std::exp(-score));
        for (int i = 0; i < 100; ++i) {
            judged.score.push_back(score);
            judged.label.push_back(leaves);
            judged.customer.push_back(c);
        }
    }
    EXPECT_EQ(calibrate(judged, Scores::log_odds, Poll{}).method, Calibration::Method::none);
    judged.customer.assign(judged.rows(), nobody);
    const Calibration of_rows = calibrate(judged, Scores::log_odds, Poll{});
    EXPECT_NE(of_rows.method, Calibration::Method::none);
    judged.customer.clear();
    EXPECT_EQ(calibrate(judged, Scores::log_odds, Poll{}).line.slope, of_rows.line.slope);
}
