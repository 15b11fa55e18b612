#include "cluster/gmm_model.hpp"
#include "cluster/kmeans.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::cluster {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t max_shape = std::size_t{1} << 26; // numbers in all covariances: half a gigabyte
constexpr const char *covariances[] = {"full", "diagonal"};

// The inverse of A'A, for a lower triangle A: B B' with B the inverse of A. Row by row, as both are stored.
std::vector<double> covariance_of(const double *whitener, std::size_t d, Poll poll) {
    std::vector<double> inverse(d * d), covariance(d * d);
    for (std::size_t i = 0; i < d; ++i) {
        poll();
        const double *const a = whitener + i * d;
        double *const row = inverse.data() + i * d;
        for (std::size_t j = 0; j < i; ++j) {
            const double *const above = inverse.data() + j * d;
            for (std::size_t l = 0; l <= j; ++l) row[l] -= a[j] * above[l];
        }
        row[i] = 1;
        for (std::size_t l = 0; l <= i; ++l) row[l] /= a[i];
    }
    for (std::size_t i = 0; i < d; ++i) {
        poll();
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t l = 0; l <= j; ++l) sum += inverse[i * d + l] * inverse[j * d + l];
            covariance[i * d + j] = covariance[j * d + i] = sum;
        }
    }
    return covariance;
}

} // namespace

Covariance covariance_named(std::string_view name) {
    for (std::size_t i = 0; i < std::size(covariances); ++i)
        if (name == covariances[i]) return static_cast<Covariance>(i);
    throw Error(sqlstate::invalid_parameter, "unknown covariance \"" + std::string(name) + "\"", "",
                "Known are 'full' and 'diagonal'.");
}
const char *name_of(Covariance covariance) { return covariances[static_cast<std::size_t>(covariance)]; }

GmmModel::GmmModel(const dataset::View &view, const GmmOptions &options, Poll poll) : covariance_(options.covariance) {
    if (options.covariance == Covariance::full)
        require_numbers(view, "gmm_fit", max_matrix, "or fit with covariance => 'diagonal'");
    else
        require_numbers(view, "gmm_fit", dataset::max_columns);
    const std::size_t d = view.features(), shape = options.covariance == Covariance::full ? d * d : d;
    // Before k-means has taken its time. What is larger could not be stored either.
    if (options.k > 0 && static_cast<std::size_t>(options.k) * shape > max_shape)
        throw Error(sqlstate::program_limit, "the covariances of so many clusters are too large",
                    "k is " + std::to_string(options.k) + ", and there are " + std::to_string(d) + " features.",
                    "Choose a smaller k, fewer features, or covariance => 'diagonal'.");
    inputs_ = inputs_of(view, Scale::zscore, poll);
    const Points points = points_of(view, inputs_, poll);
    KmeansOptions start;
    start.k = options.k;
    start.seed = options.seed;
    Kmeans begin = kmeans(points, start, poll);
    const Gmm found = gmm(points, begin.label, options, poll);
    weight_ = found.weight;
    mean_ = found.mean;
    whitener_ = found.whitener;
    iterations_ = found.iterations;
    converged_ = found.converged;
    // The density of the features is that of the coordinates divided by the scales.
    double weights = 0, log_scale = 0;
    for (std::size_t i = 0; i < points.rows; ++i) {
        poll.every(i);
        weights += points.weight_of(i);
    }
    for (const Input &input : inputs_.inputs) log_scale += math::log(input.scale);
    log_likelihood_ = found.log_likelihood - weights * log_scale;
    bic_ = found.bic + 2 * weights * log_scale;
    profile_.rows.resize(found.components); // so many clusters
    set_density();
    // Rows belong to the cluster that is most probable for them.
    std::vector<std::uint32_t> &label = begin.label;
    for (std::size_t i = 0; i < points.rows; ++i) {
        poll.every(i);
        std::copy_n(points.numbers_of(i), points.numbers, number_.begin());
        look();
        label[i] = static_cast<std::uint32_t>(best());
    }
    profile_ = profile_of(inputs_, totals_of(points, label, found.components, poll));
}

