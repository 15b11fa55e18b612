#include "cluster/kmeans_scan.hpp"
#include "math/random.hpp"
#include <cmath>
#include <numeric>

namespace cd::cluster {

namespace {

// Streams of the seed, away from those of the restarts.
constexpr std::uint64_t sample_stream = 1 << 20, resample_stream = 1 << 21;

// Selection sampling (Knuth, The Art of Computer Programming 3.4.2, algorithm S): ascending, without repetition.
std::vector<std::size_t> draw_sample(std::size_t rows, std::size_t wanted, std::uint64_t seed, Poll poll) {
    math::Random random(seed, sample_stream);
    std::vector<std::size_t> sample;
    for (std::size_t row = 0; sample.size() < std::min(rows, wanted); ++row) {
        poll.every(row);
        const auto missing = static_cast<double>(wanted - sample.size());
        if (rows <= wanted || static_cast<double>(rows - row) * random.uniform() < missing) sample.push_back(row);
    }
    return sample;
}

std::vector<double> weights_of(const Points &points, const Partition &partition, Poll poll) {
    std::vector<double> weight(partition.k);
    for (std::size_t row = 0; row < points.rows; ++row) {
        poll.every(row);
        weight[partition.label[row]] += points.weight_of(row);
    }
    return weight;
}

// The silhouette of a row of cluster `own`, from its sums of distances to the members of each cluster.
double silhouette(std::span<const double> distance, std::span<const double> weight, std::size_t own) {
    if (weight[own] <= 1) return 0;
    const double a = distance[own] / (weight[own] - 1);
    double b = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < weight.size(); ++c)
        if (c != own && weight[c] > 0) b = std::min(b, distance[c] / weight[c]);
    return a == b ? 0 : (b - a) / std::max(a, b);
}

// Numbers of clusters are not chosen by what was given up.
void require_converged(const Kmeans &found, const char *where) {
    if (found.converged) return;
    throw Error(sqlstate::not_set_up, "the clusters for k = " + std::to_string(found.k) + " have not converged",
                std::string("A fit ") + where + " was given up after " + std::to_string(found.iterations) +
                    " iterations.",
                "Raise max_iterations.");
}

} // namespace

std::vector<std::optional<double>> silhouettes(const Points &points, std::span<const Partition> partitions, Poll poll) {
    Centres all(points.rows, points);
    for (std::size_t row = 0; row < points.rows; ++row) all.set(row, points.numbers_of(row), points.codes_of(row));
    std::vector<std::vector<double>> weights;
    std::size_t most = 0;
    for (const Partition &partition : partitions) {
        weights.push_back(weights_of(points, partition, poll));
        most = std::max(most, partition.k);
    }
    std::vector<double> distance(all.padded()), sums(most), total(partitions.size());
    for (std::size_t row = 0; row < points.rows; ++row) {
        poll();
        all.measure(points.numbers_of(row), points.codes_of(row), distance.data());
        for (std::size_t other = 0; other < points.rows; ++other)
            distance[other] = points.weight_of(other) * std::sqrt(distance[other]);
        for (std::size_t p = 0; p < partitions.size(); ++p) {
            const std::vector<std::uint32_t> &label = partitions[p].label;
            std::fill(sums.begin(), sums.end(), 0);
            for (std::size_t other = 0; other < points.rows; ++other) sums[label[other]] += distance[other];
            total[p] += points.weight_of(row) * silhouette(sums, weights[p], label[row]);
        }
    }
    std::vector<std::optional<double>> result(partitions.size());
    for (std::size_t p = 0; p < partitions.size(); ++p) {
        const auto occupied = std::count_if(weights[p].begin(), weights[p].end(), [](double w) { return w > 0; });
        if (occupied > 1) result[p] = total[p] / std::accumulate(weights[p].begin(), weights[p].end(), 0.0);
    }
    return result;
}

std::optional<double> calinski_harabasz(double total, double within, double n, std::size_t k) {
    const auto clusters = static_cast<double>(k);
    if (k < 2 || !(n > clusters) || !(within > 0)) return {};
    return (total - within) / (clusters - 1) / (within / (n - clusters));
}

