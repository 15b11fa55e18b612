#include "cluster/kmeans.hpp"
#include "cluster/kmeans_seed.hpp"
#include "iris.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <set>

using namespace cd;
using namespace cd::cluster;
using math::Random;

namespace {

Points of_numbers(std::size_t numbers, std::vector<double> number) {
    Points points;
    points.rows = number.size() / numbers;
    points.numbers = numbers;
    points.number = std::move(number);
    return points;
}

Points irises() {
    std::vector<double> number;
    for (const auto &row : cd::test::iris) number.insert(number.end(), std::begin(row), std::end(row));
    return of_numbers(4, std::move(number));
}

// As R's scale() does it: the standard deviation divides by n - 1.
void zscore(Points &points) {
    const auto n = static_cast<double>(points.rows);
    for (std::size_t j = 0; j < points.numbers; ++j) {
        double mean = 0, squares = 0;
        for (std::size_t row = 0; row < points.rows; ++row) mean += points.number[row * points.numbers + j] / n;
        for (std::size_t row = 0; row < points.rows; ++row)
            squares += std::pow(points.number[row * points.numbers + j] - mean, 2);
        const double sd = std::sqrt(squares / (n - 1));
        for (std::size_t row = 0; row < points.rows; ++row) {
            double &x = points.number[row * points.numbers + j];
            x = (x - mean) / sd;
        }
    }
}

double square(const Points &p, std::size_t row, const double *centre, const std::uint32_t *mode) {
    double sum = 0;
    for (std::size_t j = 0; j < p.numbers; ++j) {
        const double difference = p.number[row * p.numbers + j] - centre[j];
        sum += difference * difference;
    }
    for (std::size_t j = 0; j < p.categories; ++j)
        if (p.category[row * p.categories + j] != mode[j]) sum += p.mismatch;
    return sum;
}

// The definition, without any bounds: everything is computed anew in every iteration.
struct PlainLloyd {
    const Points &p;
    std::size_t k;
    std::vector<double> centre;
    std::vector<std::uint32_t> mode;
    std::vector<std::uint32_t> label;
    int iterations = 0;
    bool converged = false;

