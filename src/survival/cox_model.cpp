#include "survival/cox_model.hpp"
#include "survival/survival.hpp"
#include <algorithm>
#include <cmath>

namespace cd::survival {

using dataset::Column;

namespace {

constexpr std::uint8_t version = 1;

// A number that need not be there, none of which is negative.
double stored(const std::optional<double> &value) { return value.value_or(-1); }
std::optional<double> read_optional(Reader &reader, double value) {
    if (value == -1) return {};
    reader.require(value >= 0, "A statistic is negative.");
    return value;
}

// Steps of about the same size, the last one included, at which the sum is right.
void thin_out(std::vector<double> &time, std::vector<double> &hazard, std::size_t most) {
    if (time.size() <= most) return;
    const double step = hazard.back() / static_cast<double>(most);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < time.size(); ++i) {
        if (i + 1 < time.size() && hazard[i] < step * static_cast<double>(kept + 1)) continue;
        time[kept] = time[i];
        hazard[kept++] = hazard[i];
    }
    time.resize(kept);
    hazard.resize(kept);
}

} // namespace

void check_horizon_since(double horizon, double since) {
    check_time(horizon, "horizon");
    check_time(since, "since");
    if (since > horizon)
        throw Error(sqlstate::invalid_parameter, "since must not be after horizon",
                    "since is " + digits(since) + ", horizon is " + digits(horizon) + ".",
                    "Both count from the beginning: since => tenure, horizon => tenure + 90.");
}

CoxModel::CoxModel(const dataset::View &view, std::string_view duration, std::string_view entry,
                   const CoxOptions &options, Poll poll)
    : ties_(options.ties) {
    check_options(options);
    CoxDesign design = cox_design(view, duration, entry, poll);
    CoxFit fit = cox(design.rows, options, poll);
    for (std::size_t j = 0; j < fit.terms.size(); ++j) {
        const CoxTerm &term = fit.terms[j];
        terms_.push_back({term.status, design.mean[j], term.estimate / design.scale[j],
                          term.std_error / design.scale[j], term.proportional});
    }
    columns_ = std::move(design.columns);
    summary_ = {design.rows.rows(),       design.skipped,         design.events,   fit.null_log_likelihood,
                fit.log_likelihood,       fit.degrees_of_freedom, fit.concordance, fit.proportional,
                fit.proportional_degrees, fit.iterations,         fit.converged};
    longest_ = design.rows.duration.front();
    time_ = std::move(fit.time);
    hazard_ = std::move(fit.hazard);
    thin_out(time_, hazard_, max_times);
    set_first_terms();
}

CoxModel::CoxModel(Bytes flat) {
    Reader reader(flat, type);
    reader.version(version);
    const auto ties = reader.fixed<std::uint8_t>(), converged = reader.fixed<std::uint8_t>();
    reader.require(ties <= static_cast<std::uint8_t>(Ties::breslow), "Its ties are unknown.");
    reader.require(converged <= 1, "A flag is unknown.");
    ties_ = static_cast<Ties>(ties);
    dataset::read_columns(reader, columns_);
    reader.require(!columns_.empty(), "It has no features.");
    for (const Column &column : columns_)
        reader.require(!column.is_category() || column.levels.size() > 0, "A category has no values.");
    const std::size_t terms = terms_of(columns_);
    reader.require(terms <= max_terms, "It has too many terms.");
    for (std::size_t j = 0; j < terms; ++j) {
        const auto status = reader.fixed<std::uint8_t>();
        reader.require(status <= static_cast<std::uint8_t>(Status::infinite), "A status is unknown.");
        const std::vector<double> v = read_doubles(reader, 4);
        reader.require(v[2] >= 0, "A standard error is negative.");
        reader.require(status != static_cast<std::uint8_t>(Status::aliased) || v[1] == 0, "An aliased term counts.");
        terms_.push_back({static_cast<Status>(status), v[0], v[1], v[2], read_optional(reader, v[3])});
    }
    const std::uint64_t rows = reader.varint(UINT32_MAX), skipped = reader.varint(INT64_MAX),
                        events = reader.varint(rows);
    const std::vector<double> v = read_doubles(reader, 6);
    const std::uint64_t degrees = reader.varint(terms), iterations = reader.varint(INT32_MAX);
    summary_ = {
        rows,    skipped,    events,        v[0], v[1], v[2], read_optional(reader, v[3]), read_optional(reader, v[4]),
        degrees, iterations, converged == 1};
    longest_ = v[5];
    reader.require(longest_ >= 0 && v[2] >= 0, "A statistic is negative.");
    const std::size_t times = reader.varint(max_times);
    time_ = read_doubles(reader, times);
    hazard_ = read_doubles(reader, times);
    reader.end();
    for (std::size_t i = 0; i < times; ++i)
        reader.require(time_[i] >= 0 && hazard_[i] >= 0 && time_[i] <= longest_ &&
                           (i == 0 || (time_[i] > time_[i - 1] && hazard_[i] >= hazard_[i - 1])),
                       "The course of the hazard does not ascend.");
    set_first_terms();
}

std::size_t CoxModel::room() const {
    return 3 + dataset::columns_room(columns_) + terms_.size() * (1 + 4 * sizeof(double)) + 6 * max_varint +
           (6 + 2 * time_.size()) * sizeof(double);
}

