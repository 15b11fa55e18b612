#include "churn/churn_model.hpp"
#include "math/log_odds.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cmath>

namespace cd::churn {

using learn::Node, learn::Tree;

namespace {

constexpr std::uint8_t version = 1;

} // namespace

// Two sums of the words of the content, each mixed in its own way. They find values that are the same, no forgeries.
std::array<std::uint8_t, ChurnModel::identity> ChurnModel::identity_of(Bytes content) {
    std::uint64_t sums[] = {content.size(), ~content.size()};
    for (std::size_t i = 0; i < content.size(); i += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, content.data() + i, std::min(sizeof word, content.size() - i));
        sums[0] = math::mix(sums[0] ^ word);
        sums[1] = math::mix(sums[1] + word) * 0x9e3779b97f4a7c15;
    }
    std::array<std::uint8_t, identity> head{version};
    std::memcpy(head.data() + 1, sums, sizeof sums);
    return head;
}

const char *name_of(Algorithm algorithm) {
    switch (algorithm) {
    case Algorithm::logistic: return "logistic";
    case Algorithm::tree: return "tree";
    case Algorithm::forest: return "forest";
    case Algorithm::boosting: break;
    }
    return "boosting";
}

Algorithm algorithm_named(std::string_view name) {
    for (std::uint8_t i = 0; i < count(Algorithm{}); ++i)
        if (name == name_of(static_cast<Algorithm>(i))) return static_cast<Algorithm>(i);
    throw Error(sqlstate::invalid_parameter, "algorithm \"" + std::string(name) + "\" is not known", "",
                "Say boosting, forest, tree or logistic.");
}

// --- What is stored ---

template <class A> void describe(A &a, Option &option) {
    a("name", option.name);
    a("value", option.value);
}
template <class A> void describe(A &a, Fitted &fitted) {
    a("algorithm", fitted.algorithm);
    a("label", fitted.label);
    a("rows", fitted.rows);
    a("weight", fitted.weight);
    a("positives", fitted.positives);
    a("options", fitted.options);
    a("converged", fitted.converged);
    if (fitted.algorithm == Algorithm::logistic) {
        a("iterations", fitted.iterations);
        a("separating", fitted.separating);
        a("log_likelihood", fitted.log_likelihood);
        a("null_log_likelihood", fitted.null_log_likelihood);
        a("coefficients", fitted.coefficients);
        a("linear", fitted.linear);
    } else {
        a("held_out_rows", fitted.held_out_rows);
        a("held_out_loss", fitted.held_out_loss);
        a("ensemble", fitted.ensemble);
    }
    a("calibration", fitted.calibration);
}

namespace {

// A column as JSON has it.
struct Feature {
    std::string name;
    dataset::Kind kind = dataset::Kind::number;
    std::vector<std::string> values; // of a category
};
template <class A> void describe(A &a, Feature &feature) {
    bool categorical = feature.kind == dataset::Kind::category;
    a("name", feature.name);
    a("categorical", categorical);
    if (categorical) a("values", feature.values);
    if constexpr (A::reads) feature.kind = categorical ? dataset::Kind::category : dataset::Kind::number;
}

struct Told {
    std::string type = ChurnModel::type;
    std::vector<Feature> features;
    Fitted fitted;
};
template <class A> void describe(A &a, Told &told) {
    a("type", told.type);
    a("features", told.features);
    a("model", told.fitted);
}

} // namespace

ChurnModel::ChurnModel(dataset::Columns columns, Fitted fitted, Poll poll)
    : columns_(std::move(columns)), fitted_(std::move(fitted)), poll_(poll) {}

ChurnModel::ChurnModel(Bytes flat, Poll poll) : poll_(poll) {
    Reader reader(flat, type);
    reader.version(version);
    reader.take(identity - 1);
    reader.require(std::ranges::equal(flat.first(identity), identity_of(flat.subspan(identity))),
                   "Its hash is another one.");
    dataset::read_columns(reader, columns_, poll);
    Get get(reader, poll);
    get.value(fitted_);
    reader.end();
    if (const char *const wrong = fault(poll)) reader.refuse(wrong);
}