    double to(std::size_t row, std::size_t c) const {
        return square(p, row, centre.data() + c * p.numbers, mode.data() + c * p.categories);
    }
    bool assign() {
        const auto before = label;
        label.assign(p.rows, 0);
        for (std::size_t row = 0; row < p.rows; ++row)
            for (std::uint32_t c = 1; c < k; ++c)
                if (to(row, c) < to(row, label[row])) label[row] = c;
        return label != before;
    }
    std::size_t rows(std::size_t c) const {
        return static_cast<std::size_t>(std::count(label.begin(), label.end(), c));
    }
    double weight(std::size_t c) const {
        long double sum = 0;
        for (std::size_t row = 0; row < p.rows; ++row)
            if (label[row] == c) sum += p.weight_of(row);
        return static_cast<double>(sum);
    }
    void update() {
        for (std::uint32_t c = 0; c < k; ++c) {
            if (rows(c)) continue;
            std::size_t farthest = p.rows;
            for (std::size_t row = 0; row < p.rows; ++row)
                if (rows(label[row]) > 1 && (farthest == p.rows || to(row, label[row]) > to(farthest, label[farthest])))
                    farthest = row;
            label[farthest] = c;
            for (std::size_t j = 0; j < p.numbers; ++j) centre[c * p.numbers + j] = p.numbers_of(farthest)[j];
            for (std::size_t j = 0; j < p.categories; ++j) mode[c * p.categories + j] = p.codes_of(farthest)[j];
        }
        for (std::uint32_t c = 0; c < k; ++c) {
            for (std::size_t j = 0; j < p.numbers; ++j) {
                long double sum = 0;
                for (std::size_t row = 0; row < p.rows; ++row)
                    if (label[row] == c) sum += p.weight_of(row) * p.numbers_of(row)[j];
                centre[c * p.numbers + j] = static_cast<double>(sum) / weight(c);
            }
            for (std::size_t j = 0; j < p.categories; ++j) {
                std::map<std::uint32_t, long double> level;
                for (std::size_t row = 0; row < p.rows; ++row)
                    if (label[row] == c) level[p.codes_of(row)[j]] += p.weight_of(row);
                const auto heaviest = std::max_element(level.begin(), level.end(), [](const auto &a, const auto &b) {
                    return static_cast<double>(a.second) < static_cast<double>(b.second);
                });
                mode[c * p.categories + j] = heaviest->first;
            }
        }
    }
    bool sort() {
        std::vector<std::size_t> order(k);
        std::iota(order.begin(), order.end(), 0);
        const auto key = [this](std::size_t c) {
            const auto at = static_cast<std::ptrdiff_t>(c), d = static_cast<std::ptrdiff_t>(p.numbers),
                       m = static_cast<std::ptrdiff_t>(p.categories);
            return std::tuple(-weight(c), std::vector(centre.begin() + at * d, centre.begin() + (at + 1) * d),
                              std::vector(mode.begin() + at * m, mode.begin() + (at + 1) * m));
        };
        std::sort(order.begin(), order.end(), [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
        if (std::is_sorted(order.begin(), order.end())) return false;
        const PlainLloyd old = *this;
        for (std::size_t c = 0; c < k; ++c) {
            std::copy_n(old.centre.data() + order[c] * p.numbers, p.numbers, centre.data() + c * p.numbers);
            std::copy_n(old.mode.data() + order[c] * p.categories, p.categories, mode.data() + c * p.categories);
            for (std::size_t row = 0; row < p.rows; ++row)
                if (old.label[row] == order[c]) label[row] = static_cast<std::uint32_t>(c);
        }
        return true;
    }
    void run(int most) {
        bool changed = assign();
        while (changed ? iterations < most : sort()) {
            if (changed) update(), ++iterations;
            changed = assign();
        }
        converged = !changed;
        if (!converged && sort()) assign();
    }
};

// Numbers and categories, weights or none, real numbers or a grid full of ties and duplicates.
Points random_points(Random &random, std::size_t rows) {
    const auto below = [&random](std::uint64_t n) { return static_cast<std::uint32_t>(random.bits() % n); };
    Points p;
    p.rows = rows;
    p.numbers = below(5);
    p.categories = p.numbers == 0 ? 1 + below(4) : below(3) * below(2);
    p.mismatch = below(2) ? 1 : random.uniform() * 3;
    const int kind = static_cast<int>(below(3));
    const double offset = below(4) ? 0 : 1e6;
    for (std::size_t i = 0; i < rows * p.numbers; ++i)
        p.number.push_back(kind == 0 ? offset + random.normal() : kind == 1 ? below(4) : below(30));
    for (std::size_t j = 0; j < p.categories; ++j) p.levels.push_back(2 + below(5));
    for (std::size_t i = 0; i < rows * p.categories; ++i) p.category.push_back(below(p.levels[i % p.categories]));
    if (below(2))
        for (std::size_t row = 0; row < rows; ++row) p.weight.push_back(1 + below(4) * (kind == 0 ? 0.3 : 1));
    return p;
}

// The random rows of a seed, permuted or repeated.
Points rows_of(const Points &p, const std::vector<std::size_t> &rows) {
    Points some = p;
    some.rows = rows.size();
    some.number.clear(), some.category.clear(), some.weight.clear();
    for (const std::size_t row : rows) {
        some.number.insert(some.number.end(), p.numbers_of(row), p.numbers_of(row) + p.numbers);
        some.category.insert(some.category.end(), p.codes_of(row), p.codes_of(row) + p.categories);
        if (!p.weight.empty()) some.weight.push_back(p.weight[row]);
    }
    return some;
}

void expect_label_is_nearest(const Points &p, const Kmeans &m) {
    const Centres centres = centres_of(m, p.numbers, p.categories, p.mismatch);
    std::vector<double> squares(centres.padded());
    for (std::size_t row = 0; row < p.rows; ++row) {
        const Nearest found = nearest(centres, p.numbers_of(row), p.codes_of(row), squares.data());
        ASSERT_EQ(found.point, m.label[row]);
        const double *centre = m.centre.data() + found.point * p.numbers;
        ASSERT_EQ(found.square, square(p, row, centre, m.mode.data() + found.point * p.categories));
    }
}

Error error_of(const Points &p, const KmeansOptions &options) {
    try {
        kmeans(p, options);
    } catch (const Error &error) {
        return error;
    }
    return {"00000", "no error"};
}

} // namespace

TEST(Kmeans, BoundsChangeNothing) {
    Random random(1, 1);
    int iterations = 0, repaired = 0, ended = 0;
    for (int round = 0; round < 1500; ++round) {
        const std::size_t rows = 1 + random.bits() % (round % 10 ? 60 : 500);
        const Points p = random_points(random, rows);
        const std::size_t k = 1 + random.bits() % std::min<std::size_t>(rows, 20);
        // Any rows, the same one twice too: then a cluster is empty from the start.
        std::vector<double> centre;
        std::vector<std::uint32_t> mode;
        std::set<std::size_t> different;
        for (std::size_t c = 0; c < k; ++c) {
            const std::size_t row = random.bits() % rows;
            different.insert(row);
            centre.insert(centre.end(), p.numbers_of(row), p.numbers_of(row) + p.numbers);
            mode.insert(mode.end(), p.codes_of(row), p.codes_of(row) + p.categories);
        }
        const int most = round % 3 ? 50 : 2;
        PlainLloyd plain{p, k, centre, mode, {}};
        plain.run(most);
        const Kmeans fast = kmeans_from(p, k, centre, mode, most);
        ASSERT_EQ(fast.label, plain.label) << round;
        ASSERT_EQ(fast.mode, plain.mode);
        ASSERT_EQ(fast.iterations, plain.iterations);
        ASSERT_EQ(fast.converged, plain.converged);
        double wss = 0;
        for (std::size_t row = 0; row < rows; ++row) wss += p.weight_of(row) * plain.to(row, plain.label[row]);
        ASSERT_NEAR(fast.wss, wss, 1e-9 * (1 + wss));
        for (std::size_t i = 0; i < centre.size(); ++i)
            ASSERT_NEAR(fast.centre[i], plain.centre[i], 1e-9 * (1 + std::abs(plain.centre[i]) / 1e6));
        for (std::size_t c = 0; c < k; ++c) ASSERT_NEAR(fast.size[c], plain.weight(c), 1e-9);
        expect_label_is_nearest(p, fast);
        iterations = std::max(iterations, fast.iterations);
        repaired += different.size() < k;
        ended += !fast.converged;
    }
    // The cases were hard enough.
    EXPECT_GT(iterations, 10);
    EXPECT_GT(repaired, 100);
    EXPECT_GT(ended, 100);
}

// stats::kmeans of R: kmeans(iris[1:4], 3, nstart = 10).
TEST(Kmeans, Iris) {
    const Kmeans m = kmeans(irises(), {.k = 3});
    EXPECT_TRUE(m.converged);
    EXPECT_NEAR(m.wss, 78.85144143, 5e-9);
    EXPECT_EQ(m.size, (std::vector<double>{62, 50, 38}));
    const double centre[] = {5.901613, 2.748387, 4.393548, 1.433871, 5.006,    3.428,
                             1.462,    0.246,    6.85,     3.073684, 5.742105, 2.071053};
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(m.centre[i], centre[i], 5e-7);
    expect_label_is_nearest(irises(), m);
}

// kmeans(scale(iris[1:4]), 3). Lloyd's iterations may end in 138.893, 139.099 or 139.8 instead (with ten restarts
// scikit-learn 1.2.1 gives 139.099 for 4 of the seeds 0 to 19).
TEST(Kmeans, IrisScaled) {
    Points p = irises();
    zscore(p);
    std::set<int> single;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        EXPECT_NEAR(kmeans(p, {.k = 3, .seed = seed}).wss, 138.8883597, 5e-8) << seed;
        single.insert(static_cast<int>(kmeans(p, {.k = 3, .seed = seed, .restarts = 1}).wss));
    }
    EXPECT_GT(single.size(), 1U);
}

// No single row that goes to another cluster, the means and modes of both going along, lowers the sum of squares.
TEST(Kmeans, NoSingleRowCanBetterIt) {
    Random random(6, 6);
    int lloyd_could = 0;
    for (int round = 0; round < 150; ++round) {
        const Points p = random_points(random, 10 + random.bits() % 25);
        const std::size_t k = 2 + random.bits() % 3;
        std::size_t distinct;
        const auto m = try_kmeans(p, {.k = static_cast<int>(k), .restarts = 1}, {}, distinct);
        if (!m) continue;
        ASSERT_TRUE(m->converged);
        const auto could = [&](const Kmeans &model) {
            for (std::size_t row = 0; row < p.rows; ++row)
                for (std::uint32_t c = 0; c < k; ++c) {
                    PlainLloyd moved{p, k, model.centre, model.mode, model.label};
                    if (moved.rows(moved.label[row]) == 1) continue;
                    moved.label[row] = c;
                    moved.update();
                    double wss = 0;
                    for (std::size_t i = 0; i < p.rows; ++i) wss += p.weight_of(i) * moved.to(i, moved.label[i]);
                    if (wss < model.wss * (1 - 1e-7)) return true;
                }
            return false;
        };
        if (p.categories == 0) { // a move of a mode may better it still
            ASSERT_FALSE(could(*m)) << round;
            std::vector<double> first(p.number.begin(), p.number.begin() + static_cast<std::ptrdiff_t>(k * p.numbers));
            lloyd_could += could(kmeans_from(p, k, first, {}, 300));
        }
        expect_label_is_nearest(p, *m);
    }
    EXPECT_GT(lloyd_could, 10);
}

TEST(Kmeans, EveryLabelIsTheNearest) {
    Random random(7, 7);
    for (int round = 0; round < 300; ++round) { // also where the iterations end early, after an exchange
        const Points p = random_points(random, 400);
        std::size_t distinct;
        const KmeansOptions options{
            .k = 2 + round % 9, .restarts = 2, .max_iterations = 1 + static_cast<int>(random.bits() % 20)};
        const auto m = try_kmeans(p, options, {}, distinct);
        if (m) expect_label_is_nearest(p, *m);
    }
}

TEST(Kmeans, SameSeedSameBits) {
    Points p = irises();
    zscore(p);
    const Kmeans a = kmeans(p, {.k = 5, .seed = 7}), b = kmeans(p, {.k = 5, .seed = 7});
    EXPECT_EQ(a.centre, b.centre);
    EXPECT_EQ(a.wss, b.wss);
    EXPECT_EQ(a.label, b.label);
}

TEST(Kmeans, WeightIsRepetition) {
    Points p = irises(), repeated = irises();
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < p.rows; ++row) {
        p.weight.push_back(static_cast<double>(1 + row % 3));
        rows.insert(rows.end(), 1 + row % 3, row);
    }
    repeated = rows_of(irises(), rows);
    for (int k = 1; k <= 6; ++k) {
        const Kmeans a = kmeans(p, {.k = k, .restarts = 50}), b = kmeans(repeated, {.k = k, .restarts = 50});
        EXPECT_NEAR(a.wss, b.wss, 1e-9) << k;
        EXPECT_EQ(a.size, b.size) << k;
        for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(a.label[rows[i]], b.label[i]);
    }
}