GmmModel::GmmModel(Bytes flat) {
    Reader reader(flat, type);
    reader.version(version);
    const auto covariance = reader.fixed<std::uint8_t>();
    reader.require(covariance < std::size(covariances), "Its covariance is unknown.");
    covariance_ = static_cast<Covariance>(covariance);
    read_inputs(reader, inputs_);
    reader.require(inputs_.categories() == 0, "It has categories.");
    const std::size_t clusters = reader.varint(static_cast<std::uint64_t>(max_clusters)), d = inputs_.numbers();
    reader.require(clusters > 0, "It has no clusters.");
    read_profile(reader, inputs_, clusters, profile_);
    weight_ = read_doubles(reader, clusters);
    for (const double weight : weight_) reader.require(weight >= 0, "A weight is negative.");
    mean_ = read_doubles(reader, clusters * d);
    if (covariance_ == Covariance::full) {
        reader.require(d <= max_matrix, "It has too many features.");
        // All triangles must be there before room is made for the squares that hold them.
        reader.require(clusters * (d * (d + 1) / 2) <= reader.left() / sizeof(double), "It ends too early.");
        whitener_.assign(clusters * d * d, 0);
        for (std::size_t row = 0; row < clusters * d; ++row) {
            const std::vector<double> triangle = read_doubles(reader, row % d + 1);
            std::copy(triangle.begin(), triangle.end(), whitener_.begin() + static_cast<std::ptrdiff_t>(row * d));
            reader.require(triangle.back() > 0, "A covariance is not positive.");
        }
    } else {
        whitener_ = read_doubles(reader, clusters * d);
        for (const double value : whitener_) reader.require(value > 0, "A variance is not positive.");
    }
    const std::vector<double> values = read_doubles(reader, 2);
    log_likelihood_ = values[0];
    bic_ = values[1];
    iterations_ = reader.varint(INT64_MAX);
    const auto converged = reader.fixed<std::uint8_t>();
    reader.require(converged <= 1, "A flag is unknown.");
    converged_ = converged;
    reader.end();
    set_density();
}

std::size_t GmmModel::room() const {
    return 2 + inputs_room(inputs_) + profile_room(profile_) +
           sizeof(double) * (weight_.size() + mean_.size() + whitener_.size() + 2) + 2 * max_varint + 1;
}

std::uint8_t *GmmModel::put(std::uint8_t *to) const {
    const std::size_t d = inputs_.numbers();
    *to++ = version;
    *to++ = static_cast<std::uint8_t>(covariance_);
    to = put_inputs(inputs_, to);
    to = put_varint(to, clusters());
    to = put_profile(inputs_, profile_, to);
    to = put_doubles(weight_, to);
    to = put_doubles(mean_, to);
    if (covariance_ == Covariance::full)
        for (std::size_t row = 0; row < clusters() * d; ++row)
            to = put_doubles(std::span(whitener_).subspan(row * d, row % d + 1), to);
    else
        to = put_doubles(whitener_, to);
    to = put_fixed(to, log_likelihood_);
    to = put_fixed(to, bic_);
    to = put_varint(to, iterations_);
    *to++ = converged_;
    return to;
}

void GmmModel::set_density() {
    Gmm mixture;
    mixture.components = clusters();
    mixture.columns = inputs_.numbers();
    mixture.kind = covariance_;
    mixture.weight = weight_;
    mixture.whitener = whitener_;
    offset_ = gmm_offset(mixture);
    number_.resize(inputs_.numbers());
    joint_.resize(clusters());
    probability_.resize(clusters());
}

void GmmModel::look() {
    const GmmDensity density{clusters(),   inputs_.numbers(), covariance_,
                             mean_.data(), whitener_.data(),  offset_.data()};
    gmm_posterior(density, number_.data(), joint_.data(), probability_.data());
}

// By the joint density: far from all clusters, where one has all the probability, it still tells them apart.
std::size_t GmmModel::best() const {
    return static_cast<std::size_t>(std::max_element(joint_.begin(), joint_.end()) - joint_.begin());
}

std::span<const double> GmmModel::probabilities(const double *features) {
    inputs_.point(features, number_.data(), nullptr);
    look();
    return probability_;
}

std::size_t GmmModel::most_probable(const double *features) {
    probabilities(features);
    return best();
}

double GmmModel::distance(std::size_t cluster) const {
    return std::sqrt(std::max(0.0, 2 * (offset_[cluster] - joint_[cluster])));
}

void GmmModel::tell(Json &json, Poll poll) const {
    json.begin_object().key("type").text(type).key("covariance").text(name_of(covariance_));
    json.key("log_likelihood").number(log_likelihood_).key("bic").number(bic_);
    json.key("iterations").integer(iterations_).key("converged").boolean(converged_);
    tell_inputs(inputs_, json);
    tell_profile(inputs_, profile_, json, poll);
    const std::size_t d = inputs_.numbers();
    json.key("components").begin_array();
    for (std::size_t c = 0; c < clusters(); ++c) {
        json.begin_object().key("weight").number(weight_[c]).key("mean").begin_array();
        for (std::size_t i = 0; i < d; ++i) json.number(inputs_.inputs[i].raw(mean_[c * d + i]));
        json.end_array().key("covariance").begin_array();
        const auto scale = [this](std::size_t i) { return inputs_.inputs[i].scale; };
        if (covariance_ == Covariance::full) {
            const std::vector<double> covariance = covariance_of(whitener_.data() + c * d * d, d, poll);
            for (std::size_t i = 0; i < d; ++i) {
                poll();
                json.begin_array();
                for (std::size_t j = 0; j < d; ++j) json.number(covariance[i * d + j] * scale(i) * scale(j));
                json.end_array();
            }
        } else {
            for (std::size_t i = 0; i < d; ++i) {
                const double sd = scale(i) / whitener_[c * d + i];
                json.number(sd * sd);
            }
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
}

} // namespace cd::cluster