ChurnModel::ChurnModel(const JsonValue &json, Poll poll) : poll_(poll) {
    Told told;
    Hear hear(json, type, poll);
    describe(hear, told);
    hear.end();
    if (told.type != type) hear.refuse("Its type is \"" + told.type + "\".");
    if (told.features.size() > dataset::max_columns) hear.refuse("It has too many features.");
    dataset::Levels names(columns_.get_allocator());
    for (const Feature &feature : told.features) {
        if (feature.name.empty()) hear.refuse("A feature has no name.");
        if (names.add(feature.name) != columns_.size() + 1) hear.refuse("Two features have one name.");
        dataset::Column &column = columns_.emplace_back(feature.name, feature.kind);
        for (const std::string &value : feature.values) {
            const std::uint32_t known = column.levels.size();
            if (column.levels.add(value) <= known) hear.refuse("A feature has a value twice.");
        }
    }
    fitted_ = std::move(told.fitted);
    if (const char *const wrong = fault(poll)) hear.refuse(wrong);
}

const char *ChurnModel::fault(Poll poll) const {
    if (columns_.empty()) return "It has no features.";
    if (!(fitted_.positives >= 0 && fitted_.positives <= fitted_.weight)) return "Its numbers of rows do not agree.";
    if (is_linear()) {
        if (const char *const wrong = learn::fault(fitted_.linear, columns_)) return wrong;
    } else {
        if (const char *const wrong = learn::fault(fitted_.ensemble, columns_, poll)) return wrong;
        if (fitted_.algorithm == Algorithm::tree && fitted_.ensemble.trees.size() != 1) return "It is not one tree.";
    }
    return learn::fault(fitted_.calibration);
}

std::size_t ChurnModel::room() const {
    Measure measure;
    measure.value(fitted_);
    return identity + dataset::columns_room(columns_) + measure.size;
}

std::uint8_t *ChurnModel::put(std::uint8_t *to) const {
    std::uint8_t *const content = to + identity;
    Put put(dataset::put_columns(columns_, content));
    put.value(fitted_);
    std::ranges::copy(identity_of({content, put.to}), to);
    return put.to;
}

void ChurnModel::tell(Json &json, Poll poll) const {
    Tell tell(json, poll);
    Told told;
    for (const dataset::Column &column : columns_) {
        Feature &feature = told.features.emplace_back();
        feature.name = column.name;
        feature.kind = column.kind;
        for (std::uint32_t code = 1; code <= column.levels.size(); ++code)
            feature.values.emplace_back(column.levels[code]);
    }
    json.begin_object();
    tell("type", told.type);
    tell("features", told.features);
    tell("model", fitted_);
    json.end_object();
}

// --- What it says ---

double ChurnModel::raw_score(const double *features) {
    double score;
    if (is_linear())
        score = fitted_.linear.score(features);
    else {
        if (!predictor_) predictor_ = std::make_unique<learn::Predictor>(columns_, fitted_.ensemble, poll_);
        score = predictor_->score(features);
    }
    if (!(std::abs(score) <= learn::largest))
        throw Error(sqlstate::out_of_range, "the score of the row is out of range",
                    "A feature times its coefficient is beyond double precision.",
                    "Give numbers of the size that the model was fitted with.");
    return score;
}

double ChurnModel::probability_of(double score) const { return math::probability(fitted_.calibration.log_odds(score)); }

double ChurnModel::probability(const double *features) { return probability_of(raw_score(features)); }

double ChurnModel::contributions(const double *features, std::vector<double> &to) {
    to.resize(columns_.size());
    double base, score;
    if (is_linear()) {
        score = raw_score(features);
        base = fitted_.linear.base;
        for (std::size_t f = 0; f < to.size(); ++f) to[f] = fitted_.linear.effects[f].of(features[f]);
    } else {
        if (!shap_) shap_ = std::make_unique<learn::TreeShap>(columns_, fitted_.ensemble, poll_);
        shap_->contributions(features, to.data());
        base = shap_->base();
        score = raw_score(features);
    }
    return learn::calibrate_contributions(fitted_.calibration, base, score, to);
}

std::vector<ChurnModel::Importance> ChurnModel::importance() const {
    std::vector<Importance> all(columns_.size());
    for (std::size_t f = 0; f < fitted_.linear.effects.size(); ++f) all[f].share = fitted_.linear.effects[f].importance;
    for (const Tree &tree : fitted_.ensemble.trees)
        for (const Node &node : tree.nodes) {
            if (node.is_leaf()) continue;
            all[node.feature].share += node.gain;
            ++all[node.feature].splits;
        }
    double total = 0;
    for (const Importance &one : all) total += one.share;
    for (Importance &one : all) one.share = total > 0 ? one.share / total : 0;
    return all;
}

void ChurnModel::recalibrate(const learn::Judged &judged, Poll poll) {
    fitted_.calibration = learn::recalibrate(fitted_.calibration, judged, poll);
}

} // namespace cd::churn