TEST(Kmeans, OrderOfRowsDoesNotMatter) {
    const Points p = irises();
    std::vector<std::size_t> rows(p.rows);
    std::iota(rows.begin(), rows.end(), 0);
    Random random(2, 2);
    const Kmeans expected = kmeans(p, {.k = 3});
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.bits() % i]);
        const Kmeans m = kmeans(rows_of(p, rows), {.k = 3});
        EXPECT_NEAR(m.wss, expected.wss, 1e-6);
        EXPECT_EQ(m.centre, expected.centre); // sums are compensated
        for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(m.label[i], expected.label[rows[i]]);
    }
}

TEST(Kmeans, OneClusterIsTheMean) {
    const Kmeans m = kmeans(of_numbers(1, {1, 2, 3, 6}), {.k = 1});
    EXPECT_EQ(m.centre, std::vector<double>{3});
    EXPECT_EQ(m.wss, 4 + 1 + 0 + 9);
    EXPECT_EQ(m.size, std::vector<double>{4});
    EXPECT_TRUE(m.converged);
}

TEST(Kmeans, AsManyClustersAsRows) {
    Points p = irises();
    p = rows_of(p, {0, 1, 50, 51, 100, 149, 70});
    const Kmeans m = kmeans(p, {.k = 7});
    EXPECT_EQ(m.wss, 0);
    EXPECT_EQ(m.size, std::vector<double>(7, 1));
    // Equally large clusters stand by centre.
    for (std::size_t c = 1; c < 7; ++c)
        EXPECT_TRUE(std::lexicographical_compare(m.centre.data() + c * 4 - 4, m.centre.data() + c * 4,
                                                 m.centre.data() + c * 4, m.centre.data() + c * 4 + 4));
    EXPECT_EQ(std::set<std::uint32_t>(m.label.begin(), m.label.end()).size(), 7U);
}