std::optional<double> stability(const Points &points, const Partition &partition, const KmeansScanOptions &options,
                                Poll poll) {
    const std::size_t k = partition.k;
    if (k < 2) return {};
    const std::vector<double> weight = weights_of(points, partition, poll);
    const KmeansOptions fit{static_cast<int>(k), options.seed, options.restarts, options.max_iterations};
    double sum = 0;
    int counted = 0;
    for (int resample = 0; resample < options.resamples; ++resample) {
        math::Random random(options.seed, resample_stream + static_cast<std::uint64_t>(resample));
        std::vector<double> times(points.rows);
        for (std::size_t i = 0; i < points.rows; ++i) {
            poll.every(i);
            ++times[static_cast<std::size_t>(random.uniform() * static_cast<double>(points.rows))];
        }
        std::vector<std::size_t> rows;
        for (std::size_t row = 0; row < points.rows; ++row)
            if (times[row] > 0) rows.push_back(row);
        Points drawn = rows_of(points, rows, poll);
        drawn.weight.clear();
        for (const std::size_t row : rows) drawn.weight.push_back(times[row] * points.weight_of(row));
        std::size_t distinct;
        const std::optional<Kmeans> found = try_kmeans(drawn, fit, poll, distinct);
        if (!found) continue;
        require_converged(*found, "of a resample");
        ++counted;

        std::vector<double> both(k * k), before(k), after(k);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            poll.every(i);
            const std::size_t a = partition.label[rows[i]], b = found->label[i];
            const double w = points.weight_of(rows[i]);
            both[a * k + b] += w;
            before[a] += w;
            after[b] += w;
        }
        for (std::size_t a = 0; a < k; ++a) {
            double best = 0;
            for (std::size_t b = 0; b < k; ++b)
                if (const double common = both[a * k + b]; common > 0)
                    best = std::max(best, common / (before[a] + after[b] - common));
            sum += best;
        }
    }
    const auto clusters = std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0; });
    if (counted == 0) return {};
    return sum / counted / static_cast<double>(clusters);
}

std::vector<KmeansScan> kmeans_scan(const Points &points, const KmeansScanOptions &options, Poll poll) {
    check_option("k_min", options.k_min, 1, max_clusters);
    check_option("k_max", options.k_max, 1, max_clusters);
    if (options.k_max < options.k_min)
        throw Error(sqlstate::invalid_parameter, "k_max is less than k_min",
                    "k_min is " + std::to_string(options.k_min) + ", k_max is " + std::to_string(options.k_max) + ".",
                    "Give the smaller number first.");
    check_option("resamples", options.resamples, 0, 1000);
    check_option("sample_rows", options.sample_rows, 2, 100'000);
    const auto fit = [&](int k) {
        return kmeans(points, {k, options.seed, options.restarts, options.max_iterations}, poll);
    };
    const Kmeans whole = fit(1);
    const auto wanted = static_cast<std::size_t>(options.sample_rows);
    const std::vector<std::size_t> rows = draw_sample(points.rows, wanted, options.seed, poll);
    std::vector<KmeansScan> scans;
    std::vector<Partition> partitions;
    for (int k = options.k_min; k <= options.k_max; ++k) {
        const Kmeans model = fit(k);
        require_converged(model, "of all rows");
        scans.push_back({k, model.wss, {}, calinski_harabasz(whole.wss, model.wss, whole.size[0], model.k), {}});
        partitions.push_back({model.k, {}});
        for (const std::size_t row : rows) partitions.back().label.push_back(model.label[row]);
    }
    const Points sample = rows_of(points, rows, poll);
    const auto silhouette = silhouettes(sample, partitions, poll);
    for (std::size_t i = 0; i < scans.size(); ++i) {
        scans[i].silhouette = silhouette[i];
        scans[i].stability = stability(sample, partitions[i], options, poll);
    }
    return scans;
}

} // namespace cd::cluster
