#include "cluster/kmeans_model.hpp"
#include <cfloat>

namespace cd::cluster {

namespace {

constexpr std::uint8_t version = 1;

} // namespace

KmeansModel::KmeansModel(const dataset::View &view, Scale scale, const KmeansOptions &options, Poll poll)
    : inputs_(inputs_of(view, scale, poll)), scale_(scale) {
    const Points points = points_of(view, inputs_, poll);
    Kmeans found = kmeans(points, options, poll);
    profile_ = profile_of(inputs_, found.totals);
    centre_ = std::move(found.centre);
    mode_ = std::move(found.mode);
    wss_ = found.wss;
    iterations_ = static_cast<std::uint64_t>(found.iterations);
    converged_ = found.converged;
    set_centres();
}

KmeansModel::KmeansModel(Bytes flat) {
    Reader reader(flat, type);
    reader.version(version);
    const auto scale = reader.fixed<std::uint8_t>();
    reader.require(scale <= static_cast<std::uint8_t>(Scale::robust), "Its scale is unknown.");
    scale_ = static_cast<Scale>(scale);
    read_inputs(reader, inputs_);
    const std::size_t clusters = reader.varint(static_cast<std::uint64_t>(max_clusters));
    reader.require(clusters > 0, "It has no clusters.");
    read_profile(reader, inputs_, clusters, profile_);
    centre_ = read_doubles(reader, clusters * inputs_.numbers());
    for (std::size_t c = 0; c < clusters; ++c)
        for (const dataset::Column &column : inputs_.columns)
            if (column.is_category()) mode_.push_back(static_cast<std::uint32_t>(reader.varint(column.levels.size())));
    wss_ = read_doubles(reader, 1)[0];
    iterations_ = reader.varint(INT64_MAX);
    const auto converged = reader.fixed<std::uint8_t>();
    reader.require(converged <= 1, "A flag is unknown.");
    converged_ = converged;
    reader.end();
    set_centres();
}

std::size_t KmeansModel::room() const {
    return 2 + inputs_room(inputs_) + profile_room(profile_) + sizeof(double) * (centre_.size() + 1) +
           max_varint * (mode_.size() + 2) + 1;
}

std::uint8_t *KmeansModel::put(std::uint8_t *to) const {
    *to++ = version;
    *to++ = static_cast<std::uint8_t>(scale_);
    to = put_inputs(inputs_, to);
    to = put_varint(to, clusters());
    to = put_profile(inputs_, profile_, to);
    to = put_doubles(centre_, to);
    for (const std::uint32_t level : mode_) to = put_varint(to, level);
    to = put_fixed(to, wss_);
    to = put_varint(to, iterations_);
    *to++ = converged_;
    return to;
}

void KmeansModel::set_centres() {
    const std::size_t numbers = inputs_.numbers(), categories = inputs_.categories();
    centres_.emplace(clusters(), numbers, categories, inputs_.mismatch);
    for (std::size_t c = 0; c < clusters(); ++c)
        if (profile_.rows[c] > 0) centres_->set(c, centre_.data() + c * numbers, mode_.data() + c * categories);
    number_.resize(numbers);
    category_.resize(categories);
    squares_.resize(centres_->padded());
}

Nearest KmeansModel::nearest(const double *features) {
    inputs_.point(features, number_.data(), category_.data());
    const Nearest found = cluster::nearest(*centres_, number_.data(), category_.data(), squares_.data());
    if (!(found.square <= DBL_MAX)) refuse_far();
    return found;
}

void KmeansModel::tell(Json &json, Poll poll) const {
    json.begin_object().key("type").text(type).key("scale").text(name_of(scale_));
    json.key("wss").number(wss_).key("iterations").integer(iterations_).key("converged").boolean(converged_);
    tell_inputs(inputs_, json);
    tell_profile(inputs_, profile_, json, poll);
    json.end_object();
}

} // namespace cd::cluster
