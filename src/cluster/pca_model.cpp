#include "cluster/pca_model.hpp"

namespace cd::cluster {

namespace {

constexpr std::uint8_t version = 1;

} // namespace

PcaModel::PcaModel(const dataset::View &view, int components, Scale scale, Poll poll) : scale_(scale) {
    require_numbers(view, "pca_fit", max_eigen);
    inputs_ = inputs_of(view, scale, poll);
    Pca found = pca(points_of(view, inputs_, poll), components, poll);
    mean_ = std::move(found.mean);
    loading_ = std::move(found.loading);
    variance_ = std::move(found.variance);
    total_ = found.total_variance;
    number_.resize(inputs_.numbers());
    score_.resize(variance_.size());
}

PcaModel::PcaModel(Bytes flat) {
    Reader reader(flat, type);
    reader.version(version);
    const auto scale = reader.fixed<std::uint8_t>();
    reader.require(scale <= static_cast<std::uint8_t>(Scale::robust), "Its scale is unknown.");
    scale_ = static_cast<Scale>(scale);
    read_inputs(reader, inputs_);
    reader.require(inputs_.categories() == 0, "It has categories.");
    const std::size_t d = inputs_.numbers(), components = reader.varint(d);
    reader.require(d <= max_eigen, "It has too many features.");
    reader.require(components > 0, "It has no components.");
    mean_ = read_doubles(reader, d);
    loading_ = read_doubles(reader, components * d);
    variance_ = read_doubles(reader, components);
    for (const double variance : variance_) reader.require(variance >= 0, "A variance is negative.");
    total_ = read_doubles(reader, 1)[0];
    reader.require(total_ >= 0, "A variance is negative.");
    reader.end();
    number_.resize(d);
    score_.resize(components);
}

std::size_t PcaModel::room() const {
    return 2 + inputs_room(inputs_) + max_varint +
           sizeof(double) * (mean_.size() + loading_.size() + variance_.size() + 1);
}

std::uint8_t *PcaModel::put(std::uint8_t *to) const {
    *to++ = version;
    *to++ = static_cast<std::uint8_t>(scale_);
    to = put_inputs(inputs_, to);
    to = put_varint(to, components());
    to = put_doubles(mean_, to);
    to = put_doubles(loading_, to);
    to = put_doubles(variance_, to);
    return put_fixed(to, total_);
}

std::span<const double> PcaModel::scores(const double *features) {
    inputs_.point(features, number_.data(), nullptr);
    pca_scores(components(), number_.size(), mean_.data(), loading_.data(), number_.data(), score_.data());
    for (const double score : score_)
        if (!(score - score == 0)) refuse_far();
    return score_;
}

void PcaModel::tell(Json &json, Poll poll) const {
    json.begin_object().key("type").text(type).key("scale").text(name_of(scale_)).key("total_variance").number(total_);
    tell_inputs(inputs_, json);
    json.key("components").begin_array();
    for (std::size_t c = 0; c < components(); ++c) {
        poll();
        json.begin_object().key("variance").number(variance_[c]).key("share").number(share(c)).key("loadings");
        json.begin_object();
        for (std::size_t f = 0; f < columns().size(); ++f) json.key(columns()[f].name).number(loading(c, f));
        json.end_object().end_object();
    }
    json.end_array().end_object();
}

} // namespace cd::cluster
