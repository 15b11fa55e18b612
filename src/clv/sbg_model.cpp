#include "clv/sbg_model.hpp"
#include <cmath>

namespace cd::clv {

template <class A> void describe(A &a, SbgModel::Fitted &f) {
    a("unit", f.unit);
    a("contract", f.part);
}

namespace {

constexpr std::uint8_t version = 1;

struct Told {
    std::string type = SbgModel::type;
    SbgModel::Fitted fitted;
};
template <class A> void describe(A &a, Told &told) {
    a("type", told.type);
    a("fitted", told.fitted);
}

} // namespace

const char *SbgModel::fault() const {
    if (fitted_.unit == 0 || fitted_.unit > INT64_MAX) return "Its unit is out of range.";
    return clv::fault(fitted_.part, Sbg::parameter_names.size(), {});
}

SbgModel::SbgModel(std::uint64_t unit, Part part) : fitted_{unit, std::move(part)} {
    if (const char *const wrong = fault())
        throw Error(sqlstate::out_of_range, "the contracts fit no sbg_model", wrong, "Look for absurd numbers.");
}
SbgModel::SbgModel(Bytes flat, Poll poll) {
    Reader reader(flat, type);
    reader.version(version);
    Get get(reader, poll);
    describe(get, fitted_);
    reader.end();
    if (const char *const wrong = fault()) reader.refuse(wrong);
}
SbgModel::SbgModel(const JsonValue &json, Poll poll) {
    Told told;
    Hear hear(json, type, poll);
    describe(hear, told);
    hear.end();
    if (told.type != type) hear.refuse("Its type is \"" + told.type + "\".");
    fitted_ = std::move(told.fitted);
    if (const char *const wrong = fault()) hear.refuse(wrong);
}

std::size_t SbgModel::room() const {
    Measure measure;
    measure.value(fitted_);
    return 1 + measure.size;
}
std::uint8_t *SbgModel::put(std::uint8_t *to) const {
    *to++ = version;
    Put put(to);
    put.value(fitted_);
    return put.to;
}
void SbgModel::tell(Json &json, Poll poll) const {
    Tell tell(json, poll);
    tell.value(Told{type, fitted_});
}

void Contracts::add(double t, double churned, double kept) {
    t_.push_back(t);
    churned_.push_back(churned);
    kept_.push_back(kept);
    customers_ += churned + kept;
}

Contracts::Contracts(const survival::Survival &s, Poll poll) {
    if (s.entry_rows() > 0)
        throw Error(sqlstate::invalid_parameter, "contracts must be seen from their beginning",
                    std::to_string(s.entry_rows()) + " customers have a late entry.",
                    "Aggregate customers with survival_agg(renewals, left), from their first contract on.");
    survival::Walk walk(s);
    survival::Step step;
    for (std::size_t i = 0; walk.next(step); ++i) {
        poll.every(i);
        if (step.time != std::floor(step.time) || step.time > Sbg::max_renewals || (step.time == 0 && step.events > 0))
            throw Error(sqlstate::invalid_parameter, "durations must count renewals",
                        "One is " + digits(step.time) + (step.events > 0 ? ", with the customer leaving." : "."),
                        "1 is a customer who left at the first renewal, or renewed once and is still there; 0 is one "
                        "who had no renewal yet.");
        add(step.time, static_cast<double>(step.events), static_cast<double>(step.censored));
    }
}

Contracts::Contracts(std::span<const std::int64_t> survivors) {
    if (survivors.size() > static_cast<std::size_t>(Sbg::max_renewals))
        throw Error(sqlstate::program_limit, "too many renewals",
                    "survivors has " + std::to_string(survivors.size()) + " elements.",
                    "At most " + digits(Sbg::max_renewals) + " are possible.");
    for (std::size_t t = 0; t < survivors.size(); ++t) {
        const std::int64_t before = t == 0 ? survivors[0] : survivors[t - 1], now = survivors[t];
        if (now < 0 || now > before)
            throw Error(sqlstate::invalid_parameter, "survivors must not become more",
                        "After " + std::to_string(t) + " renewals there are " + std::to_string(now) + ", before " +
                            std::to_string(before) + ".",
                        "Give how many customers there were at first, after one renewal, after two, and so on.");
        const bool last = t + 1 == survivors.size();
        add(static_cast<double>(t), t == 0 ? 0 : static_cast<double>(before - now),
            last ? static_cast<double>(now) : 0);
    }
}

Part fit(const Contracts &contracts, std::uint64_t max_iterations, Poll poll) {
    if (contracts.customers() > 0x1p53) throw Error(sqlstate::out_of_range, "number of customers is out of range");
    if (!(contracts.customers() > 0))
        throw Error(sqlstate::invalid_parameter, "there are no contracts", "",
                    "Aggregate customers with survival_agg(renewals, left).");
    const Lifetimes lifetimes = contracts.lifetimes();
    const auto likelihood = [&](const Parameters &p) { return Sbg::log_likelihood(p, lifetimes, poll); };
    const Maximum maximum = maximise(likelihood, {Sbg::parameter_names.size(), {}}, {1, 2}, max_iterations, poll);
    return as_part(maximum, Sbg::parameter_names.size(), static_cast<std::uint64_t>(contracts.customers()));
}

} // namespace cd::clv