std::uint8_t *CoxModel::put(std::uint8_t *to) const {
    *to++ = version;
    *to++ = static_cast<std::uint8_t>(ties_);
    *to++ = summary_.converged;
    to = dataset::put_columns(columns_, to);
    for (const Term &term : terms_) {
        *to++ = static_cast<std::uint8_t>(term.status);
        to = put_doubles(
            std::initializer_list<double>{term.mean, term.estimate, term.std_error, stored(term.proportional)}, to);
    }
    to = put_varint(put_varint(put_varint(to, summary_.rows), summary_.skipped), summary_.events);
    to = put_doubles(std::initializer_list<double>{summary_.null_log_likelihood, summary_.log_likelihood,
                                                   summary_.degrees_of_freedom, stored(summary_.concordance),
                                                   stored(summary_.proportional), longest_},
                     to);
    to = put_varint(put_varint(to, summary_.proportional_degrees), summary_.iterations);
    to = put_varint(to, time_.size());
    return put_doubles(hazard_, put_doubles(time_, to));
}

void CoxModel::set_first_terms() {
    std::size_t next = 0;
    for (const Column &column : columns_) {
        first_.push_back(next);
        for (std::size_t end = next + terms_of(column); next < end; ++next)
            if (column.is_category()) of_means_ += terms_[next].estimate * terms_[next].mean;
    }
}

std::string CoxModel::term_name(std::size_t term) const {
    const auto c = static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), term) - first_.begin()) - 1;
    const std::string name(columns_[c].name);
    if (!columns_[c].is_category()) return name;
    return name + " = " + std::string(columns_[c].levels[static_cast<std::uint32_t>(term - first_[c] + 2)]);
}

std::optional<std::size_t> CoxModel::infinite_term() const {
    const auto found =
        std::find_if(terms_.begin(), terms_.end(), [](const Term &term) { return term.status == Status::infinite; });
    if (found == terms_.end()) return {};
    return static_cast<std::size_t>(found - terms_.begin());
}

double CoxModel::risk_at_zero() const {
    double sum = 0;
    for (const Term &term : terms_) sum -= term.estimate * term.mean;
    return std::exp(sum);
}

std::optional<double> CoxModel::risk(const double *features) const {
    double sum = -of_means_;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (columns_[c].is_category()) {
            const auto code = static_cast<std::size_t>(features[c]);
            if (code == 0) return {};
            if (code > 1) sum += terms_[first_[c] + code - 2].estimate;
        } else {
            if (dataset::is_missing(features[c])) return {};
            const Term &term = terms_[first_[c]];
            if (term.status != Status::aliased) sum += term.estimate * (features[c] - term.mean);
        }
    }
    if (!(std::abs(sum) < 700))
        throw Error(sqlstate::out_of_range, "the row has too large numbers for this model",
                    "Its hazard is beyond double precision.",
                    "Look for absurd values, and give NULL for what is not known.");
    return std::exp(sum);
}

double CoxModel::cumulative_hazard(double duration) const {
    const auto after = std::upper_bound(time_.begin(), time_.end(), duration) - time_.begin();
    return after == 0 ? 0 : hazard_[static_cast<std::size_t>(after - 1)];
}

std::optional<double> CoxModel::survival(const double *features, double horizon, double since) const {
    if (horizon > longest_) return {};
    const std::optional<double> times = risk(features);
    if (!times) return {};
    // Before what a stored model must not be able to make of 0 and infinity: no hazard, none departs.
    const double hazard = cumulative_hazard(horizon) - cumulative_hazard(since);
    return hazard > 0 ? std::exp(-*times * hazard) : 1;
}

void CoxModel::tell(Json &json, Poll poll) const {
    const auto optional = [&json](const char *key, const std::optional<double> &value) {
        json.key(key);
        if (value)
            json.number(*value);
        else
            json.null();
    };
    json.begin_object().key("type").text(type).key("ties").text(name_of(ties_));
    json.key("rows").integer(summary_.rows).key("skipped").integer(summary_.skipped);
    json.key("events").integer(summary_.events).key("iterations").integer(summary_.iterations);
    json.key("converged").boolean(summary_.converged);
    json.key("log_likelihood_null").number(summary_.null_log_likelihood);
    json.key("log_likelihood").number(summary_.log_likelihood);
    json.key("degrees_of_freedom").number(summary_.degrees_of_freedom);
    optional("concordance", summary_.concordance);
    optional("proportional_chi_square", summary_.proportional);
    json.key("terms").begin_array();
    for (std::size_t j = 0; j < terms_.size(); ++j) {
        const Term &term = terms_[j];
        const bool estimated = term.status == Status::estimated;
        json.begin_object().key("name").text(term_name(j)).key("mean").number(term.mean);
        json.key("status").text(name_of(term.status));
        optional("estimate", estimated ? std::optional(term.estimate) : std::nullopt);
        optional("std_error", estimated ? std::optional(term.std_error) : std::nullopt);
        optional("proportional_chi_square", term.proportional);
        json.end_object();
    }
    json.end_array().key("categories").begin_object();
    for (const Column &column : columns_) {
        if (!column.is_category()) continue;
        json.key(column.name).begin_array();
        for (std::uint32_t code = 1; code <= column.levels.size(); ++code) json.text(column.levels[code]);
        json.end_array();
    }
    json.end_object().key("longest").number(longest_).key("baseline").begin_array();
    for (std::size_t i = 0; i < time_.size(); ++i) {
        poll.every(i);
        json.begin_object().key("time").number(time_[i]).key("cumulative_hazard").number(hazard_[i]).end_object();
    }
    json.end_array().end_object();
}

} // namespace cd::survival