TEST(Kmeans, ConstantColumns) {
    const Kmeans m = kmeans(of_numbers(3, {5, 1, 7, 5, 2, 7, 5, 11, 7, 5, 12, 7, 5, 13, 7}), {.k = 2});
    EXPECT_EQ(m.centre, (std::vector<double>{5, 12, 7, 5, 1.5, 7}));
    EXPECT_EQ(m.wss, 2.5);
    const Error error = error_of(of_numbers(1, {4, 4, 4}), {.k = 2});
    EXPECT_STREQ(error.state(), sqlstate::invalid_parameter);
    EXPECT_EQ(error.detail(), "k is 2, and 1 of 3 rows are different.");
}

TEST(Kmeans, DifferentRowsAreCounted) {
    std::vector<double> number;
    for (int i = 0; i < 9000; ++i) number.push_back(i % 7);
    EXPECT_EQ(kmeans(of_numbers(1, number), {.k = 7}).wss, 0);
    EXPECT_EQ(error_of(of_numbers(1, number), {.k = 8}).detail(), "k is 8, and 7 of 9000 rows are different.");
    Points mixed = of_numbers(1, {1, 1, 1, 2});
    mixed.categories = 1, mixed.category = {1, 2, 1, 1}, mixed.levels = {3}, mixed.mismatch = 1;
    EXPECT_EQ(kmeans(mixed, {.k = 3}).wss, 0);
    EXPECT_EQ(error_of(mixed, {.k = 4}).detail(), "k is 4, and 3 of 4 rows are different.");
    EXPECT_EQ(error_of(Points{}, {.k = 1}).detail(), "k is 1, and 0 of 0 rows are different.");
}

