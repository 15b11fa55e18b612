#include "cluster/kmeans.hpp"
#include "cluster/kmeans_seed.hpp"
#include "cluster/lloyd.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <numeric>

namespace cd::cluster {

void check_option(const char *name, std::int64_t value, std::int64_t least, std::int64_t most, const char *hint) {
    if (value >= least && value <= most) return;
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + " must be between " + std::to_string(least) + " and " + std::to_string(most),
                std::string(name) + " is " + std::to_string(value) + ".", hint);
}

namespace {

constexpr std::size_t max_totals = std::size_t{1} << 26; // 16 bytes each, a gigabyte

// What the centres may still move when a start has settled, by the variance of some ten thousand rows; negative if it
// never does.
double still_movement(const Points &points, double tolerance) {
    if (points.rows <= exact_rows || tolerance == 0 || points.numbers == 0) return -1;
    const double *const origin = points.numbers_of(0);
    double weights = 0, variances = 0;
    std::vector<double> sum(points.numbers), squares(points.numbers);
    for (std::size_t row = 0; row < points.rows; row += points.rows / 10'000) {
        const double weight = points.weight_of(row), *const x = points.numbers_of(row);
        weights += weight;
        for (std::size_t j = 0; j < points.numbers; ++j) {
            sum[j] += weight * (x[j] - origin[j]);
            squares[j] += weight * (x[j] - origin[j]) * (x[j] - origin[j]);
        }
    }
    for (std::size_t j = 0; j < points.numbers; ++j)
        variances += std::max(0.0, squares[j] / weights - sum[j] / weights * (sum[j] / weights));
    return tolerance * variances / static_cast<double>(points.numbers);
}

// Where a start on many rows begins: at the best clusters of a sample (Bradley and Fayyad 1998), which costs less than
// to seed among all rows, ends in a bad place less often, and leaves few iterations to do. Nothing if the rows are few,
// or the sample has not as many different ones as there are clusters.
std::optional<Kmeans> sampled(const Points &points, std::size_t k, math::Random &random, Poll poll) {
    const std::size_t n = std::max<std::size_t>(10'000, 50 * k);
    if (points.rows <= exact_rows || n > exact_rows) return {};
    std::vector<std::size_t> rows(n);
    for (std::size_t &row : rows) row = random.bits() % points.rows;
    const Points sample = rows_of(points, rows, poll);
    KmeansOptions options;
    options.k = static_cast<int>(k);
    options.seed = random.bits();
    std::size_t distinct;
    return try_kmeans(sample, options, poll, distinct);
}

// A row in proportion to its weighted squared distance from its centre, where not all are 0.
std::size_t draw_far(const Points &points, const Kmeans &from, math::Random &random, Poll poll) {
    double left = random.uniform() * from.wss;
    std::size_t found = 0; // the last one that counts, should rounding leave a little at the end
    for (std::size_t row = 0; row < points.rows; ++row) {
        poll.every(row);
        const std::size_t c = from.label[row];
        const double mass = points.weight_of(row) * points.square(row, from.centre.data() + c * points.numbers,
                                                                  from.mode.data() + c * points.categories);
        if (!(mass > 0)) continue;
        found = row;
        if (left < mass) break;
        left -= mass;
    }
    return found;
}

} // namespace

Points rows_of(const Points &points, std::span<const std::size_t> rows, Poll poll) {
    Points some;
    some.rows = rows.size();
    some.numbers = points.numbers;
    some.categories = points.categories;
    some.levels = points.levels;
    some.mismatch = points.mismatch;
    some.number.reserve(rows.size() * points.numbers);
    some.category.reserve(rows.size() * points.categories);
    for (const std::size_t row : rows) {
        poll.every(row);
        some.number.insert(some.number.end(), points.numbers_of(row), points.numbers_of(row) + points.numbers);
        some.category.insert(some.category.end(), points.codes_of(row), points.codes_of(row) + points.categories);
        if (!points.weight.empty()) some.weight.push_back(points.weight[row]);
    }
    return some;
}

std::optional<Kmeans> try_kmeans(const Points &points, const KmeansOptions &options, Poll poll, std::size_t &distinct) {
    check_option("k", options.k, 1, max_clusters, "Few numbers are usual, 2 to 10; kmeans_scan compares them.");
    check_option("restarts", options.restarts, 1, max_restarts);
    check_option("max_iterations", options.max_iterations, 1, max_iterations);
    if (!(options.tolerance >= 0 && options.tolerance < 1))
        throw Error(sqlstate::invalid_parameter, "tolerance must be between 0 and 1",
                    "tolerance is " + std::to_string(options.tolerance) + ".", "Leave it out to have the usual value.");
    const auto k = static_cast<std::size_t>(options.k);
    const std::size_t width = std::accumulate(points.levels.begin(), points.levels.end(), points.numbers);
    if (k * width > max_totals)
        throw Error(sqlstate::program_limit, "too many clusters for so many columns and values of categories",
                    "k is " + std::to_string(k) + ", and there are " + std::to_string(width) + " of them.",
                    "Choose a smaller k, or group rare values into one.");
    const double still = still_movement(points, options.tolerance);
    std::optional<Kmeans> best;
    distinct = 0;
    if (points.rows == 0) return best;
    for (int restart = 0; restart < (k == 1 ? 1 : options.restarts); ++restart) {
        if (best && !(best->wss > 0)) break; // nothing is left to better
        math::Random random(options.seed, static_cast<std::uint64_t>(restart));
        std::vector<double> centre;
        std::vector<std::uint32_t> mode;
        const auto place = [&](std::size_t c, std::size_t row) {
            std::copy_n(points.numbers_of(row), points.numbers, centre.data() + c * points.numbers);
            std::copy_n(points.codes_of(row), points.categories, mode.data() + c * points.categories);
        };
        // Every second one goes on from the best so far, with a far row in the place of one of its centres (random
        // swaps, Fraenti 2018): it costs less than a start from nothing, and finds what those miss.
        if (restart % 2 == 1) {
            centre = best->centre;
            mode = best->mode;
            const auto gone = static_cast<std::size_t>(random.uniform() * static_cast<double>(k));
            place(gone, draw_far(points, *best, random, poll));
        } else if (std::optional<Kmeans> found = sampled(points, k, random, poll)) {
            centre = std::move(found->centre);
            mode = std::move(found->mode);
        } else {
            const std::vector<std::size_t> seeds = kmeans_seed(points, k, random, poll);
            distinct = seeds.size();
            if (distinct < k) return {};
            centre.resize(k * points.numbers);
            mode.resize(k * points.categories);
            for (std::size_t c = 0; c < k; ++c) place(c, seeds[c]);
        }
        const LloydOptions until{options.max_iterations, true, still};
        Kmeans found = lloyd(points, k, std::move(centre), std::move(mode), until, poll);
        if (!best || found.wss < best->wss) best = std::move(found);
    }
    return best;
}

Kmeans kmeans(const Points &points, const KmeansOptions &options, Poll poll) {
    std::size_t distinct;
    if (auto found = try_kmeans(points, options, poll, distinct)) return *std::move(found);
    throw Error(sqlstate::invalid_parameter, "there are fewer different rows than clusters",
                "k is " + std::to_string(options.k) + ", and " + std::to_string(distinct) + " of " +
                    std::to_string(points.rows) + " rows are different.",
                "Choose a smaller k.");
}

Kmeans kmeans_from(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode,
                   int most_iterations, Poll poll) {
    return lloyd(points, k, std::move(centre), std::move(mode), {.max_iterations = most_iterations}, poll);
}

Centres centres_of(const Kmeans &model, std::size_t numbers, std::size_t categories, double mismatch) {
    Centres centres(model.k, numbers, categories, mismatch);
    for (std::size_t c = 0; c < model.k; ++c)
        centres.set(c, model.centre.data() + c * numbers, model.mode.data() + c * categories);
    return centres;
}

} // namespace cd::cluster
