#include "survival/survival.hpp"
#include <cmath>
#include <string>

namespace cd::survival {

using math::Tally;

namespace {

constexpr std::uint8_t version = 1;
constexpr const char *type = "survival_summary";
constexpr double above_zero = std::numeric_limits<double>::denorm_min();

void check_number(double number, const char *argument, const char *hint) {
    if (number >= 0 && std::isfinite(number)) [[likely]]
        return;
    throw Error(sqlstate::invalid_parameter, std::string(argument) + " must be a finite number and not negative",
                std::string(argument) + " is " + digits(number) + ".", hint);
}

} // namespace

void check_duration(double duration, const char *argument) {
    check_number(duration, argument,
                 "Look for customers who depart before they arrive; use NULL for what is not known.");
}
void check_time(double time, const char *argument) {
    check_number(time, argument, "Give it in the unit of the durations, from their beginning.");
}

void check_entry(double duration, double entry) {
    check_duration(entry, "entry");
    if (entry < duration || entry == 0) [[likely]]
        return;
    throw Error(
        sqlstate::invalid_parameter, "entry must be before the end of the duration",
        "entry is " + digits(entry) + ", duration is " + digits(duration) + ".",
        "entry is the age at which a customer was first seen, counted from the same beginning as duration; leave "
        "out who departed before anybody looked.");
}

void Survival::grow(std::uint64_t &total, std::uint64_t more) const {
    if (more > INT64_MAX - rows() || more > INT64_MAX - total)
        throw Error(sqlstate::out_of_range, "number of rows is out of range");
    total += more;
}

void Survival::add(double duration, bool event, double entry) {
    check_duration(duration, "duration");
    check_entry(duration, entry);
    grow(event ? event_rows_ : censored_rows_, 1);
    (event ? events_ : censored_).add(duration + 0.0); // -0.0 becomes 0
    if (entry > 0) {
        ++entry_rows_;
        entries_.add(entry);
    }
    count_if_many();
}

void Survival::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size(type, flat.size(), limit_); // the sum is no smaller
    Reader in(flat, type);
    in.version(version);
    const std::uint64_t events = in.varint(INT64_MAX), censored = in.varint(INT64_MAX), entries = in.varint(INT64_MAX);
    grow(event_rows_, events);
    grow(censored_rows_, censored);
    in.require(entries <= events + censored, "It has more entries than rows.");
    entry_rows_ += entries;
    grow(skipped_, in.varint(INT64_MAX));
    events_.merge(in, events, 0);
    censored_.merge(in, censored, 0);
    entries_.merge(in, entries, above_zero);
    count_if_many();
    in.end();
}

void Survival::count_if_many() {
    if (events_.many() || censored_.many() || entries_.many()) count();
}

void Survival::count() const {
    events_.count();
    censored_.count();
    entries_.count();
    check_size();
}

void Survival::check_size() const {
    if (const std::size_t size = flat_size(); size > limit_) refuse_size(type, size, limit_);
}

std::size_t Survival::flat_size() const {
    return 1 + varint_size(event_rows_) + varint_size(censored_rows_) + varint_size(entry_rows_) +
           varint_size(skipped_) + events_.flat_size() + censored_.flat_size() + entries_.flat_size();
}

std::uint8_t *Survival::flatten(std::uint8_t *to) const {
    *to++ = version;
    for (const std::uint64_t rows : {event_rows_, censored_rows_, entry_rows_, skipped_}) to = put_varint(to, rows);
    return entries_.flatten(censored_.flatten(events_.flatten(to)));
}

Walk::Walk(const Survival &of)
    : events_(of.events()), censored_(of.censored()), entries_(of.entries()), entered_(of.rows() - of.entry_rows()) {}

Step Walk::at(double time) {
    const auto before = [time](std::span<const Tally> tallies, std::size_t &next, std::uint64_t &sum) {
        for (; next < tallies.size() && tallies[next].value < time; ++next) sum += tallies[next].count;
    };
    const auto now = [time](std::span<const Tally> tallies, std::size_t next) {
        return next < tallies.size() && tallies[next].value == time ? tallies[next].count : 0;
    };
    before(events_, event_, gone_);
    before(censored_, censor_, gone_);
    before(entries_, entry_, entered_);
    last_ = time;
    return {time, entered_ - gone_, now(events_, event_), now(censored_, censor_)};
}

bool Walk::next(Step &step) {
    const auto after = [this](std::span<const Tally> tallies, std::size_t next) {
        if (next < tallies.size() && tallies[next].value == last_) ++next;
        return next < tallies.size() ? tallies[next].value : std::numeric_limits<double>::infinity();
    };
    const double time = std::min(after(events_, event_), after(censored_, censor_));
    if (!std::isfinite(time)) return false;
    step = at(time);
    return true;
}

// By Hall's theorem late entries belong to different rows if, for each entry, as many rows end after it as there are
// entries from it on; that is, if somebody is left after each.
void check_consistent(const Survival &s) {
    std::uint64_t entered = s.rows() - s.entry_rows(), gone = 0;
    std::size_t event = 0, censor = 0;
    for (std::size_t i = 0; i < s.entries().size(); ++i) {
        s.poll().every(i);
        const double entry = s.entries()[i].value;
        for (; event < s.events().size() && s.events()[event].value <= entry; ++event) gone += s.events()[event].count;
        for (; censor < s.censored().size() && s.censored()[censor].value <= entry; ++censor)
            gone += s.censored()[censor].count;
        if (gone > entered)
            throw Error(sqlstate::invalid_binary, std::string("invalid ") + type, "More customers depart than entered.",
                        "Values of this type come from its aggregate; pass them on unchanged.");
        entered += s.entries()[i].count;
    }
}

} // namespace cd::survival