TEST(Kmeans, OptionsHaveBounds) {
    for (const double tolerance : {-1e-9, 1.0, HUGE_VAL, std::nan("")})
        EXPECT_THROW(kmeans(irises(), {.k = 2, .tolerance = tolerance}), Error);
    for (const KmeansOptions options : {KmeansOptions{.k = 0},
                                        {.k = max_clusters + 1},
                                        {.restarts = 0},
                                        {.restarts = max_restarts + 1},
                                        {.max_iterations = 0}})
        EXPECT_STREQ(error_of(irises(), options).state(), sqlstate::invalid_parameter);
    EXPECT_EQ(error_of(irises(), {.k = -3}).detail(), "k is -3.");
}

TEST(Kmeans, NumbersBeyondTheRange) {
    for (const auto &number : {std::vector<double>{1e300, -1e300, 0, 1}, {1.7e308, 1.7e308, 1.7e308, 1.6e308}})
        for (int k = 1; k <= 3; ++k)
            EXPECT_STREQ(error_of(of_numbers(1, number), {.k = k}).state(), sqlstate::out_of_range);
    const Kmeans tiny = kmeans(of_numbers(1, {1e-140, 2e-140, 9e-140}), {.k = 2}); // far below a float
    EXPECT_EQ(tiny.label, (std::vector<std::uint32_t>{0, 0, 1}));
    const Kmeans huge = kmeans(of_numbers(1, {1e140, 2e140, 9e140}), {.k = 2}); // far above
    EXPECT_EQ(huge.label, (std::vector<std::uint32_t>{0, 0, 1}));
}

// Huang 1998: three kinds of customers, each with its own levels and numbers, a tenth of the levels at random.
TEST(Kmeans, MixedDataRecoversWhatWasPlanted) {
    Random random(5, 5);
    Points p;
    p.rows = 900, p.numbers = 2, p.categories = 4, p.levels = {5, 5, 5, 5}, p.mismatch = 1;
    for (std::size_t row = 0; row < p.rows; ++row) {
        const auto kind = static_cast<std::uint32_t>(row % 3);
        // Numbers tell the third kind from the others, categories the first two from each other.
        p.number.push_back((kind == 2 ? 3 : 0) + 0.5 * random.normal());
        p.number.push_back(0.5 * random.normal());
        for (std::uint32_t j = 0; j < 4; ++j)
            p.category.push_back(random.uniform() < 0.1 ? static_cast<std::uint32_t>(random.bits() % 5)
                                                        : 1 + (kind == 2 ? j % 2 : kind) + j % 2);
    }
    const Kmeans m = kmeans(p, {.k = 3});
    std::map<std::pair<std::size_t, std::uint32_t>, int> seen;
    for (std::size_t row = 0; row < p.rows; ++row) ++seen[{row % 3, m.label[row]}];
    int agreed = 0;
    for (std::size_t kind = 0; kind < 3; ++kind) {
        int most = 0;
        for (std::uint32_t c = 0; c < 3; ++c) most = std::max(most, seen[{kind, c}]);
        agreed += most;
    }
    EXPECT_GT(agreed, 880);
    expect_label_is_nearest(p, m);
}

TEST(Kmeans, CategoriesAlone) {
    Points p;
    p.rows = 6, p.categories = 2, p.levels = {4, 4}, p.mismatch = 2;
    p.category = {1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 0, 3};
    const Kmeans m = kmeans(p, {.k = 2});
    EXPECT_EQ(m.label, (std::vector<std::uint32_t>{0, 0, 0, 1, 1, 1}));
    EXPECT_EQ(m.mode, (std::vector<std::uint32_t>{1, 1, 3, 3}));
    EXPECT_EQ(m.wss, 4); // two rows differ from their modes in one category
}

// By the definition of Arthur and Vassilvitskii a row that is there already is never drawn again, and a far one nearly
// always; with weights the first row is drawn in proportion to them.
TEST(Kmeans, Seeding) {
    std::vector<double> number(10000, 0);
    number[4321] = 1000, number[9876] = -1000;
    const Points p = of_numbers(1, number);
    int heavy = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed, 0);
        const auto rows = kmeans_seed(p, 3, random, {});
        std::set<double> values;
        for (const std::size_t row : rows) values.insert(p.number[row]);
        EXPECT_EQ(values, (std::set<double>{-1000, 0, 1000}));
        EXPECT_EQ(kmeans_seed(p, 5, random, {}).size(), 3U);
    }
    Points weighted = of_numbers(1, {1, 2, 3});
    weighted.weight = {1, 8, 1};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Random random(seed, 1);
        heavy += kmeans_seed(weighted, 1, random, {})[0] == 1;
    }
    EXPECT_NEAR(heavy, 800, 4 * std::sqrt(1000 * 0.8 * 0.2));
}

// Many rows: started from a sample, and ended when the centres stand still.
TEST(Kmeans, ManyRows) {
    constexpr std::size_t rows = exact_rows + 20'000, k = 8, d = 4;
    Random random(3, 1);
    std::vector<double> planted, number;
    for (std::size_t i = 0; i < k * d; ++i) planted.push_back(6 * random.uniform());
    for (std::size_t i = 0; i < rows * d; ++i) number.push_back(planted[i / d % k * d + i % d] + random.normal() / 2);
    const Points points = of_numbers(d, std::move(number));
    // What the planted centres leave, which the best ones can only better.
    double within = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        double least = HUGE_VAL;
        for (std::size_t c = 0; c < k; ++c) least = std::min(least, square(points, row, &planted[c * d], nullptr));
        within += least;
    }
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
        const Kmeans found = kmeans(points, {.k = k, .seed = seed, .restarts = 1});
        EXPECT_TRUE(found.converged);
        EXPECT_LE(found.wss, within);
        // To the end, from where it was left: hardly any better.
        const Kmeans end = kmeans_from(points, k, found.centre, found.mode, 1000);
        EXPECT_TRUE(end.converged);
        EXPECT_NEAR(found.wss, end.wss, 1e-4 * end.wss);
        const Kmeans strict = kmeans(points, {.k = k, .seed = seed, .restarts = 1, .tolerance = 0});
        EXPECT_EQ(kmeans_from(points, k, strict.centre, strict.mode, 1).label, strict.label);
        EXPECT_EQ(kmeans(points, {.k = k, .seed = seed, .restarts = 1}).centre, found.centre);
        const Centres centres = centres_of(found, d, 0, 0);
        std::vector<double> squares(centres.padded());
        for (std::size_t row = 0; row < rows; row += 97)
            ASSERT_EQ(nearest(centres, points.numbers_of(row), nullptr, squares.data()).point, found.label[row]);
    }
    // Fewer different rows than clusters in a sample, enough in all.
    Points rare = of_numbers(1, std::vector<double>(rows, 1));
    for (std::size_t i = 0; i < 3; ++i) rare.number[i * 40'000] = 10 + 10 * static_cast<double>(i);
    EXPECT_EQ(kmeans(rare, {.k = 4, .restarts = 1}).wss, 0);
    EXPECT_THROW(kmeans(rare, {.k = 5, .restarts = 1}), Error);
}

TEST(Kmeans, CanBeCancelled) {
    static int left;
    const Poll poll([] {
        if (left-- == 0) throw Error("57014", "canceled");
    });
    int calls = 0;
    for (bool done = false; !done; ++calls) {
        left = calls;
        try {
            kmeans(irises(), {.k = 3, .restarts = 2}, poll);
            done = true;
        } catch (const Error &error) {
            ASSERT_STREQ(error.state(), "57014");
        }
    }
    EXPECT_GT(calls, 10);
}
